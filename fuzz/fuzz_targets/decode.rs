//! A text to a recipe: a recipe comes out or an error is said, and the same twice.
#![no_main]

use onelayer::diagnostic::Severity;
use onelayer::validate::check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some(file) = onelayer_fuzz::either(bytes) else {
        return;
    };
    let checked = check(&file);
    onelayer_fuzz::assert_sound(&file, &checked.diagnostics);
    let mut errors = (checked.diagnostics.iter()).filter(|found| found.severity == Severity::Error);
    assert_eq!(checked.recipe.is_some(), errors.next().is_none());
    assert!(checked.diagnostics.is_sorted_by_key(|diagnostic| diagnostic.start()));
    assert_eq!(check(&file).diagnostics, checked.diagnostics);
});
