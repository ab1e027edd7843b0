//! Who hears of what goes on, and who may stop it.

use crate::progress::{Reporter, Silent};

use super::failure::TransportError;

/// Who is told what happens, and asked whether to go on.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Whether to stop; asked about ten times a second.
    pub cancelled: &'a (dyn Fn() -> bool + Sync),
    /// Takes warnings (what could not be written though the image is whole: owners, for a user) and
    /// the progress of blobs.
    pub reporter: &'a dyn Reporter,
}

impl Watch<'_> {
    /// Fails if somebody wants to stop.
    pub(super) fn check(&self) -> Result<(), TransportError> {
        match (self.cancelled)() {
            true => Err(TransportError::Cancelled),
            false => Ok(()),
        }
    }
}

impl Default for Watch<'_> {
    /// Nobody listens and nobody stops it.
    fn default() -> Self {
        Self {
            reporter: &Silent,
            cancelled: &|| false,
        }
    }
}
