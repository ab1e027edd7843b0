//! A text in the project's layout and in the other notation: it says the same, and what is laid out
//! stays.
#![no_main]

use onelayer::source::SourceFile;
use onelayer::syntax::{Document, Notation, comments, convert, format};

fn document(text: &str, notation: Notation) -> Option<Document> {
    Document::parse_as(&SourceFile::new("x", text), notation).0
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some(file) = onelayer_fuzz::either(bytes) else {
        return;
    };
    let notation = Notation::of(file.name());
    let formatted = match format(&file, notation) {
        Ok(formatted) => formatted,
        Err(diagnostics) => {
            assert!(!diagnostics.is_empty());
            return onelayer_fuzz::assert_sound(&file, &diagnostics);
        }
    };
    let before = document(file.text(), notation).expect("it was read");
    let after = document(&formatted.text, notation).expect("it can be read");
    assert!(after.equals(&before));
    assert_eq!(
        comments(&formatted.text, notation),
        comments(file.text(), notation)
    );
    let again = format(&SourceFile::new("x", formatted.text.as_str()), notation);
    assert_eq!(again.as_ref(), Ok(&formatted));
    let other = match notation {
        Notation::Yaml => Notation::Toml,
        Notation::Toml => Notation::Yaml,
    };
    if let Ok(converted) = convert(&before, other, None) {
        assert!(document(&converted, other).is_some());
    }
});
