//! From each kind of step to what it does.

use std::collections::BTreeMap;

use crate::recipe::{
    AccountsStep, BindMount, Certificates, Command, Copy, Duration, Fetch, Link, Mount, OrKeep,
    Run, Scope, Source, Step,
};
use crate::validate::PathSegment;

use super::copy::CopyRules;
use super::packages::text_map;
use super::planner::Planner;
use super::problem::PlanProblem;
use super::{
    AccountsAction, Action, CertificateFile, CertificatesAction, Checksum, CopyAction, CopyEntry,
    CopyFromAction, DirectoryAction, FetchAction, GroupAction, LinkAction, Mode, MountAction,
    Origin, Owner, PermissionsAction, RemoveAction, RunAction, UserAction, WriteAction,
};

/// What a step's script is given to unless the recipe names another shell.
const SHELL: [&str; 3] = ["/bin/sh", "-e", "-c"];

/// Where programs are looked for, as engines have it.
pub(super) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Environment of every `run`. The last two keep Python from making files that differ from run to
/// run: set order in compiled constants, and `__pycache__` with times of day in it.
pub const RUN_ENVIRONMENT: [(&str, &str); 5] = [
    ("PATH", PATH),
    ("HOME", "/root"),
    ("LANG", "C.UTF-8"),
    ("PYTHONHASHSEED", "0"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
];

impl Planner<'_> {
    /// What the step at `place` does.
    pub(super) fn action(
        &mut self,
        step: &Step,
        scope: &Scope<'_>,
        place: &[PathSegment],
    ) -> Action {
        match step {
            Step::Packages(step) => {
                let place = [place, &["packages".into()]].concat();
                Action::Packages(Box::new(self.packages(&step.packages, &place)))
            }
            Step::Run(run) => Action::Run(self.run(run, scope, place)),
            Step::Copy(copy) => match &copy.from {
                Some(from) => Action::CopyFrom(self.copy_from(copy, from, place)),
                None => Action::Copy(self.copy(copy, place)),
            },
            Step::Write(write) => Action::Write(WriteAction {
                path: write.write.as_str().into(),
                content: write.content.clone(),
                owner: write.owner.clone().unwrap_or(Owner::ROOT),
                mode: write.mode.clone().unwrap_or(Mode::Octal(0o644)),
                capabilities: write.capabilities,
            }),
            Step::Fetch(fetch) => Action::Fetch(self.fetch(fetch, place)),
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
                capabilities: permissions.capabilities,
            }),
            Step::Accounts(step) => Action::Accounts(accounts_action(step)),
            Step::Certificates(step) => Action::Certificates(self.certificates(step, place)),
        }
    }

    fn run(&mut self, run: &Run, scope: &Scope<'_>, place: &[PathSegment]) -> RunAction {
        let defaults = scope.defaults;
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
        let mut env: BTreeMap<String, String> = RUN_ENVIRONMENT
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        env.insert(
            "SOURCE_DATE_EPOCH".to_owned(),
            self.source_date_epoch().to_string(),
        );
        env.extend(self.inherited_env(scope));
        env.extend(text_map(&defaults.env));
        env.extend(text_map(&run.env));
        let workdir = run.workdir.as_ref().or(defaults.workdir.as_ref());
        let user = run.user.as_ref().or(defaults.user.as_ref());
        let mounts = (run.mounts.iter().enumerate())
            .map(|(index, mount)| {
                let place = [place, &["mounts".into(), index.into()]].concat();
                self.mount(mount, &place)
            })
            .collect();
        RunAction {
            command,
            env,
            workdir: workdir.map_or_else(|| "/".to_owned(), ToString::to_string),
            user: user.map_or_else(|| "0".to_owned(), ToString::to_string),
            network: run.network.or(defaults.network).unwrap_or_default(),
            mounts,
            timeout: run.timeout.or(defaults.timeout).map(Duration::as_std),
        }
    }

    fn mount(&mut self, mount: &Mount, place: &[PathSegment]) -> MountAction {
        match mount {
            Mount::Cache(cache) => MountAction::Cache {
                id: cache.cache.clone(),
                target: cache.target.to_string(),
                mode: cache.mode.clone(),
            },
            Mount::Secret(secret) => MountAction::Secret {
                id: secret.secret.clone(),
                target: match (&secret.target, &secret.env) {
                    (Some(target), _) => Some(target.to_string()),
                    (None, Some(_)) => None,
                    (None, None) => Some(format!("/run/secrets/{}", secret.secret)),
                },
                env: secret.env.clone(),
                mode: secret.mode.clone(),
                required: secret.required,
            },
            Mount::Bind(bind) => {
                let at = [place, &["from".into()]].concat();
                let from = bind.from.as_ref().map(|from| self.origin(from, &at));
                let entries = match from {
                    Some(_) => Vec::new(),
                    None => self.bound(bind, &[place, &["bind".into()]].concat()),
                };
                MountAction::Bind {
                    source: bind.bind.clone(),
                    entries,
                    from,
                    target: bind.target.to_string(),
                    writable: bind.writable,
                }
            }
            Mount::Tmpfs(tmpfs) => MountAction::Tmpfs {
                target: tmpfs.tmpfs.to_string(),
                size: tmpfs.size.map(|size| size.bytes()),
                mode: tmpfs.mode.clone(),
            },
            Mount::Ssh(ssh) => MountAction::Ssh {
                id: ssh.ssh.clone(),
                target: ssh.target.as_ref().map(ToString::to_string),
                mode: ssh.mode.clone(),
                required: ssh.required,
            },
        }
    }

    /// What a mount shows of the context: as a copy of it would be, so that a command sees the same
    /// whatever the checkout's owner and umask.
    fn bound(&mut self, bind: &BindMount, place: &[PathSegment]) -> Vec<CopyEntry> {
        let found = self.inputs.sources(&bind.bind, &[], false);
        let sources = self.input(found, place).unwrap_or_default();
        if sources.len() > 1 {
            self.problems.push(PlanProblem::SeveralInOnePlace {
                target: bind.target.to_string(),
                sources: sources.len(),
                span: self.span(place),
            });
        }
        let rules = CopyRules {
            keep_owner: false,
            mode: None,
            directory_mode: None,
        };
        let target = bind.target.as_str().trim_end_matches('/');
        let sources = sources.iter();
        sources
            .flat_map(|source| rules.entries(source, target))
            .collect()
    }

    fn origin(&mut self, from: &Source, place: &[PathSegment]) -> Origin {
        match from {
            Source::Stage(name) => self.stage_origin(name),
            Source::Image(reference) => self.image_origin(reference, place),
        }
    }

    fn copy_from(&mut self, copy: &Copy, from: &Source, place: &[PathSegment]) -> CopyFromAction {
        self.check_folder(copy, copy.copy.as_slice().len(), place);
        CopyFromAction {
            from: self.origin(from, &[place, &["from".into()]].concat()),
            sources: copy.copy.as_slice().to_vec(),
            exclude: copy.exclude.clone(),
            to: copy.to.to_string(),
            follow_links: copy.follow_links,
            owner: copied_owner(copy),
            mode: copy.mode.clone(),
            directory_mode: copy.directory_mode.clone(),
            capabilities: copy.capabilities,
        }
    }

    fn copy(&mut self, copy: &Copy, place: &[PathSegment]) -> CopyAction {
        let to = copy.to.as_str();
        let owner = copied_owner(copy);
        let rules = CopyRules {
            keep_owner: owner.is_none(),
            mode: copy.mode.clone(),
            directory_mode: copy.directory_mode.clone(),
        };
        let mut sources = Vec::new();
        for (at, pattern) in copy.copy.places(&[place, &["copy".into()]].concat()) {
            let found = self
                .inputs
                .sources(pattern, &copy.exclude, copy.follow_links);
            sources.extend(self.input(found, &at).unwrap_or_default());
        }
        self.check_folder(copy, sources.len(), place);
        CopyAction {
            sources: copy.copy.as_slice().to_vec(),
            to: to.to_owned(),
            owner,
            entries: sources
                .iter()
                .flat_map(|source| rules.entries(source, to))
                .collect(),
            capabilities: copy.capabilities,
        }
    }

    /// Several sources need a folder to go into.
    fn check_folder(&mut self, copy: &Copy, sources: usize, place: &[PathSegment]) {
        if sources > 1 && !copy.to.ends_with_slash() {
            self.problems.push(PlanProblem::NotAFolder {
                to: copy.to.to_string(),
                sources,
                span: self.span(&[place, &["to".into()]].concat()),
            });
        }
    }

    fn fetch(&mut self, fetch: &Fetch, place: &[PathSegment]) -> FetchAction {
        let platform = &self.platform;
        let sha256 = fetch.sha256.as_ref().and_then(|all| all.get(platform));
        let sha512 = fetch.sha512.as_ref().and_then(|all| all.get(platform));
        let sha256 = sha256.map(|digest| Checksum::Sha256(digest.to_string()));
        let sha512 = sha512.map(|digest| Checksum::Sha512(digest.to_string()));
        let checksum = sha256.or(sha512).unwrap_or_else(|| {
            let key = if fetch.sha256.is_some() {
                "sha256"
            } else {
                "sha512"
            };
            self.problems.push(PlanProblem::NoDigest {
                platform: self.platform.to_string(),
                span: self.recipe.key_span(&[place, &[key.into()]].concat()),
            });
            Checksum::Sha256(String::new())
        });
        FetchAction {
            url: fetch.fetch.clone(),
            checksum,
            to: fetch.to.as_str().into(),
            extract: fetch.extract,
            strip: fetch.strip,
            owner: fetch.owner.clone().unwrap_or(Owner::ROOT),
            mode: fetch.mode.clone(),
        }
    }

    fn certificates(&mut self, step: &Certificates, place: &[PathSegment]) -> CertificatesAction {
        let mut files = Vec::new();
        let key = [place, &["certificates".into()]].concat();
        for (at, path) in step.certificates.places(&key) {
            let digest = self.inputs.file(path);
            if let Some(digest) = self.input(digest, &at) {
                let path = path.clone();
                files.push(CertificateFile { path, digest });
            }
        }
        CertificatesAction { files }
    }
}

fn copied_owner(copy: &Copy) -> Option<Owner> {
    match &copy.owner {
        None => Some(Owner::ROOT),
        Some(OrKeep::Set(owner)) => Some(owner.clone()),
        Some(OrKeep::Keep) => None,
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

fn accounts_action(step: &AccountsStep) -> AccountsAction {
    let groups = step.accounts.groups.iter().map(|group| GroupAction {
        name: group.name.to_string(),
        gid: group.gid,
        system: group.system,
        members: texts(&group.members),
    });
    // What the recipe does not say is only decided for accounts that the root does not have.
    let users = step.accounts.users.iter().map(|user| UserAction {
        name: user.name.to_string(),
        uid: user.uid,
        group: user.group.as_ref().map(ToString::to_string),
        groups: texts(&user.groups),
        home: user.home.as_ref().map(|home| home.as_str().into()),
        create_home: user.create_home.unwrap_or(!user.system),
        shell: user.shell.as_ref().map(ToString::to_string),
        comment: user.comment.clone(),
        system: user.system,
    });
    AccountsAction {
        groups: groups.collect(),
        users: users.collect(),
    }
}

fn texts<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}
