//! Where packages come from.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::Repository;
use crate::source::Span;
use crate::syntax::PathSegment;
use crate::validate::Subject;

/// Options of a `.repo` file that have keys of their own, which say more about them.
const OWN_KEYS: [&str; 14] = [
    "baseurl",
    "excludepkgs",
    "gpgcheck",
    "gpgkey",
    "includepkgs",
    "metalink",
    "mirrorlist",
    "module_hotfixes",
    "name",
    "priority",
    "repo_gpgcheck",
    "sslcacert",
    "sslclientcert",
    "sslclientkey",
];

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for (path, packages) in subject.packages() {
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for (index, repository) in packages.repositories.iter().enumerate() {
            let mut place = path.clone();
            place.extend(["repositories".into(), index.into()]);
            one(subject, &place, repository, found);
            let span = subject.below(&place, "id");
            if !subject.is_read(&place, "id") {
                continue;
            }
            if let Some(first) = seen.insert(&repository.id, span) {
                found.push(
                    Diagnostic::new(
                        Code::DuplicateRepository,
                        format!("repository `{}` stands twice", repository.id.escape_debug()),
                    )
                    .label(span, "here again")
                    .label(first, "here first")
                    .help("give one of them another id"),
                );
            }
        }
    }
}

fn one(
    subject: &Subject<'_>,
    path: &[PathSegment],
    repository: &Repository,
    found: &mut Vec<Diagnostic>,
) {
    let id = repository.id.escape_debug();
    let has_id = subject.is_read(path, "id");
    let title = if has_id {
        format!("repository `{id}`")
    } else {
        "the repository".to_owned()
    };
    let lost = |key| subject.is_lost(path, key);
    let span = subject.below(path, "id");
    if has_id && !is_id(&repository.id) {
        found.push(
            Diagnostic::new(Code::InvalidRepository, format!("`{id}` cannot be an id"))
                .label(span, "this id")
                .help("use letters, digits, `-`, `_`, `.` and `:`"),
        );
    }
    let has_address = repository.baseurl.is_some()
        || repository.mirrorlist.is_some()
        || repository.metalink.is_some()
        || ["baseurl", "mirrorlist", "metalink"].into_iter().any(lost);
    if !has_address {
        found.push(
            Diagnostic::new(Code::InvalidRepository, format!("{title} has no address"))
                .label(span, "this repository")
                .help("add `baseurl`, `mirrorlist` or `metalink`"),
        );
    }
    if !repository.gpgcheck {
        found.push(
            Diagnostic::new(
                Code::UncheckedSignatures,
                format!("signatures of packages from {title} are not checked"),
            )
            .label(subject.below(path, "gpgcheck"), "switched off")
            .help("name the key in `gpgkey` and remove `gpgcheck: false`"),
        );
    } else if repository.gpgkey.is_none() && !lost("gpgkey") && !lost("gpgcheck") {
        found.push(
            Diagnostic::new(Code::MissingKeyFile, format!("{title} has no key"))
                .label(span, "this repository")
                .help("add `gpgkey` with the file or address of the key that signs its packages"),
        );
    }
    options(subject, path, repository, found);
}

fn options(
    subject: &Subject<'_>,
    path: &[PathSegment],
    repository: &Repository,
    found: &mut Vec<Diagnostic>,
) {
    for name in repository.options.keys() {
        let shown = name.escape_debug();
        let (message, help) = if OWN_KEYS.contains(&name.as_str()) {
            (
                format!("option `{shown}` has a key of its own"),
                format!("write `{shown}` beside `options`"),
            )
        } else if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') || name.is_empty() {
            (
                format!("`{shown}` cannot be an option"),
                "write an option of dnf.conf(5)".to_owned(),
            )
        } else {
            continue;
        };
        let place = [path, &["options".into(), name.as_str().into()]].concat();
        found.push(
            Diagnostic::new(Code::InvalidRepository, message)
                .label(subject.document.key_span(&place), "this option")
                .help(help),
        );
    }
}

fn is_id(text: &str) -> bool {
    let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '-');
    !text.is_empty() && text.chars().all(valid)
}
