//! Roots that a recipe starts from: images of layers that other programs wrote, and of layers that
//! nobody should.

mod built;
mod canaries;
mod dialects;
mod docker_archives;
mod documents;
mod engines;
pub(crate) mod entry;
mod environment;
mod hostile;
mod indexes;
pub(crate) mod layout;
pub(crate) mod legal;
mod registries;
mod tolerated;
pub(crate) mod unpacked;
