//! A plan as part of another one.

use super::{Action, ManagerPlace, MountAction, Origin, Plan, PlannedStage};

impl Plan {
    /// All roots of this plan as stages of another one, in which its finished root is called
    /// `name`; the plan's context is `folder` there.
    pub(super) fn into_stages(self, name: &str, folder: &str) -> Vec<PlannedStage> {
        let rename = |stage: &str| format!("{name}#{stage}");
        let image = PlannedStage {
            name: String::new(),
            base: self.base,
            root: self.root,
            context: None,
            uses: self.uses,
            key: self.key,
            steps: self.steps,
            skipped: self.skipped,
            checks: self.checks,
        };
        let mut stages = self.stages;
        stages.push(image);
        for stage in &mut stages {
            stage.name = match stage.name.as_str() {
                "" => name.to_owned(),
                other => rename(other),
            };
            if stage.root.is_none() && stage.base != "scratch" {
                let base = stage.base.strip_prefix("stage:").unwrap_or(&stage.base);
                stage.base = rename(base);
            }
            for used in &mut stage.uses {
                *used = rename(used);
            }
            stage.context = Some(match &stage.context {
                Some(below) => format!("{folder}/{below}"),
                None => folder.to_owned(),
            });
            for step in &mut stage.steps {
                step.action.rename(&rename);
            }
        }
        stages
    }
}

impl Action {
    /// Gives the stages that it takes something from other names.
    fn rename(&mut self, rename: &dyn Fn(&str) -> String) {
        let origin = |origin: &mut Origin| {
            if let Origin::Stage { stage, .. } = origin {
                *stage = rename(stage);
            }
        };
        match self {
            Self::CopyFrom(copy) => origin(&mut copy.from),
            Self::Run(run) => {
                for mount in &mut run.mounts {
                    if let MountAction::Bind {
                        from: Some(from), ..
                    } = mount
                    {
                        origin(from);
                    }
                }
            }
            Self::Packages(packages) => {
                if let Some(ManagerPlace::Other(place)) = &mut packages.run_in {
                    origin(place);
                }
            }
            _ => {}
        }
    }
}
