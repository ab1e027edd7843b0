//! TOML to a document: every value and key has a place in the text.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some(file) = onelayer_fuzz::file("recipe.toml", bytes) {
        onelayer_fuzz::read(&file);
    }
});
