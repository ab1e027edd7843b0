//! Checks that ask for packages.
//!
//! dpkg and apk keep plain text, which is read here (deb-control(5); apk's `installed`). rpm's
//! database is rpm's own: its program is asked, that of the root or else that of the host, in a
//! sandbox either way.

use std::collections::BTreeSet;
use std::io::Read;
use std::time::Duration;

use crate::execute::{ExecuteError, Execution, Stack, process};
use crate::packages::{PackagesError, RpmQuery};
use crate::sandbox::{Captured, Exit, Sandbox};
use crate::tree::{Kind, Location, Tree};

/// Where rpm's database may be, and what it is called.
const RPM_FOLDERS: [&str; 2] = ["var/lib/rpm", "usr/lib/sysimage/rpm"];
const RPM_FILES: [&str; 3] = ["rpmdb.sqlite", "Packages", "Packages.db"];
const RPM: &str = "usr/bin/rpm";
const DPKG: &str = "var/lib/dpkg/status";
/// Images without dpkg have a file for each package.
const DPKG_FOLDER: &str = "var/lib/dpkg/status.d";
const APK: [&str; 2] = ["lib/apk/db/installed", "usr/lib/apk/db/installed"];
/// No list of packages is larger.
const LARGEST_LIST: u64 = 256 << 20;
const LARGEST_OUTPUT: usize = 1 << 20;
/// rpm answers at once; whatever else a root has in its place may never do so.
const PATIENCE: Duration = Duration::from_secs(60);

impl Execution<'_> {
    /// The packages that are not installed, in words.
    pub(super) fn installed(
        &self,
        names: &[String],
        root: &Stack,
    ) -> Result<Vec<String>, ExecuteError> {
        let tree = &root.tree;
        let mut known = BTreeSet::new();
        let listed = [
            list(tree, DPKG, &mut known, debian)?,
            list(tree, DPKG_FOLDER, &mut known, debian)?,
            list(tree, APK[0], &mut known, alpine)?,
            list(tree, APK[1], &mut known, alpine)?,
        ];
        let mut missing: Vec<&String> =
            names.iter().filter(|name| !known.contains(*name)).collect();
        let database = rpm_folder(tree);
        if let Some(folder) = &database
            && !missing.is_empty()
        {
            if let Some(path) = strange(tree, folder) {
                return Ok(vec![format!(
                    "`/{path}` is no regular file: rpm is not asked, which would wait for it"
                )]);
            }
            let lacking = self.rpm(&missing, folder, root)?;
            missing.retain(|name| lacking.contains(*name));
        }
        if database.is_none() && !listed.contains(&true) {
            return Ok(vec![
                "the root has no database of packages (rpm, dpkg, apk)".to_owned(),
            ]);
        }
        let told = missing.iter();
        Ok(told
            .map(|name| format!("`{name}` is not installed"))
            .collect())
    }

    /// Those that rpm does not know.
    fn rpm(
        &self,
        names: &[&String],
        folder: &str,
        root: &Stack,
    ) -> Result<BTreeSet<String>, ExecuteError> {
        let query = RpmQuery {
            names: names.iter().map(|name| (*name).clone()).collect(),
            folder: folder.to_owned(),
        };
        let (draft, overlay) = self.throw_away(root, None)?;
        let own = look(&root.tree, RPM).and_then(|own| own.entry);
        if own.is_some_and(|own| matches!(own.kind, Kind::File { .. })) {
            match self.ask(query.in_root(overlay)) {
                // An rpm that does not run here is none.
                Err(ExecuteError::Sandbox(error)) if error.is_command() => {}
                asked => {
                    if let Some(lacking) = query.lacking(&asked?) {
                        return Ok(lacking);
                    }
                }
            }
            draft.renew_work()?;
        }
        let cache = draft.state();
        let target = process::target(&root.lower, &draft, &root.tree, cache);
        let asked = self.ask(query.on_host(&target)?)?;
        query.lacking(&asked).ok_or_else(|| {
            let ending = process::last_words(asked.exit, &asked.error.bytes);
            PackagesError::Query { ending }.into()
        })
    }

    fn ask(&self, mut sandbox: Sandbox) -> Result<Captured, ExecuteError> {
        sandbox.timeout = Some(PATIENCE);
        let asked = self
            .launcher
            .capture(&sandbox, LARGEST_OUTPUT, self.cancel)?;
        if asked.exit == Exit::Cancelled {
            return Err(ExecuteError::CANCELLED);
        }
        Ok(asked)
    }
}

