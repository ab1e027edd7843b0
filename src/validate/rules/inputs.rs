//! Inputs stay within the context.

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::{Mount, OneOrMany, Step};
use crate::syntax::PathSegment;
use crate::validate::Subject;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scope in subject.scopes() {
        for (index, step) in scope.steps.iter().enumerate() {
            let place = scope.step(index);
            match step {
                Step::Copy(copy) if copy.from.is_none() && !subject.is_lost(&place, "from") => {
                    sources(subject, &copy.copy, &place, "copy", found);
                }
                Step::Certificates(step) => {
                    sources(subject, &step.certificates, &place, "certificates", found);
                }
                Step::Run(run) => {
                    for (number, mount) in run.mounts.iter().enumerate() {
                        if let Mount::Bind(bind) = mount
                            && bind.from.is_none()
                        {
                            let below: [PathSegment; 3] =
                                ["mounts".into(), number.into(), "bind".into()];
                            one(
                                subject,
                                &bind.bind,
                                &[place.as_slice(), &below].concat(),
                                found,
                            );
                        }
                    }
                }
                _ => {}
            }
        }
    }
    for (place, packages) in subject.packages() {
        for (key, paths) in [
            ("local", &packages.local),
            ("repository_files", &packages.repository_files),
        ] {
            for (index, path) in paths.iter().enumerate() {
                let below: [PathSegment; 2] = [key.into(), index.into()];
                one(subject, path, &[place.as_slice(), &below].concat(), found);
            }
        }
    }
}

fn sources(
    subject: &Subject<'_>,
    paths: &OneOrMany<String>,
    place: &[PathSegment],
    key: &str,
    found: &mut Vec<Diagnostic>,
) {
    for (place, path) in paths.places(&[place, &[key.into()]].concat()) {
        one(subject, path, &place, found);
    }
}

fn one(subject: &Subject<'_>, source: &str, place: &[PathSegment], found: &mut Vec<Diagnostic>) {
    let shown = source.escape_debug();
    let (message, help) = if source.starts_with('/') {
        let help = "write the path from the context on; `--context` chooses another folder";
        (format!("source `{shown}` is absolute"), help)
    } else if source.split('/').any(|name| name == "..") {
        let help = "move it into the context, or choose a folder above with `--context`";
        (format!("source `{shown}` leads out of the context"), help)
    } else {
        return;
    };
    found.push(
        Diagnostic::new(Code::InputOutside, message)
            .label(subject.value(place), "this source")
            .help(help),
    );
}
