//! `onelayer plan`

use onelayer::diagnostic::harmless_json;
use onelayer::ops;

use super::arguments::{Plan, PlanFormat};
use super::exit::Exit;
use super::print;
use super::terminal::Terminal;

pub(crate) fn run(arguments: &Plan, terminal: Terminal) -> Exit {
    let registries = (arguments.registries).registries(Some(&arguments.cache), None);
    let planned = ops::plan(&arguments.recipe.choice(registries));
    let planned = match arguments.strictness.judge(planned) {
        Ok(planned) => planned,
        Err(error) => return print::error(&error, terminal),
    };
    print::diagnostics(&planned.source, &planned.warnings, terminal);
    print::data(&match arguments.format {
        PlanFormat::Text => planned.plan.to_string(),
        PlanFormat::Json => harmless_json(&planned.plan.to_json()).into_owned(),
        PlanFormat::Mermaid => planned.plan.to_mermaid(),
    })
}
