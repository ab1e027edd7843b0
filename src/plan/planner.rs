//! Resolving a recipe into a plan.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::recipe::{
    Command, Config, Copy, Defaults, Duration, Link, OrKeep, Packages, Recipe, Run, Step, Text,
};
use crate::source::Span;
use crate::validate::{PathSegment, ValidRecipe};

use super::copy::CopyRules;
use super::problem::PlanProblem;
use super::{
    Action, CopyAction, DirectoryAction, HostPlatform, ImageSettings, InputError, Inputs,
    LinkAction, Mode, OutputSettings, Owner, PackagesAction, PermissionsAction, Plan, PlannedStep,
    RemoveAction, Repository, RepositoryKey, RepositoryLocation, RunAction, StepKey, WriteAction,
    text,
};

/// Version of the plan's JSON form.
const VERSION: u32 = 1;

/// What a step's script is given to unless the recipe names another shell.
const SHELL: [&str; 3] = ["/bin/sh", "-e", "-c"];

/// Environment of every `run`. The last two keep Python from making files that differ from run to
/// run: set order in compiled constants, and `__pycache__` with times of day in it.
const ENVIRONMENT: [(&str, &str); 5] = [
    (
        "PATH",
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ),
    ("HOME", "/root"),
    ("LANG", "C.UTF-8"),
    ("PYTHONHASHSEED", "0"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
];

/// Plans `recipe`.
///
/// # Errors
/// One diagnostic for each input that is missing or cannot be used.
pub fn plan(
    recipe: &ValidRecipe,
    inputs: &dyn Inputs,
    host: &HostPlatform,
) -> Result<Plan, Vec<Diagnostic>> {
    let mut planner = Planner {
        recipe,
        inputs,
        host,
        problems: Vec::new(),
    };
    let plan = planner.plan();
    if planner.problems.is_empty() {
        Ok(plan)
    } else {
        Err(planner.problems.into_iter().map(Diagnostic::from).collect())
    }
}

struct Planner<'a> {
    recipe: &'a ValidRecipe,
    inputs: &'a dyn Inputs,
    host: &'a HostPlatform,
    problems: Vec<PlanProblem>,
}

impl Planner<'_> {
    fn plan(&mut self) -> Plan {
        let recipe: &Recipe = self.recipe.recipe();
        let mut steps = Vec::new();
        let mut key = StepKey::scratch(self.source_date_epoch());
        let mut push = |name: Option<&str>, action: Action| {
            key = key.then(&action);
            let title = name.map_or_else(|| text::title(&action), str::to_owned);
            steps.push(PlannedStep { key, title, action });
        };
        if let Some(packages) = &recipe.packages {
            push(
                None,
                Action::Packages(self.packages(packages, &["packages".into()])),
            );
        }
        for (index, step) in recipe.steps.iter().enumerate() {
            let action = self.action(step, index);
            push(step.name(), action);
        }
        Plan {
            version: VERSION,
            name: recipe.name.to_string(),
            base: recipe.base.to_string(),
            steps,
            config: self.image(&recipe.config, recipe),
            output: self.output(recipe),
        }
    }
}

