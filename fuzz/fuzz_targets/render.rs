//! Whatever is said about a text can be shown in every form.
#![no_main]

use onelayer::diagnostic::{TextStyle, to_json, to_text};
use onelayer::validate::check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some(file) = onelayer_fuzz::either(bytes) else {
        return;
    };
    let diagnostics = check(&file).diagnostics;
    for (colour, graphics) in [(false, false), (false, true), (true, false), (true, true)] {
        let text = to_text(&file, &diagnostics, TextStyle { colour, graphics });
        assert_eq!(text.is_empty(), diagnostics.is_empty());
    }
    let json = to_json([(&file, diagnostics.as_slice())]);
    assert!(json.starts_with('{') && json.ends_with("}\n"));
});
