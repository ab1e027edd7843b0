//! Package managers, confined.
//!
//! Run plainly on the host, `dnf --installroot` writes through symbolic links of the root to the
//! host, and scriptlets reach the host through inherited descriptors. So a manager is foreign code
//! like any other: it runs in a throw-away root made of the host's `/usr` (read-only), generated
//! configuration, and the target root at [`BUILDROOT`]. It reads no configuration of the host.
//!
//! One file per manager implements [`PackageManager`]; [`find`] picks the one that a plan names.

mod clean;
mod configuration;
mod database;
mod dnf;
mod error;
mod host;
mod query;
mod scratch_root;

pub use dnf::{Dnf, program as dnf};
pub use error::PackagesError;
pub use host::HostAccess;
pub use query::RpmQuery;
pub use scratch_root::{BUILDROOT, Target};

use crate::plan::PackagesAction;
use crate::sandbox::Sandbox;

/// A package manager of the host, ready to work on a target root.
pub trait PackageManager {
    /// The sandbox that carries out transaction `number` of the action, from 0.
    ///
    /// # Errors
    /// When something that the plan names cannot be handed to the manager.
    fn transaction(&self, number: usize, target: &Target) -> Result<Sandbox, PackagesError>;

    /// Puts the change set in order after each transaction: the package database is where the
    /// distribution expects it and, after the `last` one, nothing of the manager's own is left
    /// behind if the recipe wants it clean.
    ///
    /// # Errors
    /// When the change set cannot be read or changed.
    fn settle(&self, target: &Target, last: bool) -> Result<(), PackagesError>;
}

/// The manager that `action` asks for, if this host has one.
///
/// # Errors
/// [`PackagesError::NoManager`] says how to get one.
pub fn find<'a>(
    action: &'a PackagesAction,
    access: &'a HostAccess,
) -> Result<Box<dyn PackageManager + 'a>, PackagesError> {
    Ok(Box::new(Dnf::find(action, access)?))
}
