//! A tree as one layer: a tar stream and its compressed blob.
//!
//! ```text
//! tree ─► order ─► segments ─► workers {read, header, compress} ─► window ─► one committer ─► blob
//!         (rank,    (at most                                       (bounded   (both digests,
//!          path)     8 MiB)                                         bytes)     in order)
//! ```
//!
//! [`squash`] makes one pass: files are read once, and `diff_id` (of the tar) and `digest` (of the
//! blob) are known when the last byte is written. The bytes depend on the tree and the options
//! alone, not on the number of threads; memory depends on the number of threads, not on the tree.
//!
//! Entries are ordered by the step that last wrote them, so that what a late step changes stands
//! at the end. A directory may therefore follow its children; extractors set a directory's times
//! and mode at the end anyway.

mod compress;
mod failure;
mod header;
mod order;
mod segment;
mod squash;
mod window;

pub use compress::{Compression, media_type_named, media_type_of};
pub use failure::LayerError;
pub use squash::{Layer, Options, squash};
