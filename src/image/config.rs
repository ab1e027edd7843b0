//! What an image says about how to run it.

use std::collections::{BTreeMap, BTreeSet};

use oci_spec::image as spec;
use serde::Serialize;

use super::descriptor::sorted;
use super::healthcheck::Healthcheck;

/// What an image runs on, in the words of Go's `GOOS` and `GOARCH`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Platform {
    /// As `linux`.
    pub os: String,
    /// As `amd64`.
    pub architecture: String,
    /// As `v7`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

impl std::fmt::Display for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

/// The `config` object of an image configuration: defaults for running it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Config {
    /// User, and group after a colon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// As `8080/tcp`.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub exposed_ports: BTreeSet<String>,
    /// Environment by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// The program and its first arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrypoint: Option<Vec<String>>,
    /// The arguments behind, or the program if there is no entrypoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cmd: Option<Vec<String>>,
    /// Directories that hold data of the container.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub volumes: BTreeSet<String>,
    /// Working directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<String>,
    /// Free text by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// As `SIGTERM`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_signal: Option<String>,
    /// How an engine finds out whether a container is well; written in docker's format alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<Healthcheck>,
}

impl Config {
    pub(super) fn from_spec(config: &spec::Config) -> Self {
        let set = |list: &Option<Vec<String>>| list.iter().flatten().cloned().collect();
        Self {
            user: filled(config.user()),
            exposed_ports: set(config.exposed_ports()),
            env: config
                .env()
                .iter()
                .flatten()
                .map(|variable| variable.split_once('=').unwrap_or((variable, "")))
                // Nothing can be given to a program by these.
                .filter(|(name, value)| {
                    !name.is_empty() && !(*name).contains('\0') && !value.contains('\0')
                })
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            entrypoint: config.entrypoint().clone(),
            cmd: config.cmd().clone(),
            volumes: set(config.volumes()),
            working_dir: filled(config.working_dir()),
            labels: sorted(config.labels().as_ref()),
            stop_signal: filled(config.stop_signal()),
            // Not in the specification's types.
            healthcheck: None,
        }
    }

    pub(super) fn to_spec(&self) -> spec::Config {
        let list = |set: &BTreeSet<String>| {
            let list: Vec<String> = set.iter().cloned().collect();
            (!list.is_empty()).then_some(list)
        };
        let env = self
            .env
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let mut config = spec::Config::default();
        config.set_user(self.user.clone());
        config.set_exposed_ports(list(&self.exposed_ports));
        config.set_env((!self.env.is_empty()).then(|| env.collect()));
        config.set_entrypoint(self.entrypoint.clone());
        config.set_cmd(self.cmd.clone());
        config.set_volumes(list(&self.volumes));
        config.set_working_dir(self.working_dir.clone());
        config.set_labels(
            (!self.labels.is_empty()).then(|| self.labels.clone().into_iter().collect()),
        );
        config.set_stop_signal(self.stop_signal.clone());
        config
    }
}

/// Go tools write an empty text for what is not set.
fn filled(text: &Option<String>) -> Option<String> {
    text.clone().filter(|text| !text.is_empty())
}
