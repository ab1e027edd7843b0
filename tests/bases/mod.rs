//! Roots that a recipe starts from: images of layers that other programs wrote, and of layers that
//! nobody should.

mod built;
mod docker_archives;
mod engines;
pub(crate) mod entry;
mod hostile;
pub(crate) mod layout;
pub(crate) mod legal;
pub(crate) mod unpacked;
