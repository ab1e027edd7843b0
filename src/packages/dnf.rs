//! dnf, and yum where it is another name of it.
//!
//! Facts about dnf that this file rests on (dnf.conf(5), and dnf 4.14 as it behaves): options of
//! the command line win over the file; `cachedir` and `persistdir` of the command line are paths
//! of the machine dnf runs on, those of the file lie below the install root, and `logdir` always
//! does; `override_install_langs` is unknown to dnf, so rpm's macro carries it out.

use std::path::{Path, PathBuf};

use crate::plan::{PackagesAction, Repository, RepositoryKey, RepositoryLocation};
use crate::sandbox::{Capability, CapabilitySet, Mount, Network, Sandbox};

use super::configuration::Configuration;
use super::scratch_root::{self, BUILDROOT, Target};
use super::{HostAccess, PackageManager, PackagesError, clean, database};

/// Programs that speak dnf's command line, the best first.
const PROGRAMS: [&str; 3] = ["dnf5", "dnf", "yum"];

/// Where the sandbox has the downloads that are kept between builds.
const CACHE: &str = "/var/cache/dnf";
/// The only configuration that dnf reads, all of it generated.
const CONFIGURATION: &str = "/etc/dnf/dnf.conf";
const REPOSITORIES: &str = "/etc/yum.repos.d";
const VARIABLES: &str = "/etc/dnf/vars";
/// Where the sandbox has dnf's own memory of what it did.
const STATE: &str = "/var/lib/dnf";
/// Relative to the install root, as dnf takes it: a folder beside it, so that no log is ever
/// written into the root, nor through a link in it.
const LOGS: &str = "/../var/log";

/// The program of this host that speaks dnf's command line.
pub fn program() -> Option<PathBuf> {
    // Only /usr is visible in the throw-away root.
    (PROGRAMS.iter())
        .map(|name| Path::new("/usr/bin").join(name))
        .find(|path| path.exists())
}

/// dnf with what it is to do.
pub struct Dnf<'a> {
    program: PathBuf,
    action: &'a PackagesAction,
    access: &'a HostAccess,
}

impl<'a> Dnf<'a> {
    /// Looks for dnf on this host.
    ///
    /// # Errors
    /// [`PackagesError::NoManager`] if there is none.
    pub fn find(action: &'a PackagesAction, access: &'a HostAccess) -> Result<Self, PackagesError> {
        match program() {
            Some(program) => Ok(Self {
                program,
                action,
                access,
            }),
            None => Err(PackagesError::NoManager {
                manager: action.manager.clone(),
                looked_for: PROGRAMS.join(", "),
            }),
        }
    }

    fn command(&self, packages: &[String]) -> Vec<String> {
        let mut command = vec![
            self.program.display().to_string(),
            "--assumeyes".to_owned(),
            format!("--installroot={BUILDROOT}"),
        ];
        if let Some(releasever) = &self.action.releasever {
            command.push(format!("--releasever={releasever}"));
        }
        if self.action.arch != std::env::consts::ARCH {
            command.push(format!("--forcearch={}", self.action.arch));
        }
        // A path that the command line does not name is looked for in the root first, whose own
        // configuration would then decide what is installed and whether signatures count.
        command.push(format!("--config={CONFIGURATION}"));
        let own = [
            ("cachedir", CACHE),
            ("persistdir", STATE),
            ("reposdir", REPOSITORIES),
            ("varsdir", VARIABLES),
        ];
        let setopts =
            (self.action.setopts.iter()).map(|(name, value)| (name.as_str(), value.as_str()));
        command.extend(
            setopts
                .chain(own)
                .map(|(name, value)| format!("--setopt={name}={value}")),
        );
        if !self.action.exclude.is_empty() {
            command.push(format!("--exclude={}", self.action.exclude.join(",")));
        }
        command.push("install".to_owned());
        command.extend(packages.iter().cloned());
        command
    }

    fn main_configuration(&self) -> Result<String, PackagesError> {
        let mut main = Configuration::default();
        main.section("main")?;
        for (name, value) in [
            ("logdir", LOGS),
            ("plugins", "False"),
            ("keepcache", "True"),
            ("gpgcheck", "True"),
            ("localpkg_gpgcheck", "True"),
            ("color", "never"),
        ] {
            main.option(name, value)?;
        }
        if let Some(bundle) = self.access.bundle_in_sandbox() {
            main.option("sslcacert", bundle)?;
        }
        Ok(main.text().to_owned())
    }