/// The folder of rpm's database, without links.
fn rpm_folder(tree: &Tree) -> Option<String> {
    for folder in RPM_FOLDERS {
        for file in RPM_FILES {
            let Some(found) = look(tree, &format!("{folder}/{file}")) else {
                continue;
            };
            let is_file = (found.entry).is_some_and(|it| matches!(it.kind, Kind::File { .. }));
            let path = String::from_utf8_lossy(&found.path).into_owned();
            if let Some((folder, _)) = path.rsplit_once('/').filter(|_| is_file) {
                return Some(folder.to_owned());
            }
        }
    }
    None
}

/// What is in the folder of rpm's database, or what a link there leads to, that is neither a file nor
/// a folder.
fn strange(tree: &Tree, folder: &str) -> Option<String> {
    let mut inside = tree.below(folder.as_bytes()).map(|entry| &entry.path);
    let found = inside.find(|path| {
        let found = tree.resolve(path).ok().and_then(|found| found.entry);
        found.is_some_and(|found| !matches!(found.kind, Kind::File { .. } | Kind::Directory))
    });
    found.map(|path| String::from_utf8_lossy(path).into_owned())
}

/// Where a path leads; nowhere if links go in a circle.
fn look<'t>(tree: &'t Tree, path: &str) -> Option<Location<'t>> {
    tree.resolve(path.as_bytes()).ok()
}

/// Adds the packages of a file, or of all files of a folder; whether there are any.
fn list(
    tree: &Tree,
    path: &str,
    known: &mut BTreeSet<String>,
    read: fn(&str, &mut BTreeSet<String>),
) -> Result<bool, ExecuteError> {
    let Some(top) = look(tree, path).and_then(|found| found.entry) else {
        return Ok(false);
    };
    let below = tree.below(&top.path);
    for entry in std::iter::once(top).chain(below) {
        if let Some(file) = entry.open()? {
            let mut text = Vec::new();
            let most = file.take(LARGEST_LIST).read_to_end(&mut text);
            most.map_err(|source| ExecuteError::Input {
                path: path.to_owned(),
                source,
            })?;
            read(&String::from_utf8_lossy(&text), known);
        }
    }
    Ok(true)
}

/// Paragraphs of fields. A file without a status is one of a package that is installed.
fn debian(text: &str, known: &mut BTreeSet<String>) {
    for paragraph in text.split("\n\n") {
        let field = |name: &str| {
            let mut lines = paragraph.lines();
            lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        };
        let is_installed = field("Status").is_none_or(|status| status.ends_with(" installed"));
        if let Some(package) = field("Package").filter(|_| is_installed) {
            let package = package.trim();
            if let Some(architecture) = field("Architecture") {
                known.insert(format!("{package}:{}", architecture.trim()));
            }
            known.insert(package.to_owned());
        }
    }
}

/// Lines with a letter in front: `P` is the name.
fn alpine(text: &str, known: &mut BTreeSet<String>) {
    let names = text.lines().filter_map(|line| line.strip_prefix("P:"));
    known.extend(names.map(str::to_owned));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_installed_counts() {
        let mut known = BTreeSet::new();
        debian(
            "Package: bash\nStatus: install ok installed\nArchitecture: amd64\nDescription: x\n Package: no\n\n\
             Package: gone\nStatus: deinstall ok config-files\n\nPackage: half\nStatus: install ok \
             half-installed\n\nPackage: tzdata\nVersion: 1\n",
            &mut known,
        );
        alpine("C:Q1\nP:musl\nV:1\n\nP:busybox\n", &mut known);
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        assert_eq!(known, ["bash", "bash:amd64", "busybox", "musl", "tzdata"]);
    }
}
