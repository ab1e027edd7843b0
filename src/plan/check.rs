//! What must hold when a root is finished, resolved.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::recipe::{Check, Command, ExpectText, FileKind, Text};

use super::actions::PATH;
use super::packages::text_map;
use super::{FileCapabilities, ImageSettings, Mode, Owner};

/// Something that must hold. Serialises with a `kind`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedCheck {
    /// The title that the recipe gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What is looked at.
    #[serde(flatten)]
    pub kind: CheckKind,
}

/// What a check looks at.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CheckKind {
    /// A command.
    Run {
        /// Program and arguments; a script is the last argument of its shell.
        command: Vec<String>,
        /// The whole environment, but for the `HOME` that the root's user has.
        env: BTreeMap<String, String>,
        /// `NAME[:GROUP]` or ids, resolved in the root.
        user: String,
        /// Absolute path in the root.
        workdir: String,
        /// What it reads.
        stdin: String,
        /// Exit status that it must have.
        exit: u8,
        /// What standard output must be like.
        #[serde(skip_serializing_if = "Option::is_none")]
        stdout: Option<ExpectText>,
        /// What standard error must be like.
        #[serde(skip_serializing_if = "Option::is_none")]
        stderr: Option<ExpectText>,
    },
    /// A path that must be there.
    File {
        /// Absolute path in the root.
        path: String,
        /// What it must be.
        #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
        kind: Option<FileKind>,
        /// Mode that it must have.
        #[serde(skip_serializing_if = "Option::is_none")]
        mode: Option<Mode>,
        /// Owner that it must have.
        #[serde(skip_serializing_if = "Option::is_none")]
        owner: Option<Owner>,
        /// Texts that it must hold.
        contains: Vec<String>,
        /// Whether somebody must be able to execute it, or nobody.
        #[serde(skip_serializing_if = "Option::is_none")]
        executable: Option<bool>,
        /// Capabilities that it must have.
        #[serde(skip_serializing_if = "Option::is_none")]
        capabilities: Option<FileCapabilities>,
    },
    /// Paths that must not be there.
    Absent {
        /// Absolute paths or globs in the root.
        patterns: Vec<String>,
    },
    /// Packages that must be installed.
    Package {
        /// Their names.
        names: Vec<String>,
    },
}

/// What a check's script is given to.
const SHELL: [&str; 3] = ["/bin/sh", "-e", "-c"];

impl PlannedCheck {
    /// A check of a root whose image has these settings: a command sees what a container would.
    pub(super) fn new(check: &Check, settings: &ImageSettings) -> Self {
        let (name, kind) = match check {
            Check::Run(check) => {
                let command = match &check.run {
                    Command::Words(words) => words.clone(),
                    Command::Script(script) => {
                        let words = SHELL.into_iter().chain([script.as_str()]);
                        words.map(str::to_owned).collect()
                    }
                };
                let user = check.user.as_ref().map(ToString::to_string);
                let user = user.or_else(|| settings.user.clone());
                let user = user.unwrap_or_else(|| "0".to_owned());
                let kind = CheckKind::Run {
                    command,
                    env: environment(settings, &check.env),
                    user,
                    workdir: settings.workdir.clone().unwrap_or_else(|| "/".to_owned()),
                    stdin: check.stdin.clone().unwrap_or_default(),
                    exit: check.expect.exit,
                    stdout: check.expect.stdout.clone(),
                    stderr: check.expect.stderr.clone(),
                };
                (&check.name, kind)
            }
            Check::File(check) => {
                let contains = check.contains.as_ref();
                let kind = CheckKind::File {
                    path: check.file.to_string(),
                    kind: check.kind,
                    mode: check.mode.clone(),
                    owner: check.owner.clone(),
                    contains: contains.map_or_else(Vec::new, |texts| texts.as_slice().to_vec()),
                    executable: check.executable,
                    capabilities: check.capabilities,
                };
                (&check.name, kind)
            }
            Check::Absent(check) => {
                let patterns = check.absent.as_slice().iter();
                let patterns = patterns.map(ToString::to_string).collect();
                (&check.name, CheckKind::Absent { patterns })
            }
            Check::Package(check) => {
                let names = check.package.as_slice().to_vec();
                (&check.name, CheckKind::Package { names })
            }
        };
        Self {
            name: name.clone(),
            kind,
        }
    }
}

/// What engines give every container, the image's own, and the check's.
fn environment(settings: &ImageSettings, own: &BTreeMap<String, Text>) -> BTreeMap<String, String> {
    let mut all = BTreeMap::from([("PATH".to_owned(), PATH.to_owned())]);
    all.extend(settings.env.clone());
    all.extend(text_map(own));
    all
}

impl PlannedCheck {
    /// One line that says what is looked at.
    pub fn title(&self) -> String {
        let text = match (&self.name, &self.kind) {
            (Some(name), _) => name.clone(),
            (None, CheckKind::Run { command, .. }) => {
                let script = command.strip_prefix(&SHELL.map(str::to_owned));
                format!("run: {}", script.unwrap_or(command).join(" "))
            }
            (None, CheckKind::File { path, .. }) => format!("file: {path}"),
            (None, CheckKind::Absent { patterns }) => format!("absent: {}", patterns.join(", ")),
            (None, CheckKind::Package { names }) => format!("package: {}", names.join(", ")),
        };
        super::text::cut(&text)
    }

    /// Whether foreign code runs, so that a sandbox is needed.
    pub(super) fn needs_sandbox(&self) -> bool {
        matches!(self.kind, CheckKind::Run { .. })
    }
}
