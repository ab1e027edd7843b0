//! The JSON Schema of recipes, from the types that read them.
//!
//! Editors use it through the copy in `schema/recipe.schema.json`, people read it as `docs/recipe.md`;
//! a test keeps both in step.

mod reference;
mod value_type;

mod refine;

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::recipe::Recipe;

pub use reference::recipe_reference;

/// The schema, as draft 7: the version that all editors read.
pub fn recipe_schema() -> Value {
    let mut schema = SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<Recipe>();
    schema.insert("patternProperties".to_owned(), json!({ "^x-": {} }));
    let mut schema = schema.to_value();
    refine::refine(&mut schema);
    schema
}

/// The schema as text, with a line end.
pub fn recipe_schema_text() -> String {
    format!("{:#}\n", recipe_schema())
}
