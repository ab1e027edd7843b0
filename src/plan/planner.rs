//! Resolving a recipe into a plan.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Diagnostic;
use crate::recipe::{Base, Condition, Mount, Platform, RunIn, Scope, Source, Step};
use crate::source::Span;
use crate::validate::{PathSegment, ValidRecipe};

use super::problem::PlanProblem;
use super::{
    Action, HostPlatform, ImageSettings, InputError, Inputs, Origin, Plan, PlannedCheck,
    PlannedStage, PlannedStep, SkippedStep, StepKey, text,
};

/// Version of the plan's JSON form.
const VERSION: u32 = 1;

/// Plans the image of `recipe`, or with `target` that of one of its stages. Stages that it does
/// not need are left out.
///
/// # Errors
/// One diagnostic for each input that is missing or cannot be used.
pub fn plan(
    recipe: &ValidRecipe,
    target: Option<&str>,
    inputs: &dyn Inputs,
    host: &HostPlatform,
) -> Result<Plan, Vec<Diagnostic>> {
    let mut planner = Planner {
        recipe,
        inputs,
        host,
        platform: recipe
            .platform()
            .cloned()
            .unwrap_or_else(|| Platform::of_machine(&host.machine)),
        finished: BTreeMap::new(),
        images: BTreeMap::new(),
        recipes: Vec::new(),
        problems: Vec::new(),
    };
    let plan = planner.plan(target);
    if planner.problems.is_empty() {
        Ok(plan)
    } else {
        Err(planner.problems.into_iter().map(Diagnostic::from).collect())
    }
}

pub(super) struct Planner<'a> {
    pub(super) recipe: &'a ValidRecipe,
    pub(super) inputs: &'a dyn Inputs,
    pub(super) host: &'a HostPlatform,
    pub(super) platform: Platform,
    /// The stages planned so far, by name.
    pub(super) finished: BTreeMap<String, FinishedStage>,
    /// The images and other recipes that roots start from, as the recipe names them.
    pub(super) images: BTreeMap<String, FinishedStage>,
    /// What other recipes build that this one starts from, in their order.
    pub(super) recipes: Vec<PlannedStage>,
    pub(super) problems: Vec<PlanProblem>,
}

/// What the rest of the recipe wants to know of a root that others start from.
pub(super) struct FinishedStage {
    /// Key of its finished root.
    pub(super) key: StepKey,
    /// What an image of it would say about itself.
    pub(super) settings: ImageSettings,
}

impl<'a> Planner<'a> {
    fn plan(&mut self, target: Option<&str>) -> Plan {
        let recipe = self.recipe.recipe();
        let mut stages = Vec::new();
        for name in self.needed(target) {
            if let Some(scope) = recipe.scope(Some(name)) {
                let stage = self.stage(&scope);
                let finished = FinishedStage {
                    key: stage.key,
                    settings: self.settings(&scope),
                };
                self.finished.insert(name.to_owned(), finished);
                stages.append(&mut self.recipes);
                stages.push(stage);
            }
        }
        let image = match recipe.scope(target) {
            Some(scope) => self.stage(&scope),
            None => PlannedStage::empty(),
        };
        stages.append(&mut self.recipes);
        Plan {
            version: VERSION,
            name: recipe.name.to_string(),
            platform: self.platform.to_string(),
            stages,
            base: image.base,
            root: image.root,
            uses: image.uses,
            key: image.key,
            steps: image.steps,
            skipped: image.skipped,
            checks: image.checks,
            config: self.image(target),
            output: self.output(),
            limits: self.limits(),
        }
    }

