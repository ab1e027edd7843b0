//! What this version can start from.

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::Base;
use crate::validate::Subject;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let base = &subject.recipe.base;
    if *base == Base::Scratch || !subject.is_read(&[], "base") {
        return;
    }
    found.push(
        Diagnostic::error(
            Code::NotCarriedOut,
            format!("base `{base}` is not carried out by this version"),
        )
        .label(subject.value(&["base".into()]), "not `scratch`")
        .help("write `scratch` and install what is needed"),
    );
}
