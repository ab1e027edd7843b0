//! Mounts of commands.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::{Mount, Step};
use crate::source::Span;
use crate::syntax::PathSegment;
use crate::validate::Subject;
use crate::validate::sketch::plain;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scope in subject.scopes() {
        for (index, step) in scope.steps.iter().enumerate() {
            let Step::Run(run) = step else {
                continue;
            };
            let mut targets: BTreeMap<String, Span> = BTreeMap::new();
            for (number, mount) in run.mounts.iter().enumerate() {
                let below: [PathSegment; 2] = ["mounts".into(), number.into()];
                let place = [scope.step(index).as_slice(), &below].concat();
                one(subject, &place, mount, found);
                let (target, key) = match mount {
                    Mount::Cache(cache) => (Some(&cache.target), "target"),
                    Mount::Secret(secret) => (secret.target.as_ref(), "target"),
                    Mount::Bind(bind) => (Some(&bind.target), "target"),
                    Mount::Tmpfs(tmpfs) => (Some(&tmpfs.tmpfs), "tmpfs"),
                    Mount::Ssh(ssh) => (ssh.target.as_ref(), "target"),
                };
                let Some(target) = target.filter(|_| subject.is_read(&place, key)) else {
                    continue;
                };
                let span = subject.below(&place, key);
                let path = plain(target.as_str());
                if path.is_empty() {
                    found.push(
                        Diagnostic::new(Code::InvalidMount, "nothing can be mounted over the root")
                            .label(span, "this place")
                            .help("choose a folder below `/`"),
                    );
                } else if let Some(first) = targets.insert(path, span) {
                    found.push(
                        Diagnostic::new(
                            Code::InvalidMount,
                            format!("two mounts are at `{target}`"),
                        )
                        .label(span, "here again")
                        .label(first, "here first")
                        .help("give one of them another place"),
                    );
                }
            }
        }
    }
}

fn one(subject: &Subject<'_>, place: &[PathSegment], mount: &Mount, found: &mut Vec<Diagnostic>) {
    let mut id = |kind: &str, name: &str, key: &str| {
        let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let is_name = !name.is_empty() && name.chars().all(valid) && !name.starts_with('.');
        if !is_name && subject.is_read(place, key) {
            found.push(
                Diagnostic::new(
                    Code::InvalidName,
                    format!("`{}` cannot be the name of {kind}", name.escape_debug()),
                )
                .label(subject.below(place, key), "this name")
                .help("use letters, digits, `_`, `-` and `.`, the first no `.`"),
            );
        }
    };
    match mount {
        Mount::Cache(cache) => id("a cache", &cache.cache, "cache"),
        Mount::Ssh(ssh) => id("an ssh agent", &ssh.ssh, "ssh"),
        Mount::Secret(secret) => {
            id("a secret", &secret.secret, "secret");
            if let Some(name) = &secret.env {
                if name.is_empty() || name.contains(|c: char| c == '=' || c.is_control()) {
                    found.push(
                        Diagnostic::new(
                            Code::InvalidName,
                            format!("`{}` cannot be a variable's name", name.escape_debug()),
                        )
                        .label(subject.below(place, "env"), "this name")
                        .help("use a name that is not empty, without `=`"),
                    );
                }
                for (key, is_there) in [
                    ("target", secret.target.is_some()),
                    ("mode", secret.mode.is_some()),
                ] {
                    if is_there {
                        found.push(
                            Diagnostic::new(
                                Code::InvalidMount,
                                format!("a secret in a variable has no `{key}`"),
                            )
                            .label(subject.key(place, key), "of no file")
                            .label(subject.key(place, "env"), "a variable")
                            .help(format!("remove `{key}` or `env`")),
                        );
                    }
                }
            }
        }
        Mount::Bind(_) | Mount::Tmpfs(_) => {}
    }
}