// One step each.
impl Planner<'_> {
    fn action(&mut self, step: &Step, index: usize) -> Action {
        match step {
            Step::Packages(step) => {
                let place = ["steps".into(), index.into(), "packages".into()];
                Action::Packages(self.packages(&step.packages, &place))
            }
            Step::Run(run) => Action::Run(self.run(run)),
            Step::Copy(copy) => Action::Copy(self.copy(copy, index)),
            Step::Write(write) => Action::Write(WriteAction {
                path: write.write.as_str().into(),
                content: write.content.clone(),
                owner: write.owner.clone().unwrap_or(Owner::ROOT),
                mode: write.mode.clone().unwrap_or(Mode::Octal(0o644)),
            }),
            Step::Link(link) => Action::Link(link_action(link)),
            Step::Directory(directory) => Action::Directory(DirectoryAction {
                path: directory.directory.as_str().into(),
                owner: directory.owner.clone(),
                mode: directory.mode.clone(),
            }),
            Step::Remove(remove) => Action::Remove(RemoveAction {
                patterns: texts(remove.remove.as_slice()),
            }),
            Step::Permissions(permissions) => Action::Permissions(PermissionsAction {
                patterns: texts(permissions.permissions.as_slice()),
                owner: permissions.owner.clone(),
                mode: permissions.mode.clone(),
                recursive: permissions.recursive,
            }),
        }
    }

    fn run(&self, run: &Run) -> RunAction {
        let defaults: &Defaults = &self.recipe.recipe().defaults;
        let command = match &run.run {
            Command::Words(words) => words.clone(),
            Command::Script(script) => {
                let shell = run.shell.as_ref().or(defaults.shell.as_ref());
                let shell = shell
                    .cloned()
                    .unwrap_or_else(|| SHELL.map(str::to_owned).into());
                shell.into_iter().chain([script.clone()]).collect()
            }
        };
        let mut env: BTreeMap<String, String> = ENVIRONMENT
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        env.insert(
            "SOURCE_DATE_EPOCH".to_owned(),
            self.source_date_epoch().to_string(),
        );
        env.extend(text_map(&defaults.env));
        env.extend(text_map(&run.env));
        let workdir = run.workdir.as_ref().or(defaults.workdir.as_ref());
        let user = run.user.as_ref().or(defaults.user.as_ref());
        RunAction {
            command,
            env,
            workdir: workdir.map_or_else(|| "/".to_owned(), ToString::to_string),
            user: user.map_or_else(|| "0".to_owned(), ToString::to_string),
            network: run.network.or(defaults.network).unwrap_or_default(),
            timeout: run.timeout.or(defaults.timeout).map(Duration::as_std),
        }
    }

    fn copy(&mut self, copy: &Copy, index: usize) -> CopyAction {
        let to = copy.to.as_str();
        let owner = match &copy.owner {
            None => Some(Owner::ROOT),
            Some(OrKeep::Set(owner)) => Some(owner.clone()),
            Some(OrKeep::Keep) => None,
        };
        let rules = CopyRules {
            keep_owner: owner.is_none(),
            mode: copy.mode.clone(),
            directory_mode: copy.directory_mode.clone(),
        };
        let patterns = copy.copy.as_slice();
        let span = self.span(&["steps".into(), index.into(), "copy".into()]);
        let mut sources = Vec::new();
        for pattern in patterns {
            match self
                .inputs
                .sources(pattern, &copy.exclude, copy.follow_links)
            {
                Ok(found) => sources.extend(found),
                Err(error) => self.problems.push(PlanProblem::Input { error, span }),
            }
        }
        if sources.len() > 1 && !copy.to.ends_with_slash() {
            self.problems.push(PlanProblem::NotAFolder {
                to: to.to_owned(),
                sources: sources.len(),
                span: self.span(&["steps".into(), index.into(), "to".into()]),
            });
        }
        CopyAction {
            sources: patterns.to_vec(),
            to: to.to_owned(),
            owner,
            entries: sources
                .iter()
                .flat_map(|source| rules.entries(source, to))
                .collect(),
        }
    }

    fn packages(&mut self, packages: &Packages, place: &[PathSegment]) -> PackagesAction {
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
        PackagesAction {
            manager: packages.manager.to_string(),
            releasever: packages.releasever.clone(),
            arch: packages
                .arch
                .clone()
                .unwrap_or_else(|| self.host.machine.clone()),
            setopts,
            install_langs: languages.or(override_langs),
            repositories,
            transactions: packages.install.transactions().to_vec(),
            exclude: packages.exclude.clone(),
            clean: packages.clean,
            source_date_epoch: self.source_date_epoch(),
        }
    }

    fn repository(
        &mut self,
        repository: &crate::recipe::Repository,
        place: &[PathSegment],
    ) -> Repository {
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
        let mut input = |key: &str, path: &str| {
            let found = self.inputs.file(path);
            found.map_err(|error: InputError| {
                let span = self.recipe.span(&[place, &[key.into()]].concat());
                self.problems.push(PlanProblem::Input { error, span });
            })
        };
        let locations = (repository.baseurl.iter().flat_map(|urls| urls.as_slice()))
            .filter_map(|url| {
                if url.contains("://") {
                    return Some(RepositoryLocation::Url { url: url.clone() });
                }
                let index = format!("{}/repodata/repomd.xml", url.trim_end_matches('/'));
                let digest = input("baseurl", &index).ok()?;
                Some(RepositoryLocation::Folder {
                    path: url.clone(),
                    digest,
                })
            })
            .collect();
        let keys = (repository.gpgkey.iter().flat_map(|keys| keys.as_slice()))
            .filter_map(|key| {
                if key.contains("://") {
                    return Some(RepositoryKey::Url { url: key.clone() });
                }
                let digest = input("gpgkey", key).ok()?;
                Some(RepositoryKey::File {
                    path: key.clone(),
                    digest,
                })
            })
            .collect();
        Repository {
            id: repository.id.clone(),
            locations,
            keys,
            options,
        }
    }
}

