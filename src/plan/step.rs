//! The plan and its steps.

use serde::Serialize;

use super::{Action, ImageSettings, OutputSettings, StepKey};

/// The ordered, fully resolved steps of one image.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// Version of the JSON form.
    pub version: u32,
    /// The recipe's name.
    pub name: String,
    /// What the root starts from.
    pub base: String,
    /// In the order in which they run.
    pub steps: Vec<PlannedStep>,
    /// What the image says about itself.
    pub config: ImageSettings,
    /// How it is written.
    pub output: OutputSettings,
}

impl Plan {
    /// The one-line text and JSON share nothing but this: pretty JSON with an end of line.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("a plan has only text keys");
        json.push('\n');
        json
    }

    /// Whether any step runs foreign code, so that a sandbox is needed.
    pub fn needs_sandbox(&self) -> bool {
        self.steps.iter().any(|step| step.action.needs_sandbox())
    }
}

/// One step with its key.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedStep {
    /// Digest of all that can change its result.
    pub key: StepKey,
    /// One line for people: the step's own name, or what it does.
    pub title: String,
    /// What it does.
    pub action: Action,
}
