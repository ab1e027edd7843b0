//! What comes from outside is named so exactly that nothing else can come.

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::{Base, Mount, Source, Step};
use crate::source::Span;
use crate::validate::Subject;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scope in subject.scopes() {
        if let Base::Image(image) = scope.base
            && image.digest.is_none()
            && subject.is_read(&scope.path(), "base")
        {
            let span = match subject.document.text(&scope.at(&["base".into()])) {
                Some(_) => subject.below(&scope.path(), "base"),
                None => subject.below(&scope.at(&["base".into()]), "image"),
            };
            found.extend(unpinned(&image.image, span));
        }
        for (index, step) in scope.steps.iter().enumerate() {
            let place = scope.step(index);
            match step {
                Step::Copy(copy) => {
                    if let Some(Source::Image(image)) = &copy.from {
                        found.extend(unpinned(image, subject.below(&place, "from")));
                    }
                }
                Step::Run(run) => {
                    for (number, mount) in run.mounts.iter().enumerate() {
                        if let Mount::Bind(bind) = mount
                            && let Some(Source::Image(image)) = &bind.from
                        {
                            let place =
                                [place.as_slice(), &["mounts".into(), number.into()]].concat();
                            found.extend(unpinned(image, subject.below(&place, "from")));
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

fn unpinned(image: &str, span: Span) -> Option<Diagnostic> {
    // Files beside the recipe change with it.
    let is_local = ["oci:", "oci-archive:", "docker-archive:"]
        .iter()
        .any(|transport| image.starts_with(transport));
    (!is_local && !image.contains("@sha256:") && !image.contains("@sha512:")).then(|| {
        Diagnostic::new(
            Code::UnpinnedImage,
            format!("`{}` may be another image tomorrow", image.escape_debug()),
        )
        .label(span, "no digest")
        .help("add the digest: `NAME:TAG@sha256:…`")
    })
}
