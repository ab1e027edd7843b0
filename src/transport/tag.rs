//! Names of images in a layout.

/// Longest tag that registries take (distribution-spec, "Pulling manifests").
const LONGEST: usize = 128;

/// Whether `text` can be a tag: letters, digits, `_`, `.` and `-`, the first one no `.` or `-`.
/// Registries take no other (distribution-spec, "Pulling manifests").
pub fn is_tag(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.len() <= LONGEST
        && text.starts_with(word)
        && text.chars().all(|c| word(c) || matches!(c, '.' | '-'))
}
