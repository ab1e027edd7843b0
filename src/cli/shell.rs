//! `onelayer shell`

use std::process::ExitCode;

use onelayer::ops::{self, BuildOptions};
use onelayer::sandbox::{self, Cancel, Exit as Ended, Processes};

use super::arguments::Shell;
use super::build::proxies;
use super::exit::Exit;
use super::reporter::reporter;
use super::terminal::Terminal;
use super::{print, secrets, signals};

/// What a shell adds to the number of the signal that ended a command.
const SIGNALLED: i32 = 128;

/// Ends with the command's own status.
pub(crate) fn run(arguments: &Shell, terminal: Terminal) -> ExitCode {
    match open(arguments, terminal) {
        Err(exit) | Ok((Ended::Cancelled, exit)) => exit.into(),
        Ok((Ended::Code(code), _)) => status(code),
        Ok((Ended::Signal(signal), _)) => status(SIGNALLED + signal),
        // It has no time limit.
        Ok((Ended::TimedOut, _)) => Exit::Bug.into(),
    }
}

fn status(code: i32) -> ExitCode {
    u8::try_from(code).map_or(Exit::Bug.into(), ExitCode::from)
}

/// How the command ended, and the status for when it was interrupted.
fn open(arguments: &Shell, terminal: Terminal) -> Result<(Ended, Exit), Exit> {
    let Some(cache_directory) = arguments.cache.directory() else {
        print::message(
            "error: no folder for the cache: `HOME` is not set\n  help: name one with `--cache-dir`\n",
        );
        return Err(Exit::Usage);
    };
    let secrets = secrets::sources(&arguments.secret).map_err(|problem| {
        let help = "write `id=ID,src=FILE`, `id=ID,env=VARIABLE` or `id=ID`";
        print::message(&format!("error: {problem}\n  help: {help}\n"));
        Exit::Usage
    })?;
    // While there is one thread.
    let entered = sandbox::enter(arguments.isolation.wanted());
    let watched = Cancel::new().and_then(|cancel| Ok((signals::watch(&cancel)?, cancel)));
    let (caught, cancel) = watched.map_err(|error| {
        print::message(&format!("error: cannot watch for signals: {error}\n"));
        Exit::Io
    })?;
    let registries = (arguments.registries).registries(Some(&arguments.cache), Some(&cancel));
    let access = registries.access.clone();
    let failed = |error: ops::Error| {
        let exit = print::error(&error, terminal);
        caught.exit().unwrap_or(exit)
    };
    let planned = ops::plan(&arguments.recipe.choice(registries));
    let planned = arguments.strictness.judge(planned).map_err(failed)?;
    print::diagnostics(&planned.source, &planned.warnings, terminal);
    let found = entered.as_ref().ok();
    let options = BuildOptions {
        reuse: !arguments.no_cache,
        cache_directory,
        ca_bundle: access.ca_bundle.clone(),
        proxies: proxies(),
        secrets,
        access,
        inexact: found.and_then(|entered| entered.instead.clone()),
        processes: found.map_or_else(Processes::default, |entered| entered.processes),
        refusal: entered.err(),
        ..BuildOptions::default()
    };
    let wanted = (arguments.at.as_deref(), &arguments.command[..]);
    let progress = reporter(arguments.progress, terminal);
    let ended = ops::shell(&planned, wanted, &options, progress.as_ref(), &cancel);
    drop(progress);
    let ended = ended.map_err(failed)?;
    Ok((ended, caught.exit().unwrap_or(Exit::Terminated)))
}
