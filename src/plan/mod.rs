//! From a valid recipe to a [`Plan`]: ordered, fully resolved steps with their keys.
//!
//! Comes in: a [`ValidRecipe`](crate::validate::ValidRecipe) and answers to the few questions that
//! planning has for the disk ([`Inputs`]). Goes out: everything that execution needs and nothing
//! else; no span, no relative path that is still to be found, no default that is still to be
//! applied. Planning is pure: equal recipe and equal inputs give an equal plan, byte for byte.

mod accounts;
mod action;
mod actions;
mod base;
mod certificates;
mod check;
mod copy;
mod embedding;
mod fetch;
mod image;
mod inheritance;
mod inputs;
mod installation;
mod key;
mod mermaid;
mod mount;
mod origin;
mod packages;
mod path;
mod planner;
mod problem;
mod step;
mod text;

pub use accounts::{AccountsAction, GroupAction, UserAction};
pub use action::{
    Action, DirectoryAction, LinkAction, PermissionsAction, RemoveAction, RunAction, WriteAction,
};
pub use actions::RUN_ENVIRONMENT;
pub use base::{
    InputImage, InputRecipe, PlannedBase, PlannedImage, PlannedLayer, PlannedRootfs, RootfsKind,
};
pub use certificates::{CertificateFile, CertificatesAction};
pub use check::{CheckKind, PlannedCheck};
pub use copy::{CopyAction, CopyEntry, CopyFromAction, CopyKind};
pub use fetch::FetchAction;
pub use image::{HealthcheckSettings, HostPlatform, ImageSettings, LimitSettings, OutputSettings};
pub use inputs::{InputEntry, InputError, InputFile, InputKind, InputSource, Inputs};
pub use key::StepKey;
pub use mount::MountAction;
pub use origin::Origin;
pub use packages::{
    ManagerPlace, PackageChanges, PackagesAction, Repository, RepositoryKey, RepositoryLocation,
};
pub use path::BytePath;
pub use planner::plan;
pub use step::{Plan, PlannedStage, PlannedStep, SkippedStep};

pub use crate::digest::Checksum;
pub use crate::recipe::{
    ExpectText, FileCapabilities, FileKind, Mode, Network, OrKeep, Owner, Principal,
};
