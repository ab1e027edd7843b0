//! The recipe language: what a user may write, one type per file.
//!
//! A [`Document`] goes in, a [`Recipe`] comes out, with every problem of shape that was met on
//! the way. The types derive `Deserialize` and `JsonSchema` together, so the reader and the
//! editor's schema cannot drift apart; their doc comments are the manual and end up as the
//! descriptions of the schema.
//!
//! What a single value can say about itself is checked here (a mode is a mode); what needs two
//! values to be seen together is checked in [`validate`](crate::validate).
//!
//! [`Document`]: crate::syntax::Document

mod absolute_path;
mod base;
mod command;
mod compression;
mod config;
mod copy;
mod decode;
mod defaults;
mod directory;
mod duration;
mod install;
mod language_version;
mod link;
mod mode;
mod name;
mod network;
mod one_or_many;
mod or_keep;
mod output;
mod owner;
mod package_manager;
mod packages;
mod permissions;
mod port;
mod remove;
mod repository;
mod run;
mod scalar;
mod signal;
mod step;
mod symbolic_mode;
mod tag;
mod text;
mod write;

pub use absolute_path::AbsolutePath;
pub use base::{Base, BaseImage};
pub use command::Command;
pub use compression::Compression;
pub use config::Config;
pub use copy::Copy;
pub use decode::decode;
pub use defaults::Defaults;
pub use directory::Directory;
pub use duration::Duration;
pub use install::Install;
pub use language_version::LanguageVersion;
pub use link::Link;
pub use mode::Mode;
pub use name::Name;
pub use network::Network;
pub use one_or_many::OneOrMany;
pub use or_keep::OrKeep;
pub use output::{Format, Output};
pub use owner::{Owner, Principal};
pub use package_manager::Manager;
pub use packages::{Packages, PackagesStep};
pub use permissions::Permissions;
pub use port::{Port, Protocol};
pub use remove::Remove;
pub use repository::Repository;
pub use run::Run;
pub use scalar::{Scalar, ScalarProblem};
pub use signal::Signal;
pub use step::Step;
pub use symbolic_mode::{Clause, Operator, SymbolicMode};
pub use tag::Tag;
pub use text::Text;
pub use write::Write;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// A recipe: one image, from its base to its configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Version of the recipe language. There is one so far.
    #[serde(default)]
    pub version: LanguageVersion,
    /// Name of the image, without a registry or a tag. Without an output on the command line the
    /// image is written to `oci:out/NAME:TAG`.
    pub name: Name,
    /// What the image is for, in a sentence.
    pub description: Option<String>,
    /// What the root file system starts from: `scratch` is the empty directory.
    pub base: Base,
    /// Packages of the distribution; always the first step.
    pub packages: Option<Packages>,
    /// Values that every `run` takes unless it says otherwise.
    #[serde(default)]
    pub defaults: Defaults,
    /// Changes to the root file system, made in the order in which they are written.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// What the image tells the engine that runs it.
    #[serde(default)]
    pub config: Config,
    /// Annotations of the image's manifest. Numbers and booleans are taken as the text that was
    /// written.
    #[serde(default)]
    pub annotations: BTreeMap<String, Text>,
    /// How the image is written.
    #[serde(default)]
    pub output: Output,
}
