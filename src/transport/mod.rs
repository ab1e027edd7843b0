//! Where images go to and come from, spelled as containers-transports(5) does.
//!
//! A [`Reference`] names a place. [`Layout`] is an OCI image layout on disk: blobs appear under
//! their digest by rename, tags change by one rename of `index.json`, so that a crash at any time
//! leaves the old tag or the new one. [`write_archive`] packs a layout into one file. [`read`]
//! opens what is there and believes nothing that it has not checked.
//!
//! The format is the image-spec's [image-layout.md].
//!
//! [image-layout.md]: https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md

mod archive;
mod failure;
mod layout;
mod read;
mod reference;
mod tag;

pub use archive::write_archive;
pub use failure::TransportError;
pub use layout::{BlobWriter, Layout};
pub use read::{Stored, read};
pub use reference::{ParseReferenceError, Reference};
pub use tag::is_tag;
