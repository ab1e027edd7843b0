//! What the types of a recipe cannot say: what its expressions stand for, and rules that need
//! several values.
//!
//! A [`SourceFile`] goes in; a [`ValidRecipe`] comes out unless there is an error, and in any case
//! everything that is to be said about the text. [`check`] looks at the text alone: a value that
//! only whoever builds can choose is left open, and nothing that depends on it is judged.
//! [`resolve`] knows what was chosen. Nothing here looks at a disk.

mod allow;
mod expand;
mod rules;
mod settings;
mod sketch;
mod subject;
mod unsupported;
mod valid_recipe;
mod values;

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic, Severity, sort};
use crate::recipe::{self, Platform};
use crate::source::{SourceFile, Span};
use crate::syntax::Document;

pub use crate::syntax::PathSegment;
pub use settings::Settings;
use subject::Subject;
pub use unsupported::not_carried_out;
pub use valid_recipe::ValidRecipe;
use values::Values;

/// The outcome of [`check`] and [`resolve`].
#[derive(Debug, Clone)]
pub struct Checked {
    /// The recipe, unless one of the diagnostics is an error or a value is left open.
    pub recipe: Option<ValidRecipe>,
    /// Images and other recipes whose environment must be read before there is a recipe, with the
    /// places that name them:
    /// [`Settings::environments`] takes them.
    pub wanted: BTreeMap<String, Span>,
    /// The platform that the image is for, once that is known.
    pub platform: Option<Platform>,
    /// Errors, warnings and advice in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a recipe and says everything that is wrong with it, whatever its arguments and platform
/// will be.
pub fn check(file: &SourceFile) -> Checked {
    examine(file, None)
}

/// Reads a recipe with the values that were chosen and says everything that is wrong with it; a
/// value that is missing is an error.
pub fn resolve(file: &SourceFile, settings: &Settings) -> Checked {
    examine(file, Some(settings))
}

fn examine(file: &SourceFile, settings: Option<&Settings>) -> Checked {
    let (document, mut diagnostics) = Document::parse(file);
    let mut valid = None;
    let (mut wanted, mut platform) = (BTreeMap::new(), None);
    if let Some(document) = document {
        let declared = recipe::decode_arguments(&document);
        let mut values = Values::new(&document, declared, settings);
        if let Some(settings) = settings {
            // The list of platforms may have arguments in it.
            let draft = expand::expand(&document, &values, file);
            let named = recipe::decode_platforms(&draft.document);
            values = values.on(settings.platform(&named));
        }
        let expanded = expand::expand(&document, &values, file);
        diagnostics.extend(expanded.diagnostics);
        let decoded = recipe::decode(expanded.document);
        diagnostics.extend(decoded.diagnostics);
        let document = decoded.document;
        if let Some(recipe) = decoded.value {
            let subject = Subject {
                recipe: &recipe,
                document: &document,
                values: &values,
                used: &expanded.used,
                is_final: settings.is_some(),
                file,
            };
            if recipe.stages.len() > MOST_STAGES {
                diagnostics.push(too_many_stages(&document));
            } else {
                diagnostics.extend(rules::apply(&subject));
            }
            wanted = (values.wanted().into_iter())
                .map(|(name, stage)| (name, base_span(&document, stage)))
                .collect();
            platform = values.platform().cloned();
            let is_open = expanded.open.is_some() || !wanted.is_empty();
            valid = (!is_open).then(|| ValidRecipe::new(recipe, document.clone(), values));
        }
        if let Some(place) = expanded.open.filter(|_| settings.is_some())
            && wanted.is_empty()
            && !has_error(&diagnostics)
        {
            diagnostics.push(never_known(place));
        }
        allow::apply(
            file,
            document.layout(),
            expanded.open.is_some(),
            &mut diagnostics,
        );
    }
    limit(&mut diagnostics);
    sort(&mut diagnostics);
    let rejected = has_error(&diagnostics);
    Checked {
        recipe: valid.filter(|_| !rejected),
        wanted,
        platform,
        diagnostics,
    }
}

/// Where the base of a stage, or of the image itself, stands.
fn base_span(document: &Document, stage: Option<String>) -> Span {
    match stage {
        Some(stage) => {
            document.value_span(&["stages".into(), stage.as_str().into(), "base".into()])
        }
        None => document.value_span(&["base".into()]),
    }
}

fn has_error(diagnostics: &[Diagnostic]) -> bool {
    (diagnostics.iter()).any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// Everything is chosen, and yet the value waits, for what itself waits for it: as the stages do
/// when they are to come from a variable of one of them.
fn never_known(place: Span) -> Diagnostic {
    Diagnostic::new(
        Code::InvalidExpression,
        "the value of this expression depends on itself",
    )
    .label(place, "this expression")
    .help("write the value itself, or choose it with an argument")
}

/// Most stages of a recipe: each may be made from the one before it, and all of them are followed.
const MOST_STAGES: usize = 256;

fn too_many_stages(document: &Document) -> Diagnostic {
    Diagnostic::new(Code::Budget, "the recipe has too many stages")
        .label(document.key_span(&["stages".into()]), "limit reached here")
        .help(format!("keep below {MOST_STAGES} stages"))
}

/// Keeps the gravest of too many diagnostics: nobody reads them all in one go.
fn limit(diagnostics: &mut Vec<Diagnostic>) {
    const MOST: usize = 200;
    if diagnostics.len() > MOST {
        sort(diagnostics);
        diagnostics.sort_by_key(|diagnostic| diagnostic.severity);
        diagnostics.truncate(MOST);
    }
}
