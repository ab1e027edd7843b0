//! Roots that a recipe starts from: images of layers that other programs wrote, and of layers that
//! nobody should.

pub(crate) mod entry;
pub(crate) mod layout;
mod legal;
