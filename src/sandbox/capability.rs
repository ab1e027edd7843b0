//! Which of root's powers a command keeps.

use std::collections::BTreeSet;

use capctl::{Cap, CapSet};
use serde::{Deserialize, Serialize};

/// One power of root, capabilities(7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are those of capabilities(7)")]
pub enum Capability {
    AuditWrite,
    Chown,
    DacOverride,
    Fowner,
    Fsetid,
    Kill,
    Mknod,
    NetBindService,
    NetRaw,
    Setfcap,
    Setgid,
    Setpcap,
    Setuid,
    SysChroot,
    SysPtrace,
}

impl Capability {
    fn kernel(self) -> Cap {
        match self {
            Capability::AuditWrite => Cap::AUDIT_WRITE,
            Capability::Chown => Cap::CHOWN,
            Capability::DacOverride => Cap::DAC_OVERRIDE,
            Capability::Fowner => Cap::FOWNER,
            Capability::Fsetid => Cap::FSETID,
            Capability::Kill => Cap::KILL,
            Capability::Mknod => Cap::MKNOD,
            Capability::NetBindService => Cap::NET_BIND_SERVICE,
            Capability::NetRaw => Cap::NET_RAW,
            Capability::Setfcap => Cap::SETFCAP,
            Capability::Setgid => Cap::SETGID,
            Capability::Setpcap => Cap::SETPCAP,
            Capability::Setuid => Cap::SETUID,
            Capability::SysChroot => Cap::SYS_CHROOT,
            Capability::SysPtrace => Cap::SYS_PTRACE,
        }
    }
}

/// The capabilities of a command that runs as root.
///
/// By default the eleven that Podman and Buildah give a container: enough to own, install and
/// chroot, not enough to reach devices, raw sockets, other processes or the kernel. What the
/// caller itself lacks, the command lacks too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapabilitySet(BTreeSet<Capability>);

impl Default for CapabilitySet {
    fn default() -> Self {
        CapabilitySet(BTreeSet::from([
            Capability::Chown,
            Capability::DacOverride,
            Capability::Fowner,
            Capability::Fsetid,
            Capability::Kill,
            Capability::NetBindService,
            Capability::Setfcap,
            Capability::Setgid,
            Capability::Setpcap,
            Capability::Setuid,
            Capability::SysChroot,
        ]))
    }
}

impl CapabilitySet {
    /// No capability at all.
    pub fn none() -> CapabilitySet {
        CapabilitySet(BTreeSet::new())
    }

    /// The same set with one more.
    #[must_use]
    pub fn with(mut self, capability: Capability) -> CapabilitySet {
        self.0.insert(capability);
        self
    }

    /// Whether `capability` is in the set.
    pub(super) fn has(&self, capability: Capability) -> bool {
        self.0.contains(&capability)
    }

    /// In the kernel's form.
    pub(super) fn kernel(&self) -> CapSet {
        self.0
            .iter()
            .map(|capability| capability.kernel())
            .collect()
    }
}
