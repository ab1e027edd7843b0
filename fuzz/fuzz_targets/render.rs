//! Whatever is said about a text can be shown in every form.
#![no_main]

use std::path::Path;

use onelayer::diagnostic::{TextStyle, to_github, to_gitlab, to_json, to_sarif, to_text};
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
    let files = [(&file, diagnostics.as_slice())];
    let folder = Path::new("/work");
    let shown = [
        to_json(files),
        to_sarif(files, folder, &[]),
        to_gitlab(files, folder),
    ];
    for text in shown {
        let parsed: Result<serde_json::Value, _> = serde_json::from_str(&text);
        assert!(parsed.is_ok(), "{text}");
    }
    // One line each: whatever a recipe says, it cannot give commands to the one who reads this.
    let lines = to_github(files, folder).lines().count();
    assert_eq!(lines, diagnostics.len());
});
