//! Capabilities that a file gives to whoever executes it.

use std::fmt;
use std::str::FromStr;

use super::scalar::{Scalar, ScalarProblem, scalar};
use crate::diagnostic::nearest;

/// File capabilities as setcap(8) takes them: `cap_net_bind_service+ep`,
/// `cap_net_raw,cap_net_admin=p` (cap_from_text(3); one clause).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileCapabilities {
    permitted: u64,
    inheritable: u64,
    effective: bool,
}

/// Names of capabilities by number (capabilities(7), linux/capability.h).
const NAMES: [&str; 41] = [
    "cap_chown",
    "cap_dac_override",
    "cap_dac_read_search",
    "cap_fowner",
    "cap_fsetid",
    "cap_kill",
    "cap_setgid",
    "cap_setuid",
    "cap_setpcap",
    "cap_linux_immutable",
    "cap_net_bind_service",
    "cap_net_broadcast",
    "cap_net_admin",
    "cap_net_raw",
    "cap_ipc_lock",
    "cap_ipc_owner",
    "cap_sys_module",
    "cap_sys_rawio",
    "cap_sys_chroot",
    "cap_sys_ptrace",
    "cap_sys_pacct",
    "cap_sys_admin",
    "cap_sys_boot",
    "cap_sys_nice",
    "cap_sys_resource",
    "cap_sys_time",
    "cap_sys_tty_config",
    "cap_mknod",
    "cap_lease",
    "cap_audit_write",
    "cap_audit_control",
    "cap_setfcap",
    "cap_mac_override",
    "cap_mac_admin",
    "cap_syslog",
    "cap_wake_alarm",
    "cap_block_suspend",
    "cap_audit_read",
    "cap_perfmon",
    "cap_bpf",
    "cap_checkpoint_restore",
];

/// `VFS_CAP_REVISION_2` and `VFS_CAP_FLAGS_EFFECTIVE` (linux/capability.h).
const REVISION_2: u32 = 0x0200_0000;
const EFFECTIVE: u32 = 1;

impl FileCapabilities {
    /// The value of the attribute `security.capability`: `struct vfs_cap_data`, revision 2, little
    /// endian (linux/capability.h).
    pub fn to_xattr(self) -> [u8; 20] {
        let magic = REVISION_2 | if self.effective { EFFECTIVE } else { 0 };
        let low = |bits: u64| (bits & u64::from(u32::MAX)) as u32;
        let words = [
            magic,
            low(self.permitted),
            low(self.inheritable),
            low(self.permitted >> 32),
            low(self.inheritable >> 32),
        ];
        let mut value = [0; 20];
        for (place, word) in value.chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        value
    }
}

impl Scalar for FileCapabilities {
    const WHAT: &'static str = "a set of capabilities";
    const NUMBERS: bool = false;
    const PATTERN: &'static str = "^[Cc][Aa][Pp]_[A-Za-z_]+(,[Cc][Aa][Pp]_[A-Za-z_]+)*[+=][eip]+$";
    const EXAMPLES: &'static [&'static str] =
        &["cap_net_bind_service+ep", "cap_net_raw,cap_net_admin=ep"];
}

impl FromStr for FileCapabilities {
    type Err = ScalarProblem;

    fn from_str(text: &str) -> Result<Self, ScalarProblem> {
        const FORM: &str = "write names, `+` or `=`, and flags: `cap_net_bind_service+ep`";
        let problem = |message: String| ScalarProblem::new(message, FORM);
        let shown = text.escape_debug();
        let Some((names, flags)) = text.split_once(['+', '=']) else {
            return Err(problem(format!("`{shown}` has no flags")));
        };
        let mut bits = 0;
        for name in names.split(',') {
            let lower = name.to_ascii_lowercase();
            match NAMES.iter().position(|known| *known == lower) {
                Some(number) => bits |= 1 << number,
                None => {
                    let candidates = [lower.clone(), format!("cap_{lower}")];
                    let meant = candidates.iter().find_map(|name| nearest(name, NAMES));
                    return Err(ScalarProblem::new(
                        format!("`{}` is not a capability", name.escape_debug()),
                        meant.map_or_else(
                            || "look the name up in capabilities(7)".to_owned(),
                            |meant| format!("write `{meant}` if that is meant"),
                        ),
                    ));
                }
            }
        }
        if flags.is_empty() || !flags.chars().all(|flag| "eip".contains(flag)) {
            return Err(problem(format!(
                "`{}` are not flags of capabilities",
                flags.escape_debug()
            )));
        }
        let set = |flag| if flags.contains(flag) { bits } else { 0 };
        let capabilities = Self {
            permitted: set('p'),
            inheritable: set('i'),
            effective: flags.contains('e'),
        };
        if capabilities.permitted | capabilities.inheritable == 0 {
            return Err(ScalarProblem::new(
                "a file cannot make a capability effective that it does not permit",
                format!("write `{names}+ep`"),
            ));
        }
        Ok(capabilities)
    }
}

impl fmt::Display for FileCapabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.permitted | self.inheritable;
        let names: Vec<&str> = (NAMES.iter().enumerate())
            .filter(|(number, _)| bits & (1 << number) != 0)
            .map(|(_, name)| *name)
            .collect();
        write!(f, "{}=", names.join(","))?;
        for (flag, set) in [
            ("e", self.effective),
            ("i", self.inheritable != 0),
            ("p", self.permitted != 0),
        ] {
            if set {
                f.write_str(flag)?;
            }
        }
        Ok(())
    }
}

scalar!(FileCapabilities);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_that_setcap_writes() {
        let value = |text: &str| text.parse::<FileCapabilities>().unwrap().to_xattr();
        // `setcap cap_net_bind_service+ep`, read back with getfattr.
        let mut expected = [0; 20];
        expected[..8].copy_from_slice(&[1, 0, 0, 2, 0, 4, 0, 0]);
        assert_eq!(value("cap_net_bind_service+ep"), expected);
        let perfmon = value("CAP_PERFMON=i");
        assert_eq!(perfmon[3], 2);
        assert_eq!(perfmon[16], 1 << 6);
        for (bad, cure) in [
            (
                "cap_net_raw",
                "write names, `+` or `=`, and flags: `cap_net_bind_service+ep`",
            ),
            ("net_raw+ep", "write `cap_net_raw` if that is meant"),
            ("cap_net_rwa+ep", "write `cap_net_raw` if that is meant"),
            ("cap_net_raw+e", "write `cap_net_raw+ep`"),
        ] {
            assert_eq!(bad.parse::<FileCapabilities>().unwrap_err().help, cure);
        }
        let shown = "cap_net_admin,cap_net_raw+ep"
            .parse::<FileCapabilities>()
            .unwrap();
        assert_eq!(shown.to_string(), "cap_net_admin,cap_net_raw=ep");
    }
}
