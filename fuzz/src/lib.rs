//! What all fuzz targets hold true of every text, and what they do with it.

mod carried_out;
mod inputs;
mod parts;
mod tree;

use std::collections::BTreeMap;

use onelayer::diagnostic::Diagnostic;
use onelayer::source::{SourceFile, Span};
use onelayer::validate::Settings;

pub use carried_out::{Workplace, content};
pub use inputs::Invented;
pub use parts::{parts, with_tar_checksums};
pub use tree::Tree;

const MACHINE: &str = "linux/amd64";

/// Nothing chosen, on an ordinary machine.
pub fn settings() -> Settings {
    Settings {
        arguments: BTreeMap::new(),
        environments: BTreeMap::new(),
        target: None,
        platform: None,
        machine: MACHINE.parse().expect("it is a platform"),
    }
}

/// The bytes as a recipe's file, if they are text.
pub fn file(name: &str, bytes: &[u8]) -> Option<SourceFile> {
    std::str::from_utf8(bytes)
        .ok()
        .map(|text| SourceFile::new(name, text))
}

/// The bytes as a recipe's file, the first of them deciding on the format.
pub fn either(bytes: &[u8]) -> Option<SourceFile> {
    let (first, text) = bytes.split_first()?;
    let name = if first % 4 == 0 {
        "recipe.toml"
    } else {
        "recipe.yaml"
    };
    file(name, text)
}

/// A place lies within the text, on whole characters.
pub fn assert_within(file: &SourceFile, span: Span) {
    assert!(
        file.text().get(span.range()).is_some(),
        "{span:?} of {}",
        file.text().len()
    );
}

/// Every diagnostic says what, where and, in one line each, no more.
pub fn assert_sound(file: &SourceFile, diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        assert!(!diagnostic.message.is_empty());
        assert!(
            !diagnostic.message.contains('\n'),
            "{:?}",
            diagnostic.message
        );
        assert!(!diagnostic.labels.is_empty(), "{diagnostic:?}");
        for label in &diagnostic.labels {
            assert_within(file, label.span);
        }
    }
}

/// Reads a document and asks for the place of every value and key in it.
pub fn read(file: &SourceFile) {
    let (document, diagnostics) = onelayer::syntax::Document::parse(file);
    assert_sound(file, &diagnostics);
    let Some(document) = document else {
        assert!(!diagnostics.is_empty(), "neither a document nor a reason");
        return;
    };
    let decoded = onelayer::syntax::decode::<Tree>(document);
    assert_sound(file, &decoded.diagnostics);
    if let Some(tree) = &decoded.value {
        tree.paths(&mut |path| {
            assert_within(file, decoded.document.value_span(path));
            assert_within(file, decoded.document.key_span(path));
        });
    }
}
