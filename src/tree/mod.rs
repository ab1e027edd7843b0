//! Sorted listings of roots and change sets.
//!
//! [`walk`] lists what one step changed: the upper directory of an overlay, with its whiteouts and
//! opaque directories, becomes [`Changes`]. [`Tree::apply`] merges change sets in step order into
//! the [`Tree`] that the image will show. Neither holds the bytes of files: an entry knows the
//! [`Upper`] it was seen in and opens its content there when the layer is written.
//!
//! Nothing on disk is ever altered. What a layer must not depend on (times after
//! `SOURCE_DATE_EPOCH`, labels of the host, traces of overlayfs) is normalised on the values, here
//! and in `layer`.
//!
//! Upper directories are foreign: every path is opened beneath the descriptor of its upper,
//! without following links, and special files are never opened. Names are bytes, of any length.

mod attributes;
mod difference;
mod digest;
mod display;
mod entry;
mod failure;
mod merge;
mod metadata;
mod pool;
mod recorded;
mod resolve;
mod stamp;
mod upper;
mod walk;

pub use attributes::{Attribute, Attributes, Device};
pub use display::{Shown, display};
pub use entry::{Content, Entry, Kind, Xattr};
pub use failure::{ResolveError, TreeError};
pub use merge::Tree;
pub use metadata::belongs_in_image;
pub use recorded::Recorded;
pub use resolve::{LaterLinks, Location};
pub use upper::Upper;
pub use walk::{Changes, Marks, Owners, WalkOptions, walk};
