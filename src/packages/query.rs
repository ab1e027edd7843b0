//! Asking rpm which packages there are.

use std::collections::BTreeSet;
use std::path::Path;

use crate::sandbox::{Captured, Exit, Root, Sandbox};

use super::{BUILDROOT, PackagesError, Target};

/// The only place where the host's programs are seen.
const RPM: &str = "/usr/bin/rpm";

/// A question to rpm's database in a root.
pub struct RpmQuery {
    /// Names of packages.
    pub names: Vec<String>,
    /// Folder of the database, relative to the root and without links.
    pub folder: String,
}

impl RpmQuery {
    /// Asks the root's own rpm.
    pub fn in_root(&self, root: Root) -> Sandbox {
        let mut sandbox = Sandbox::new(root, self.command("rpm", ""));
        settle(&mut sandbox);
        sandbox
    }

    /// Asks the host's, in a throw-away root: it would follow links of the root on the host.
    ///
    /// # Errors
    /// When the host has none.
    pub fn on_host(&self, target: &Target) -> Result<Sandbox, PackagesError> {
        if !Path::new(RPM).exists() {
            return Err(PackagesError::NoRpm);
        }
        let command = self.command(RPM, BUILDROOT);
        let mut sandbox = target.sandbox(command, "/var/cache/query", "/var/lib/query");
        settle(&mut sandbox);
        Ok(sandbox)
    }

    fn command(&self, program: &str, top: &str) -> Vec<String> {
        let database = format!("{top}/{}", self.folder);
        let words = [program, "--dbpath", &database, "-q", "--"].map(str::to_owned);
        words
            .into_iter()
            .chain(self.names.iter().cloned())
            .collect()
    }

    /// The packages that rpm's answer says are not there; `None` if it is no answer.
    pub fn lacking(&self, answer: &Captured) -> Option<BTreeSet<String>> {
        let said = String::from_utf8_lossy(&answer.output.bytes);
        let is_lacking = |name: &&String| {
            let line = format!("package {name} is not installed");
            said.lines().any(|said| said == line)
        };
        let lacking: BTreeSet<String> = self.names.iter().filter(is_lacking).cloned().collect();
        match answer.exit {
            Exit::Code(0) => Some(BTreeSet::new()),
            // It counts what it has not found, and fails for other reasons too.
            Exit::Code(_) if !lacking.is_empty() => Some(lacking),
            _ => None,
        }
    }
}

/// Its answers are read, so they are in English.
fn settle(sandbox: &mut Sandbox) {
    sandbox.environment = [
        ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
        ("HOME", "/root"),
        ("LC_ALL", "C"),
    ]
    .map(|(name, value)| (name.into(), value.into()))
    .into();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::Stream;

    #[test]
    fn what_rpm_cannot_say_is_no_answer() {
        let query = RpmQuery {
            names: ["a", "b"].map(str::to_owned).into(),
            folder: "var/lib/rpm".to_owned(),
        };
        let lacking = |exit, said: &str| {
            let output = Stream {
                bytes: said.into(),
                is_whole: true,
            };
            query.lacking(&Captured {
                exit,
                output,
                error: Stream::default(),
            })
        };
        let missing = "a-1-1.noarch\npackage b is not installed\n";
        let names = |names: &[&str]| Some(names.iter().map(|&name| name.to_owned()).collect());
        assert_eq!(
            lacking(Exit::Code(0), "a-1-1.noarch\nb-1-1.noarch\n"),
            names(&[])
        );
        assert_eq!(lacking(Exit::Code(1), missing), names(&["b"]));
        assert_eq!(lacking(Exit::Code(1), ""), None);
        assert_eq!(lacking(Exit::Signal(9), missing), None);
    }
}