    fn stage(&mut self, scope: &Scope<'a>) -> PlannedStage {
        let (mut key, root) = self.base(scope);
        let mut steps = Vec::new();
        let mut skipped = Vec::new();
        let mut push = |name: Option<&str>, action: Action| {
            key = key.then(&action);
            let title = name.map_or_else(|| text::title(&action), str::to_owned);
            steps.push(PlannedStep { key, title, action });
        };
        if let Some(packages) = scope.packages {
            let place = scope.at(&["packages".into()]);
            push(
                None,
                Action::Packages(Box::new(self.packages(packages, &place))),
            );
        }
        for (index, step) in scope.steps.iter().enumerate() {
            if self.holds(step.when(), scope) {
                let action = self.action(step, scope, &scope.step(index));
                push(step.name(), action);
            } else {
                skipped.push(SkippedStep {
                    kind: step.kind().to_owned(),
                    name: step.name().map(str::to_owned),
                    when: step.when().map(ToString::to_string).unwrap_or_default(),
                });
            }
        }
        let uses = self.uses(scope).into_iter().map(str::to_owned);
        let recipe = matches!(scope.base, Base::Recipe(_)).then(|| scope.base.to_string());
        PlannedStage {
            name: scope.stage.unwrap_or_default().to_owned(),
            base: scope.base.to_string(),
            root,
            context: None,
            uses: uses.into_iter().chain(recipe).collect(),
            key,
            steps,
            skipped,
            checks: self.checks(scope),
        }
    }

    fn checks(&self, scope: &Scope<'_>) -> Vec<PlannedCheck> {
        let settings = self.settings(scope);
        let checks = scope.checks.iter();
        checks
            .map(|check| PlannedCheck::new(check, &settings))
            .collect()
    }

    fn holds(&self, when: Option<&Condition>, scope: &Scope<'_>) -> bool {
        self.recipe.holds(when, scope.stage)
    }

    /// A stage's finished root.
    pub(super) fn stage_origin(&self, stage: &str) -> Origin {
        let finished = self.finished.get(stage).map(|finished| finished.key);
        let unknown = || StepKey::unknown(stage);
        Origin::Stage {
            stage: stage.to_owned(),
            key: finished.unwrap_or_else(unknown),
        }
    }

    pub(super) fn source_date_epoch(&self) -> u64 {
        self.recipe.recipe().output.source_date_epoch.unwrap_or(0)
    }

    pub(super) fn span(&self, place: &[PathSegment]) -> Span {
        self.recipe.span(place)
    }

    /// Takes an answer about an input; without one, the problem is noted at `place`.
    pub(super) fn input<T>(
        &mut self,
        answer: Result<T, InputError>,
        place: &[PathSegment],
    ) -> Option<T> {
        match answer {
            Ok(found) => Some(found),
            Err(error) => {
                let span = self.span(place);
                self.problems.push(PlanProblem::Input { error, span });
                None
            }
        }
    }
}

// Which stages there are, and in which order.
impl<'a> Planner<'a> {
    /// The stages that the target needs, each after those that it needs itself. There is no cycle:
    /// validation has seen to that.
    fn needed(&self, target: Option<&str>) -> Vec<&'a str> {
        let mut order = Vec::new();
        let mut seen = BTreeSet::new();
        if let Some(scope) = self.recipe.recipe().scope(target) {
            self.visit(&scope, &mut seen, &mut order);
        }
        order
    }

    fn visit(&self, scope: &Scope<'a>, seen: &mut BTreeSet<&'a str>, order: &mut Vec<&'a str>) {
        for name in self.uses(scope) {
            if seen.insert(name)
                && let Some(stage) = self.recipe.recipe().scope(Some(name))
            {
                self.visit(&stage, seen, order);
                order.push(name);
            }
        }
    }

    /// The stages that a root is made from, by name.
    fn uses(&self, scope: &Scope<'a>) -> BTreeSet<&'a str> {
        let mut names = BTreeSet::new();
        if let Base::Stage(name) = scope.base {
            names.insert(name.as_str());
        }
        let mut packages: Vec<&RunIn> = scope.packages.iter().map(|p| &p.run_in).collect();
        for step in scope.steps {
            if !self.holds(step.when(), scope) {
                continue;
            }
            match step {
                Step::Copy(copy) => names.extend(copy.from.as_ref().and_then(Source::stage)),
                Step::Run(run) => names.extend(run.mounts.iter().filter_map(|mount| match mount {
                    Mount::Bind(bind) => bind.from.as_ref().and_then(Source::stage),
                    _ => None,
                })),
                Step::Packages(step) => packages.push(&step.packages.run_in),
                _ => {}
            }
        }
        names.extend(packages.into_iter().filter_map(|place| match place {
            RunIn::Stage(name) => Some(name.as_str()),
            _ => None,
        }));
        names
    }
}
