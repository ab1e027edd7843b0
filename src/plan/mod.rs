//! From a valid recipe to a [`Plan`]: ordered, fully resolved steps with their keys.
//!
//! Comes in: a [`ValidRecipe`](crate::validate::ValidRecipe) and answers to the few questions that
//! planning has for the disk ([`Inputs`]). Goes out: everything that execution needs and nothing
//! else; no span, no relative path that is still to be found, no default that is still to be
//! applied. Planning is pure: equal recipe and equal inputs give an equal plan, byte for byte.

mod action;
mod copy;
mod image;
mod inputs;
mod key;
mod packages;
mod path;
mod planner;
mod problem;
mod step;
mod text;

pub use action::{
    Action, DirectoryAction, LinkAction, PermissionsAction, RemoveAction, RunAction, WriteAction,
};
pub use copy::{CopyAction, CopyEntry, CopyKind};
pub use image::{HostPlatform, ImageSettings, OutputSettings};
pub use inputs::{InputEntry, InputError, InputKind, InputSource, Inputs};
pub use key::StepKey;
pub use packages::{PackagesAction, Repository, RepositoryKey, RepositoryLocation};
pub use path::BytePath;
pub use planner::plan;
pub use step::{Plan, PlannedStep};

pub use crate::recipe::{Mode, Network, Owner, Principal};
