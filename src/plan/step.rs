//! The plan and its steps.

use serde::Serialize;

use super::{
    Action, ImageSettings, LimitSettings, OutputSettings, PlannedBase, PlannedCheck, StepKey,
};

/// The ordered, fully resolved steps of one image.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// Version of the JSON form.
    pub version: u32,
    /// The recipe's name.
    pub name: String,
    /// The platform that the image is for: `linux/amd64`.
    pub platform: String,
    /// Stages that the image needs, each after those that it needs itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<PlannedStage>,
    /// What the root starts from, as the recipe names it.
    pub base: String,
    /// What that is, if it is neither empty nor a stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<PlannedBase>,
    /// Names of the stages that the root is made from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<String>,
    /// Digest of all that can change the finished root.
    pub key: StepKey,
    /// In the order in which they run.
    pub steps: Vec<PlannedStep>,
    /// Steps whose condition does not hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<SkippedStep>,
    /// What must hold when all steps are made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<PlannedCheck>,
    /// What the image says about itself.
    pub config: ImageSettings,
    /// How it is written.
    pub output: OutputSettings,
    /// What it may not exceed.
    #[serde(skip_serializing_if = "LimitSettings::is_empty")]
    pub limits: LimitSettings,
}

/// A root file system that the image or another stage is made from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedStage {
    /// Its name in the recipe.
    pub name: String,
    /// What it starts from, as the recipe names it.
    pub base: String,
    /// What that is, if it is neither empty nor a stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<PlannedBase>,
    /// The folder that its inputs are relative to, itself relative to the context; the context
    /// itself if not given. Roots of other recipes have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// Names of the stages that it is made from.
    pub uses: Vec<String>,
    /// Digest of all that can change the finished root.
    pub key: StepKey,
    /// In the order in which they run.
    pub steps: Vec<PlannedStep>,
    /// Steps whose condition does not hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<SkippedStep>,
    /// What must hold when all steps are made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<PlannedCheck>,
}

impl PlannedStage {
    /// The empty root.
    pub(super) fn empty() -> Self {
        Self {
            name: String::new(),
            base: "scratch".to_owned(),
            root: None,
            context: None,
            uses: Vec::new(),
            key: StepKey::scratch(0),
            steps: Vec::new(),
            skipped: Vec::new(),
            checks: Vec::new(),
        }
    }
}

impl Plan {
    /// The one-line text and JSON share nothing but this: pretty JSON with an end of line.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("a plan has only text keys");
        json.push('\n');
        json
    }

    /// Every step, those of stages first, in the order of their numbers.
    pub fn all_steps(&self) -> impl Iterator<Item = &PlannedStep> {
        let stages = self.stages.iter().flat_map(|stage| &stage.steps);
        stages.chain(&self.steps)
    }

    /// Whether any step or check runs foreign code, so that a sandbox is needed.
    pub fn needs_sandbox(&self) -> bool {
        let stages = self.stages.iter().flat_map(|stage| &stage.checks);
        self.all_steps().any(|step| step.action.needs_sandbox())
            || stages.chain(&self.checks).any(PlannedCheck::needs_sandbox)
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

/// A step that is not made.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SkippedStep {
    /// The key that names its kind.
    pub kind: String,
    /// The title that the recipe gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The condition that does not hold.
    pub when: String,
}
