//! `onelayer plan`

use onelayer::ops;

use super::arguments::{Plan, ReportFormat};
use super::exit::Exit;
use super::print;
use super::terminal::Terminal;

pub(crate) fn run(arguments: &Plan, terminal: Terminal) -> Exit {
    let planned = ops::plan(&arguments.recipe.choice());
    let planned = match arguments.strictness.judge(planned) {
        Ok(planned) => planned,
        Err(error) => return print::error(&error, terminal),
    };
    print::diagnostics(&planned.source, &planned.warnings, terminal);
    print::data(&match arguments.format {
        ReportFormat::Text => planned.plan.to_string(),
        ReportFormat::Json => planned.plan.to_json(),
    })
}
