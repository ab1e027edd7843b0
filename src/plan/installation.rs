//! From the recipe's packages to what a package manager is told.

use crate::recipe::{Database, Packages, Repository as Written, RunIn, Scriptlets, Upgrade};
use crate::validate::PathSegment;

use super::packages::{ManagerPlace, PackageChanges, text_map};
use super::planner::Planner;
use super::{InputFile, PackagesAction, Repository, RepositoryKey, RepositoryLocation};

impl Planner<'_> {
    /// What a package manager is told for the packages at `place`.
    pub(super) fn packages(
        &mut self,
        packages: &Packages,
        place: &[PathSegment],
    ) -> PackagesAction {
        let mut setopts = text_map(&packages.setopts);
        // dnf does not know this option, so rpm is told (see `packages::dnf`).
        let override_langs = setopts.remove("override_install_langs");
        let languages = packages
            .languages
            .as_ref()
            .map(|languages| languages.join(":"));
        let repositories = (packages.repositories.iter().enumerate())
            .map(|(index, repository)| {
                let place = [place, &["repositories".into(), index.into()]].concat();
                self.repository(repository, &place)
            })
            .collect();
        let arch = packages.arch.clone();
        PackagesAction {
            manager: packages.manager.to_string(),
            run_in: match &packages.run_in {
                RunIn::Auto => None,
                RunIn::Host => Some(ManagerPlace::Host),
                RunIn::Root => Some(ManagerPlace::Root),
                RunIn::Stage(name) => Some(ManagerPlace::Other(self.stage_origin(name))),
            },
            releasever: packages.releasever.clone(),
            arch: arch.unwrap_or_else(|| self.machine()),
            variables: text_map(&packages.variables),
            setopts,
            install_langs: languages.or(override_langs),
            repositories,
            repository_files: self.files(&packages.repository_files, place, "repository_files"),
            transactions: packages.install.transactions().to_vec(),
            changes: PackageChanges {
                modules: packages.modules.clone(),
                groups: packages.groups.clone(),
                local: self.files(&packages.local, place, "local"),
                upgrade: Some(packages.upgrade.clone())
                    .filter(|upgrade| *upgrade != Upgrade::default()),
                reinstall: packages.reinstall.clone(),
                remove: packages.remove.clone(),
                autoremove: packages.autoremove,
            },
            exclude: packages.exclude.clone(),
            clean: packages.clean,
            keep_database: packages.database == Database::Keep,
            allow_failing_scriptlets: packages.scriptlets == Scriptlets::Warn,
            source_date_epoch: self.source_date_epoch(),
        }
    }

    /// Architecture of the packages where the recipe names none, as rpm spells it: the machine's
    /// own spelling wherever that is meant.
    fn machine(&self) -> String {
        let host = crate::recipe::Platform::of_machine(&self.host.machine);
        if self.platform.architecture() == host.architecture() {
            return self.host.machine.clone();
        }
        match (self.platform.architecture(), self.platform.variant()) {
            ("amd64", _) => "x86_64",
            ("arm64", _) => "aarch64",
            ("386", _) => "i686",
            ("arm", _) => "armv7hl",
            ("loong64", _) => "loongarch64",
            (other, _) => other,
        }
        .to_owned()
    }

    /// The files of the context that some globs name.
    fn files(&mut self, patterns: &[String], place: &[PathSegment], key: &str) -> Vec<InputFile> {
        let mut files = Vec::new();
        for (index, pattern) in patterns.iter().enumerate() {
            let found = self.inputs.sources(pattern, &[], true);
            let at = [place, &[key.into(), index.into()]].concat();
            let sources = self.input(found, &at).unwrap_or_default();
            files.extend(sources.iter().flat_map(InputFile::all));
        }
        files
    }

    fn repository(&mut self, repository: &Written, place: &[PathSegment]) -> Repository {
        let mut options = text_map(&repository.options);
        let mut set = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                options.insert(name.to_owned(), value);
            }
        };
        let list = |names: &[String]| (!names.is_empty()).then(|| names.join(","));
        let flag = |value: bool| if value { "1" } else { "0" }.to_owned();
        set("name", repository.name.clone());
        set("mirrorlist", repository.mirrorlist.clone());
        set("metalink", repository.metalink.clone());
        set("gpgcheck", Some(flag(repository.gpgcheck)));
        set("repo_gpgcheck", repository.repo_gpgcheck.map(flag));
        set(
            "priority",
            repository.priority.map(|priority| priority.to_string()),
        );
        set("excludepkgs", list(&repository.excludepkgs));
        set("includepkgs", list(&repository.includepkgs));
        set("module_hotfixes", repository.module_hotfixes.map(flag));
        set("sslcacert", repository.sslcacert.clone());
        set("sslclientcert", repository.sslclientcert.clone());
        set("sslclientkey", repository.sslclientkey.clone());
        let mut locations = Vec::new();
        let at = |key: &str| [place, &[key.into()]].concat();
        let addresses = repository.baseurl.iter();
        for (at, url) in addresses.flat_map(|urls| urls.places(&at("baseurl"))) {
            if url.contains("://") {
                locations.push(RepositoryLocation::Url { url: url.clone() });
                continue;
            }
            let index = format!("{}/repodata/repomd.xml", url.trim_end_matches('/'));
            let digest = self.inputs.file(&index);
            if let Some(digest) = self.input(digest, &at) {
                let path = url.clone();
                locations.push(RepositoryLocation::Folder { path, digest });
            }
        }
        let mut keys = Vec::new();
        let written = repository.gpgkey.iter();
        for (at, key) in written.flat_map(|keys| keys.places(&at("gpgkey"))) {
            if key.contains("://") {
                keys.push(RepositoryKey::Url { url: key.clone() });
                continue;
            }
            let digest = self.inputs.file(key);
            if let Some(digest) = self.input(digest, &at) {
                let path = key.clone();
                keys.push(RepositoryKey::File { path, digest });
            }
        }
        Repository {
            id: repository.id.clone(),
            locations,
            keys,
            options,
            suites: repository.suites.clone(),
            components: repository.components.clone(),
            credentials: repository.credentials.clone(),
        }
    }
}
