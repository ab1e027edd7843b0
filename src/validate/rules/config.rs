//! What the image says about itself.

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::{Base, Format, Inherit};
use crate::syntax::PathSegment;
use crate::validate::Subject;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let is_docker = subject.recipe.output.format == Format::Docker
        || subject.is_lost(&["output".into()], "format");
    for scope in subject.scopes() {
        let place = scope.at(&["config".into()]);
        if scope.config.healthcheck.is_some() && !is_docker {
            found.push(
                Diagnostic::new(
                    Code::UnusedValue,
                    "images in OCI format have no health check",
                )
                .label(subject.key(&place, "healthcheck"), "without effect")
                .help("write `output: {format: docker}`, or remove it"),
            );
        }
        if *scope.base == Base::Scratch
            && scope.config.inherit != Inherit::All
            && subject.is_read(&scope.path(), "base")
        {
            found.push(
                Diagnostic::new(Code::UnusedValue, "`scratch` has nothing to inherit")
                    .label(subject.key(&place, "inherit"), "without effect")
                    .help("remove it, or start from another base"),
            );
        }
    }
    if is_docker
        && !subject.recipe.annotations.is_empty()
        && !subject.is_lost(&["output".into()], "format")
    {
        found.push(
            Diagnostic::new(
                Code::UnusedValue,
                "images in docker's format have no annotations",
            )
            .label(subject.key(&[], "annotations"), "without effect")
            .help("write `config: {labels: …}` instead, or `output: {format: oci}`"),
        );
    }
    if let Some(platform) = subject.values.platform()
        && !subject.recipe.platforms.is_empty()
        && !subject.recipe.platforms.contains(platform)
        && !subject.is_lost(&[], "platforms")
    {
        found.push(
            Diagnostic::new(
                Code::InvalidValue,
                format!("the recipe is not for `{platform}`"),
            )
            .label(subject.key(&[], "platforms"), "not among these")
            .help("add it to `platforms`, or choose one of them with `--platform`"),
        );
    }
    twice(
        subject,
        &["platforms".into()],
        &subject.recipe.platforms,
        found,
    );
    let tags = &subject.recipe.output.tags;
    twice(subject, &["output".into(), "tags".into()], tags, found);
}

/// Items that stand twice in a list.
fn twice<T: ToString>(
    subject: &Subject<'_>,
    place: &[PathSegment],
    items: &[T],
    found: &mut Vec<Diagnostic>,
) {
    let texts: Vec<String> = items.iter().map(ToString::to_string).collect();
    for (index, text) in texts.iter().enumerate() {
        if let Some(first) = texts[..index].iter().position(|earlier| earlier == text) {
            let at = |index: usize| subject.value(&[place, &[index.into()]].concat());
            found.push(
                Diagnostic::new(Code::RepeatedItem, format!("`{text}` stands twice"))
                    .label(at(index), "here again")
                    .label(at(first), "here first")
                    .help("remove one of the two"),
            );
        }
    }
}
