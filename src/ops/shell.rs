//! A shell in the root of a plan, at a step.

use std::sync::Mutex;

use crate::execute::Execution;
use crate::plan::Plan;
use crate::progress::{Event, Reporter};
use crate::sandbox::{self, Cancel, Exit, Isolation, Launcher};
use crate::store::Store;
use crate::transport::Watch;

use super::bring::Brought;
use super::{BuildOptions, Error, Planned, build, emulation, secrets};

/// Carries out a planned recipe up to the step `at`, a number or a title, and runs `command` there,
/// or a shell; nothing of what that changes is kept. Says how it ended.
///
/// # Errors
/// Before any work: a step that the plan has not, and what this host lacks. Then the step that
/// failed, or why the command could not be started.
pub fn shell(
    planned: &Planned,
    (at, command): (Option<&str>, &[String]),
    options: &BuildOptions,
    reporter: &dyn Reporter,
    cancel: &Cancel,
) -> Result<Exit, Error> {
    let plan = &planned.plan;
    let at = at.map(|at| number(plan, at)).transpose()?;
    build::check_language(planned)?;
    let Some(isolation) = Isolation::current().filter(|_| options.refusal.is_none()) else {
        return Err(Error::NoIsolation {
            refusal: options.refusal.clone(),
        });
    };
    emulation::check(&plan.platform)?;
    let access = build::access(planned, options);
    build::check_programs(plan, &access)?;
    reporter.report(&Event::Isolation {
        isolation: isolation.name(),
        reason: options.inexact.as_deref(),
        processes: options.processes.name(),
    });
    let secrets = secrets::gather(&[plan], &options.secrets, reporter)?;
    let cancelled = || cancel.is_cancelled();
    let watch = Watch {
        cancelled: &cancelled,
        reporter,
    };
    let store = Store::open(&options.cache_directory, sandbox::place_name().as_deref())?;
    let bases = Brought {
        known: planned.images(),
        store: &store,
        access: &options.access,
        watch,
        remotes: Mutex::default(),
    };
    let execution = Execution {
        store: &store,
        bases: &bases,
        recipe: (&planned.path(), &plan.name),
        reuse: options.reuse,
        launcher: &Launcher::default(),
        access: &access,
        secrets: &secrets,
        reporter,
        shell_on_failure: options.shell_on_failure,
        cancel,
    };
    Ok(execution.shell(plan, at, command)?)
}

/// The number of the step that `wanted` means.
fn number(plan: &Plan, wanted: &str) -> Result<usize, Error> {
    let titles: Vec<String> = plan.all_steps().map(|step| step.title.clone()).collect();
    if let Ok(number @ 1..) = wanted.parse::<usize>()
        && number <= titles.len()
    {
        return Ok(number);
    }
    let called = (1..).zip(&titles).filter(|(_, title)| *title == wanted);
    let numbers: Vec<usize> = called.map(|(number, _)| number).collect();
    let wanted = wanted.to_owned();
    match numbers[..] {
        [number] => Ok(number),
        [] => Err(Error::NoStep { wanted, titles }),
        _ => Err(Error::SeveralSteps { wanted, numbers }),
    }
}
