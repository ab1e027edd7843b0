//! A text to a recipe, with and without values for its arguments: a recipe comes out or an error is
//! said, and the same twice.
#![no_main]

use onelayer::diagnostic::Severity;
use onelayer::source::SourceFile;
use onelayer::validate::{Checked, check, resolve};

/// Whether there are errors in what was said.
fn examine(file: &SourceFile, checked: &Checked) -> bool {
    onelayer_fuzz::assert_sound(file, &checked.diagnostics);
    assert!(
        checked
            .diagnostics
            .is_sorted_by_key(|diagnostic| diagnostic.start())
    );
    (checked.diagnostics.iter()).any(|found| found.severity == Severity::Error)
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some(file) = onelayer_fuzz::either(bytes) else {
        return;
    };
    // Without values it may stay open whether there is a recipe.
    let open = check(&file);
    assert!(!(examine(&file, &open) && open.recipe.is_some()));
    assert_eq!(check(&file).diagnostics, open.diagnostics);
    let resolved = resolve(&file, &onelayer_fuzz::settings());
    assert_eq!(examine(&file, &resolved), resolved.recipe.is_none());
});
