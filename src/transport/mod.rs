//! Where images go to and come from, spelled as [containers-transports(5)] does.
//!
//! [`Destinations`] takes the bytes of a layer while they are made, straight into an output that
//! stores them as they are, and publishes the image at the end: blobs, tags, archives and
//! directories appear by rename, complete or not at all. Each kind of place is one file, with one
//! trait that says what a place does. [`Source`] reads an image back; what it gives out has the
//! digest and the size that were announced, or is an error. [`inspect`] sums an image up.
//!
//! | spelling | written | read |
//! |---|---|---|
//! | `oci:DIR[:TAG]` | yes | yes |
//! | `oci-archive:FILE[:TAG]` | yes | yes |
//! | `docker-archive:FILE[:NAME]` | yes | |
//! | `docker-daemon:NAME` | by `docker load` | |
//! | `containers-storage:NAME` | by `skopeo copy` or `podman load` | |
//! | `rootfs:PATH` | yes | |
//!
//! [containers-transports(5)]: https://github.com/containers/image/blob/main/docs/containers-transports.5.md

mod archive;
mod blob;
mod blob_reader;
mod containers_storage;
mod destination;
mod destinations;
mod docker_archive;
mod docker_daemon;
mod docker_source;
mod export;
mod failure;
mod found;
mod index;
mod inspect;
mod layout;
mod members;
mod plain_layer;
mod platform;
mod program;
mod push;
mod reference;
mod registry;
mod remote;
mod rootfs;
mod search;
mod source;
mod staged_folder;
mod staging;
mod tape;
mod watch;

pub use blob::BlobWriter;
pub use blob_reader::BlobReader;
pub use destinations::Destinations;
pub use failure::{ParseReferenceError, TransportError};
pub use found::{Documents, Found, FoundRelease};
pub use inspect::{Inspection, LayerSummary, inspect};
pub use reference::{ImageName, Reference, Tag};
pub use registry::{
    Access, Blob, Challenge, Fetched, ManifestName, Mount, Registry, RegistryError, Retry, Session,
};
pub use remote::{Forgetful, Memory, Remote};
pub use source::Source;
pub use watch::Watch;

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
