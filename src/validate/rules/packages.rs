//! What is to be installed.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::{Install, Manager, Packages, Upgrade};
use crate::source::Span;
use crate::syntax::PathSegment;
use crate::validate::Subject;
use crate::validate::sketch::installs;

/// The option that `languages` stands for.
const LANGUAGES: &str = "override_install_langs";

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for (path, packages) in subject.packages() {
        names(subject, &path, packages, found);
        other_names(subject, &path, packages, found);
        let by_name = packages
            .install
            .transactions()
            .iter()
            .any(|names| !names.is_empty());
        let no_repository =
            packages.repositories.is_empty() && packages.repository_files.is_empty();
        let lost = |key| subject.is_lost(&path, key);
        if by_name && no_repository && !lost("repositories") && !lost("repository_files") {
            found.push(
                Diagnostic::new(Code::NoRepository, "packages are installed from nowhere")
                    .label(subject.key(&path, "install"), "no repository for these")
                    .help("add `repositories`; the host's own are never read"),
            );
        }
        weak_dependencies(subject, &path, packages, found);
        if packages.languages.is_some() && packages.setopts.contains_key(LANGUAGES) {
            let setopts = [path.as_slice(), &["setopts".into()]].concat();
            found.push(
                Diagnostic::new(Code::UnusedValue, "`languages` says the same and wins")
                    .label(subject.key(&setopts, LANGUAGES), "without effect")
                    .label(subject.key(&path, "languages"), "this is used")
                    .help("remove one of the two"),
            );
        }
    }
}

/// Weak dependencies are installed unless something is said about them, which few want.
fn weak_dependencies(
    subject: &Subject<'_>,
    path: &[PathSegment],
    packages: &Packages,
    found: &mut Vec<Diagnostic>,
) {
    const OPTION: &str = "install_weak_deps";
    if installs(packages)
        && packages.manager == Manager::Dnf
        && !packages.setopts.contains_key(OPTION)
        && !["setopts", "manager"]
            .into_iter()
            .any(|key| subject.is_lost(path, key))
    {
        found.push(
            Diagnostic::new(
                Code::WeakDependencies,
                "packages that are only recommended are installed too",
            )
            .label(subject.document.key_span(path), "by default")
            .help("add `install_weak_deps: false` to `setopts`, or `true` if they are wanted"),
        );
    }
}

/// Lists of names beside `install`.
fn other_names(
    subject: &Subject<'_>,
    path: &[PathSegment],
    packages: &Packages,
    found: &mut Vec<Diagnostic>,
) {
    let upgrade: &[String] = match &packages.upgrade {
        Upgrade::Names(names) => names,
        Upgrade::All(_) => &[],
    };
    for (key, names) in [
        ("groups", packages.groups.as_slice()),
        ("upgrade", upgrade),
        ("reinstall", &packages.reinstall),
        ("remove", &packages.remove),
        ("exclude", &packages.exclude),
    ] {
        for (index, name) in names.iter().enumerate() {
            if let Some((message, help)) = refusal(name) {
                let place = [path, &[key.into(), index.into()]].concat();
                found.push(
                    Diagnostic::new(Code::PackageName, message)
                        .label(subject.value(&place), "this name")
                        .help(help),
                );
            }
        }
    }
}

fn names(
    subject: &Subject<'_>,
    path: &[PathSegment],
    packages: &Packages,
    found: &mut Vec<Diagnostic>,
) {
    let nested = matches!(packages.install, Install::InTurn(_));
    for (turn, names) in packages.install.transactions().iter().enumerate() {
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for (index, name) in names.iter().enumerate() {
            let mut place = path.to_vec();
            place.push("install".into());
            if nested {
                place.push(turn.into());
            }
            place.push(index.into());
            let span = subject.value(&place);
            if let Some((message, help)) = refusal(name) {
                found.push(
                    Diagnostic::new(Code::PackageName, message)
                        .label(span, "this name")
                        .help(help),
                );
            } else if let Some(first) = seen.insert(name, span) {
                found.push(
                    Diagnostic::new(
                        Code::RepeatedPackage,
                        format!("package `{name}` stands twice in one transaction"),
                    )
                    .label(span, "here again")
                    .label(first, "here first")
                    .help("remove one of the two"),
                );
            }
        }
    }
}

fn refusal(name: &str) -> Option<(String, &'static str)> {
    if name.trim().is_empty() {
        Some(("a package has no name".to_owned(), "remove the item"))
    } else if name.starts_with('-') {
        Some((
            format!("`{}` would be taken for an option", name.escape_debug()),
            "write a package; options of the manager belong in `setopts`",
        ))
    } else if name.chars().any(char::is_control) {
        Some((
            format!("`{}` holds a control character", name.escape_debug()),
            "write one package per item",
        ))
    } else {
        None
    }
}
