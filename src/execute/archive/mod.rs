//! What an archive holds becomes part of the root.
//!
//! ```text
//! file ─► compression (first bytes) ─► tape / zipped ─► members ─► Extraction ─► Editor
//! ```
//!
//! Archives are foreign. Every entry is written through the step's [`Editor`], so that its path
//! is resolved in the root as every other step's is, and none is followed on the host. An entry
//! that climbs, that is below a link of the same archive, that shares its bytes with something
//! else than an entry before it, or that would be a removal in a layer, ends the step. What is
//! unpacked is bounded in entries and bytes.

mod compression;
mod error;
mod extraction;
mod member;
mod pax;
mod sparse;
mod tape;
mod zipped;

pub use error::{ArchiveError, EntryProblem};
pub(super) use extraction::{Extraction, Limits};
