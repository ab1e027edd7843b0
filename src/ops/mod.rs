//! One file per operation; each reads like the pipeline.
//!
//! This is the only module that sees both halves, and the only one that knows the order.

mod bring;
mod build;
mod cache;
mod carry;
mod context;
mod convert;
mod copy;
mod diagnosis;
mod emulation;
mod error;
mod find;
mod format;
mod images;
mod init;
mod inspect;
mod kept_layers;
mod load;
mod plan;
mod publish;
mod recipes;
mod registries;
mod replace;
mod secrets;
mod shell;

pub use build::{BuildOptions, Built, BuiltImage, BuiltLayer, build};
pub use cache::{CacheEntry, CacheReport, Pruning, cache_list, cache_prune, cache_verify};
pub use convert::{Converted, convert};
pub use copy::{Copied, Selection, copy};
pub use diagnosis::{Diagnosis, Outlook, diagnose};
pub use error::{Error, ErrorKind};
pub use find::recipes;
pub use format::{Formatted, format, format_source};
pub use init::{Initialised, init};
pub use inspect::{Inspection, inspect};
pub use load::{RecipeChoice, load, load_from, may_run_commands, validate};
pub use plan::{Planned, plan, plan_all};
pub use registries::{Registries, Tags};
pub use secrets::{SecretError, SecretPlace, SecretSource};
pub use shell::shell;
