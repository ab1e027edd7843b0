//! Roots that a recipe starts from: images of layers that other programs wrote, and of layers that
//! nobody should.

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
mod legal;
mod registries;
mod tolerated;
mod unpacked;