// The image.
impl Planner<'_> {
    fn image(&self, config: &Config, recipe: &Recipe) -> ImageSettings {
        let arch = recipe
            .packages
            .as_ref()
            .and_then(|packages| packages.arch.as_deref());
        let mut ports: Vec<String> = config
            .exposed_ports
            .iter()
            .flat_map(|port| port.exposed())
            .collect();
        let mut volumes: Vec<String> = config.volumes.iter().map(ToString::to_string).collect();
        for list in [&mut ports, &mut volumes] {
            list.sort();
            list.dedup();
        }
        ImageSettings {
            architecture: go_architecture(arch.unwrap_or(&self.host.machine)).to_owned(),
            created: self.source_date_epoch(),
            author: config.author.clone(),
            created_by: config.created_by.clone(),
            entrypoint: config.entrypoint.clone(),
            cmd: config.cmd.clone(),
            env: text_map(&config.env),
            user: config.user.as_ref().map(ToString::to_string),
            workdir: config.workdir.as_ref().map(ToString::to_string),
            exposed_ports: ports,
            volumes,
            labels: text_map(&config.labels),
            stop_signal: config.stop_signal.as_ref().map(ToString::to_string),
            annotations: text_map(&recipe.annotations),
        }
    }

    fn output(&self, recipe: &Recipe) -> OutputSettings {
        let output = &recipe.output;
        let mut tags: Vec<String> = output.tags.iter().map(ToString::to_string).collect();
        if tags.is_empty() {
            tags.push("latest".to_owned());
        }
        OutputSettings {
            compression: output.compression.to_string(),
            level: output.level,
            tags,
            source_date_epoch: self.source_date_epoch(),
        }
    }

    fn source_date_epoch(&self) -> u64 {
        self.recipe.recipe().output.source_date_epoch.unwrap_or(0)
    }

    fn span(&self, place: &[PathSegment]) -> Span {
        self.recipe.span(place)
    }
}

fn link_action(link: &Link) -> LinkAction {
    LinkAction {
        path: link.link.as_str().into(),
        target: link.target.as_str().into(),
        hard: link.hard,
        owner: link.owner.clone().unwrap_or(Owner::ROOT),
    }
}

fn text_map(map: &BTreeMap<String, Text>) -> BTreeMap<String, String> {
    map.iter()
        .map(|(name, value)| (name.clone(), value.to_string()))
        .collect()
}

fn texts<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

/// Architectures as Go spells them, which the image-spec asks for (config.md, `architecture`).
fn go_architecture(machine: &str) -> &str {
    match machine {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "i386" | "i486" | "i586" | "i686" => "386",
        "armv7hl" | "armv7l" => "arm",
        "loongarch64" => "loong64",
        other => other,
    }
}
