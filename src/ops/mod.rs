//! One file per operation; each reads like the pipeline.
//!
//! This is the only module that sees both halves, and the only one that knows the order.

mod build;
mod context;
mod error;
mod find;
mod inspect;
mod load;
mod plan;

pub use build::{BuildOptions, Built, build};
pub use error::{Error, ErrorKind};
pub use find::recipes;
pub use inspect::{Inspection, inspect};
pub use load::{RecipeLocation, load, load_from, validate};
pub use plan::{Planned, plan};
