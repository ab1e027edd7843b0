//! What is to be installed.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::{Install, Packages};
use crate::source::Span;
use crate::syntax::PathSegment;
use crate::validate::Subject;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for (path, packages) in subject.packages() {
        names(subject, &path, packages, found);
        let installs = packages
            .install
            .transactions()
            .iter()
            .any(|names| !names.is_empty());
        if installs && packages.repositories.is_empty() && !subject.is_lost(&path, "repositories") {
            found.push(
                Diagnostic::error(Code::NoRepository, "packages are installed from nowhere")
                    .label(subject.key(&path, "install"), "no repository for these")
                    .help("add `repositories`; the host's own are never read"),
            );
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
                    Diagnostic::error(Code::PackageName, message)
                        .label(span, "this name")
                        .help(help),
                );
            } else if let Some(first) = seen.insert(name, span) {
                found.push(
                    Diagnostic::error(
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