    /// `.repo` file and the mounts that its local parts need.
    fn repositories(&self) -> Result<(String, Vec<Mount>), PackagesError> {
        let mut file = Configuration::default();
        let mut mounts = Vec::new();
        for repository in &self.action.repositories {
            file.section(&repository.id)?;
            if !repository.options.contains_key("name") {
                file.option("name", &repository.id)?;
            }
            let locations = self.locations(repository, &mut mounts);
            if !locations.is_empty() {
                file.option("baseurl", &locations.join(" "))?;
            }
            let keys = self.keys(repository, &mut mounts);
            if !keys.is_empty() {
                file.option("gpgkey", &keys.join(" "))?;
            }
            for (name, value) in &repository.options {
                file.option(name, value)?;
            }
        }
        Ok((file.text().to_owned(), mounts))
    }

    fn locations(&self, repository: &Repository, mounts: &mut Vec<Mount>) -> Vec<String> {
        let places = repository.locations.iter().enumerate();
        places
            .map(|(index, location)| match location {
                RepositoryLocation::Url { url } => url.clone(),
                RepositoryLocation::Folder { path, .. } => {
                    let inside = format!("/srv/repositories/{}/{index}", repository.id);
                    mounts.push(scratch_root::bind(
                        self.access.context.join(path),
                        &inside,
                        false,
                    ));
                    format!("file://{inside}")
                }
            })
            .collect()
    }

    fn keys(&self, repository: &Repository, mounts: &mut Vec<Mount>) -> Vec<String> {
        let keys = repository.keys.iter().enumerate();
        keys.map(|(index, key)| match key {
            RepositoryKey::Url { url } => url.clone(),
            RepositoryKey::File { path, .. } => {
                let inside = format!("/srv/keys/{}/{index}", repository.id);
                mounts.push(scratch_root::bind(
                    self.access.context.join(path),
                    &inside,
                    false,
                ));
                format!("file://{inside}")
            }
        })
        .collect()
    }

    /// rpm's macros (rpm(8), "CONFIGURATION"): where the database is, and which languages go in.
    /// The database path must be said, since Debian's rpm would put it into a home.
    fn macros(&self, target: &Target) -> String {
        let mut macros = format!("%_dbpath /{}\n", database::location(target));
        if let Some(langs) = &self.action.install_langs {
            macros.push_str(&format!("%_install_langs {langs}\n"));
        }
        macros
    }

    fn is_remote(&self) -> bool {
        self.action.repositories.iter().any(Repository::is_remote)
    }
}

impl PackageManager for Dnf<'_> {
    fn transaction(&self, number: usize, target: &Target) -> Result<Sandbox, PackagesError> {
        let packages = &self.action.transactions[number];
        target.make_mount_points()?;
        let (repositories, local) = self.repositories()?;
        let mut sandbox = target.sandbox(self.command(packages), CACHE, STATE);
        sandbox.mounts.extend([
            scratch_root::file(CONFIGURATION, &self.main_configuration()?),
            scratch_root::file(&format!("{REPOSITORIES}/onelayer.repo"), &repositories),
            scratch_root::file("/etc/rpm/macros", &self.macros(target)),
            Mount::Directory {
                target: "/var/log".into(),
                mode: 0o755,
            },
        ]);
        sandbox.mounts.extend(local);
        let mut environment: Vec<(String, String)> = [
            ("HOME", "/root"),
            ("LANG", "C.UTF-8"),
            ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        environment.push((
            "SOURCE_DATE_EPOCH".to_owned(),
            self.action.source_date_epoch.to_string(),
        ));
        if self.is_remote() {
            sandbox.network = Network::Host;
            sandbox.mounts.extend(self.access.mounts()?);
            environment.extend(self.access.environment());
        }
        sandbox.environment = (environment.into_iter())
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        // Packages may hold device nodes; the root is mounted `nodev`, so that none can be opened.
        sandbox.capabilities = CapabilitySet::default().with(Capability::Mknod);
        Ok(sandbox)
    }

    fn settle(&self, target: &Target, last: bool) -> Result<(), PackagesError> {
        database::settle(target)?;
        if last && self.action.clean {
            clean::clean(target)?;
        }
        Ok(())
    }
}
