//! The layers of an image, put on top of one another: the root that a recipe starts from.
//!
//! ```text
//! blobs ─► uncompressed, hashed (a thread each) ─► members ─► Overlay of names ─► Editor ─► one change set
//! ```
//!
//! Layers are foreign. They are applied as the image-spec's [layer.md] says, in one directory:
//! names are resolved in the root, removals (`.wh.NAME`, `.wh..wh..opq`) take away what earlier
//! layers brought and nothing of their own, and what was read has the `diff_id` that the image's
//! configuration announces, or is not kept. The result is a change set like that of a step, whose
//! key is made of those digests: it is unpacked once, for every recipe that starts from it.
//!
//! [layer.md]: https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md

mod ahead;
mod applying;
mod content;
mod directory;
mod error;
mod import;
mod names;

pub(super) use directory::directory;
pub use error::{BaseError, BasePart};
pub use import::{Bases, LayerContent};
pub(super) use import::{import, unpack};
