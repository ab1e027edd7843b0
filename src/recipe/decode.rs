//! A document becomes a recipe.

use std::collections::BTreeMap;

use super::{Arg, Platform, Recipe, Template};
use crate::syntax::{self, Decoded, Document, Rewritten};

/// Reads a recipe, as far as its shape lets it, and says everything that is wrong with that.
pub fn decode(document: Document) -> Decoded<Recipe> {
    syntax::decode(document)
}

/// Reads the arguments that a recipe declares, before anything else is read: all other values may
/// depend on them. What is wrong with them is left to [`decode`].
pub fn decode_arguments(document: &Document) -> BTreeMap<String, Arg> {
    document
        .part(&["args".into()])
        .map(|arguments| arguments.rewrite(&mut |_, text, _| unescaped(text)))
        .and_then(|arguments| syntax::decode(arguments).value)
        .unwrap_or_default()
}

/// An argument has no expressions in it, but may have the characters of one.
fn unescaped(text: &str) -> Rewritten {
    let template = Template::parse(text);
    match template.as_ref().and_then(Template::literal) {
        Some(literal) => Rewritten::Text(literal.to_owned()),
        None => Rewritten::Kept,
    }
}

/// Reads the platforms that a recipe is for, on which values may depend. What is wrong with them is
/// left to [`decode`].
pub fn decode_platforms(document: &Document) -> Vec<Platform> {
    document
        .part(&["platforms".into()])
        .and_then(|platforms| syntax::decode(platforms).value)
        .unwrap_or_default()
}
