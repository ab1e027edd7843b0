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
//! Of a layer that begins as one before, only the rest is made. Each segment has a key that
//! follows from the tree alone; [`Kept`] holds the parts of blobs, and an index with the state of both
//! digests behind each of them. Where the keys are the same from the start, no file is read: the
//! kept parts are the beginning of the blob, and the digests go on from the state behind them.
//! Further on files are read, since the digests need them, but what is kept of them is not
//! compressed again. The bytes are those of a layer from nothing, or the key is wrong.
//!
//! Entries are ordered by the step that last wrote them, so that what a late step changes stands
//! at the end. A directory may therefore follow its children; extractors set a directory's times
//! and mode at the end anyway.

mod commit;
mod compression;
mod encoder;
mod failure;
mod header;
mod index;
mod kept;
mod key;
mod order;
mod part;
mod segment;
mod squash;
mod window;

pub use compression::{Compression, media_type_named, media_type_of};
pub use failure::LayerError;
pub use index::is_index;
pub use kept::Kept;
pub use part::is_part;
pub use squash::{Layer, Options, squash};
