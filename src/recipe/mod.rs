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
mod account_name;
mod accounts;
mod arg;
mod base;
mod capabilities;
mod certificates;
mod check;
mod checksum;
mod command;
mod compression;
mod condition;
mod condition_parser;
mod config;
mod copy;
mod credentials;
mod database;
mod decode;
mod defaults;
mod directory;
mod duration;
mod expect;
mod fetch;
mod file_kind;
mod healthcheck;
mod inherit;
mod install;
mod language_version;
mod limits;
mod link;
mod mode;
mod modules;
mod mount;
mod name;
mod network;
mod one_or_many;
mod or_keep;
mod output;
mod owner;
mod package_manager;
mod packages;
mod permissions;
mod platform;
mod port;
mod reference;
mod remove;
mod repository;
mod run;
mod run_in;
mod scalar;
mod scope;
mod scriptlets;
mod setting;
mod signal;
mod size;
mod source;
mod stage;
mod step;
mod symbolic_mode;
mod tag;
mod template;
mod text;
mod upgrade;
mod write;

pub use absolute_path::AbsolutePath;
pub use account_name::AccountName;
pub use accounts::{Accounts, AccountsStep, Group, User};
pub use arg::Arg;
pub use base::{Base, BaseImage};
pub use capabilities::FileCapabilities;
pub use certificates::Certificates;
pub use check::{AbsentCheck, Check, FileCheck, PackageCheck, RunCheck};
pub use checksum::{ByPlatform, Sha256, Sha512};
pub use command::Command;
pub use compression::Compression;
pub use condition::{Clause as ConditionClause, Condition, Operand};
pub use config::Config;
pub use copy::Copy;
pub use credentials::Credentials;
pub use database::Database;
pub use decode::{decode, decode_arguments, decode_platforms};
pub use defaults::Defaults;
pub use directory::Directory;
pub use duration::Duration;
pub use expect::{Expect, ExpectText};
pub use fetch::Fetch;
pub use file_kind::FileKind;
pub use healthcheck::Healthcheck;
pub use inherit::{ConfigKey, Inherit};
pub use install::Install;
pub use language_version::LanguageVersion;
pub use limits::Limits;
pub use link::Link;
pub use mode::Mode;
pub use modules::Modules;
pub use mount::{BindMount, CacheMount, Mount, SecretMount, SshMount, TmpfsMount};
pub use name::Name;
pub use network::Network;
pub use one_or_many::OneOrMany;
pub use or_keep::OrKeep;
pub use output::{Format, Layers, Output};
pub use owner::{Owner, Principal};
pub use package_manager::Manager;
pub use packages::{Packages, PackagesStep};
pub use permissions::Permissions;
pub use platform::Platform;
pub use port::{Port, Protocol};
pub use reference::{PlatformPart, Reference};
pub use remove::Remove;
pub use repository::Repository;
pub use run::Run;
pub use run_in::RunIn;
pub use scalar::{Scalar, ScalarProblem};
pub use scope::{Scope, scope_path};
pub use scriptlets::Scriptlets;
pub use setting::Setting;
pub use signal::Signal;
pub use size::Size;
pub use source::Source;
pub use stage::Stage;
pub use step::Step;
pub use symbolic_mode::{Clause, Operator, SymbolicMode};
pub use tag::Tag;
pub use template::{Expression, OPEN as EXPRESSION_OPEN, Part, Template};
pub use text::Text;
pub use upgrade::Upgrade;
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
    #[schemars(example = &"Web server of the example")]
    pub description: Option<String>,
    /// Values that whoever builds may choose with `--set NAME=VALUE`; `${{ args.NAME }}` stands for
    /// them in any text.
    #[serde(default)]
    #[schemars(extend("propertyNames" = { "pattern": "^[A-Za-z_][A-Za-z0-9_-]*$" }))]
    pub args: BTreeMap<String, Arg>,
    /// What the root file system starts from: `scratch` is the empty directory.
    pub base: Base,
    /// Platforms that the image is for, that of the machine that builds if none is given.
    #[serde(default)]
    pub platforms: Vec<Platform>,
    /// Packages of the distribution; always the first step.
    pub packages: Option<Packages>,
    /// Further root file systems, by name, that the image or each other start from or copy from.
    #[serde(default)]
    #[schemars(extend("propertyNames" = { "pattern": "^[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*$" }))]
    pub stages: BTreeMap<String, Stage>,
    /// Values that every `run` takes unless it says otherwise.
    #[serde(default)]
    pub defaults: Defaults,
    /// Changes to the root file system, made in the order in which they are written.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// What must hold when the root file system is finished; the image is only written if it does.
    #[serde(default)]
    pub checks: Vec<Check>,
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
    /// What the image may not exceed.
    #[serde(default)]
    pub limits: Limits,
}
