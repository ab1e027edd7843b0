//! Labels and annotations that the OCI image-spec reserves (annotations.md, "Pre-Defined
//! Annotation Keys").

use jiff::Timestamp;

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::recipe::Text;
use crate::syntax::PathSegment;
use crate::validate::Subject;

const RESERVED: &str = "org.opencontainers.";
const PREFIX: &str = "org.opencontainers.image.";
const KEYS: [&str; 14] = [
    "org.opencontainers.image.authors",
    "org.opencontainers.image.base.digest",
    "org.opencontainers.image.base.name",
    "org.opencontainers.image.created",
    "org.opencontainers.image.description",
    "org.opencontainers.image.documentation",
    "org.opencontainers.image.licenses",
    "org.opencontainers.image.ref.name",
    "org.opencontainers.image.revision",
    "org.opencontainers.image.source",
    "org.opencontainers.image.title",
    "org.opencontainers.image.url",
    "org.opencontainers.image.vendor",
    "org.opencontainers.image.version",
];
/// Those whose values are addresses.
const ADDRESSES: [&str; 3] = ["documentation", "source", "url"];

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scope in subject.scopes() {
        let place = scope.at(&["config".into(), "labels".into()]);
        for (name, setting) in &scope.config.labels {
            one(subject, &place, name, setting.text(), found);
        }
    }
    for (name, text) in &subject.recipe.annotations {
        one(subject, &["annotations".into()], name, Some(text), found);
    }
}

/// The key that a name is probably meant to be: one with a slip at its end, or before it.
fn meant(name: &str) -> Option<&'static str> {
    let ends = KEYS.map(|key| key.strip_prefix(PREFIX).unwrap_or(key));
    let index = match name.strip_prefix(PREFIX) {
        Some(end) => ends
            .iter()
            .position(|known| nearest(end, ends) == Some(*known)),
        None => {
            let (before, end) = name.split_at(name.find(".image.").map_or(0, |at| at + 7));
            let is_near = nearest(before, [PREFIX]).is_some();
            ends.iter().position(|known| is_near && *known == end)
        }
    };
    index.map(|index| KEYS[index])
}

fn one(
    subject: &Subject<'_>,
    place: &[PathSegment],
    name: &str,
    value: Option<&Text>,
    found: &mut Vec<Diagnostic>,
) {
    let place = [place, &[name.into()]].concat();
    if !KEYS.contains(&name) {
        let slip = meant(name);
        // Close to a reserved name and not one of them, or in the reserved name space.
        if name.starts_with(RESERVED) || slip.is_some() {
            let help = match slip {
                Some(meant) => format!("write `{meant}` if that is meant"),
                None => "use a name below a domain of your own: `com.example.…`".to_owned(),
            };
            found.push(
                Diagnostic::new(
                    Code::ReservedLabel,
                    format!(
                        "`{}` is no label of the OCI image-spec",
                        name.escape_debug()
                    ),
                )
                .label(subject.document.key_span(&place), "reserved name")
                .help(help),
            );
        }
        return;
    }
    let Some(text) = value.filter(|_| subject.document.is_read(&place)) else {
        return;
    };
    let text = text.as_str();
    let key = name.strip_prefix(PREFIX).unwrap_or(name);
    let help = if key == "created" && text.parse::<Timestamp>().is_err() {
        "write a time as RFC 3339 has it: `2026-01-31T12:00:00Z`"
    } else if ADDRESSES.contains(&key) && !text.contains("://") {
        "write an address: `https://…`"
    } else if key == "base.digest" && !text.starts_with("sha256:") && !text.starts_with("sha512:") {
        "write a digest: `sha256:…`"
    } else {
        return;
    };
    found.push(
        Diagnostic::new(
            Code::ReservedLabel,
            format!("`{}` is not what `{name}` means", text.escape_debug()),
        )
        .label(subject.value(&place), "this value")
        .help(help),
    );
}
