//! Where images go to and come from, spelled as [containers-transports(5)] does.
//!
//! [`Destinations`] takes the bytes of a layer while they are made, straight into the first output,
//! and publishes the image at the end: blobs, tags and archives appear by rename, complete or not
//! at all. [`Source`] reads an image back; what it gives out has the digest and the size that were
//! announced, or is an error. [`inspect`] sums an image up.
//!
//! | spelling | written | read |
//! |---|---|---|
//! | `oci:DIR[:TAG]` | yes | yes |
//! | `oci-archive:FILE[:TAG]` | yes | yes |
//!
//! [containers-transports(5)]: https://github.com/containers/image/blob/main/docs/containers-transports.5.md

mod archive;
mod blob;
mod destinations;
mod docker_archive;
mod failure;
mod found;
mod index;
mod inspect;
mod layout;
mod platform;
mod reference;
mod registry;
mod remote;
mod search;
mod source;
mod staging;

pub use blob::BlobWriter;
pub use destinations::Destinations;
pub use failure::{ParseReferenceError, TransportError};
pub use found::Found;
pub use inspect::{Inspection, LayerSummary, inspect};
pub use reference::{ImageName, Reference, Tag};
pub use registry::{
    Access, Blob, Challenge, Fetched, ManifestName, Mount, Registry, RegistryError, Retry, Session,
    Watch,
};
pub use remote::{Documents, Forgetful, Remote};
pub use source::{BlobReader, Source};

/// The version of the image layout, and the file that says it ([image-layout.md]).
///
/// [image-layout.md]: https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md
const LAYOUT_FILE: &str = "oci-layout";
const LAYOUT_MARK: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;
const INDEX_FILE: &str = "index.json";
const BLOBS: &str = "blobs/sha256";
/// Largest document that is read into memory, as registries have it.
const LARGEST_DOCUMENT: u64 = 4 << 20;
/// The annotation that holds a tag.
const REF_NAME: &str = "org.opencontainers.image.ref.name";
