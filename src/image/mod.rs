//! The JSON documents of an image: configuration, manifest and index.
//!
//! [`assemble`] makes the documents around layers that were written; [`Manifest::parse`],
//! [`ConfigFile::parse`] and [`Index::parse`] read what others wrote and refuse what two readers
//! could understand differently. Documents are bytes here: moving them is `transport`'s work.
//!
//! Field by field these are the image-spec's [config.md], [manifest.md] and [image-index.md].
//! [`Format::Docker`] names the same documents as docker does and can tell a health check.
//! Documents are serialised once, with sorted keys, and the digest is that of those bytes.
//!
//! [config.md]: https://github.com/opencontainers/image-spec/blob/v1.1.0/config.md
//! [manifest.md]: https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md
//! [image-index.md]: https://github.com/opencontainers/image-spec/blob/v1.1.0/image-index.md

mod assemble;
mod config;
mod descriptor;
mod failure;
mod format;
mod healthcheck;
mod parse;
mod release;

pub use assemble::{Description, Document, Image, assemble, reassemble};
pub use config::{Config, Platform};
pub use descriptor::{Descriptor, media_type};
pub use failure::{DocumentError, ImageError};
pub use format::Format;
pub use healthcheck::Healthcheck;
pub use parse::{ConfigFile, History, Index, Manifest};
pub use release::Release;
