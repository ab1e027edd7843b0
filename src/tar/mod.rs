//! Tars as others write them, read entry by entry.
//!
//! ```text
//! bytes ─► Format (first bytes) ─► Tape ─► Member, and its content
//! ```
//!
//! The one reader for archives that a recipe names, for the layers of bases, and for layers that
//! become a root file system: what one of them takes for an entry, the others do as well. It knows
//! nothing of where entries go, and touches no disk.

mod compression;
mod content;
mod member;
mod pax;
mod problem;
mod removal;
mod sparse;
mod tape;

pub(crate) use compression::Format;
pub(crate) use content::{Lost, fill};
pub(crate) use member::{Details, Member, MemberKind, Part, long_parts, parts, relative};
pub use problem::EntryProblem;
pub(crate) use removal::Removal;
pub(crate) use tape::{Fault, Tape};

/// The longest text of a link that Linux takes.
pub(crate) const LONGEST_LINK: usize = 4095;
