//! `onelayer build`

use onelayer::ops::{self, BuildOptions, Built, Registries};
use onelayer::sandbox::{self, Cancel, Processes, Screen};

use super::arguments::{Build, Progress, RecipeArguments};
use super::exit::Exit;
use super::reporter::reporter;
use super::terminal::Terminal;
use super::{print, secrets, signals};

impl RecipeArguments {
    /// Which recipe, and what was chosen about it.
    pub(crate) fn choice(&self, registries: Registries) -> ops::RecipeChoice {
        ops::RecipeChoice {
            recipe: self.recipe.clone(),
            context: self.context.clone(),
            arguments: self.set.iter().cloned().collect(),
            platform: self.platform.clone(),
            target: self.target.clone(),
            registries,
        }
    }
}

pub(crate) fn run(arguments: &Build, terminal: Terminal) -> Exit {
    let Some(cache_directory) = arguments.cache.directory() else {
        print::message(
            "error: no folder for the cache: `HOME` is not set\n  help: name one with `--cache-dir`\n",
        );
        return Exit::Usage;
    };
    let secrets = match secrets::sources(&arguments.secret) {
        Ok(secrets) => secrets,
        Err(problem) => {
            let help = "write `id=ID,src=FILE`, `id=ID,env=VARIABLE` or `id=ID`";
            print::message(&format!("error: {problem}\n  help: {help}\n"));
            return Exit::Usage;
        }
    };
    // While there is one thread.
    let wanted = arguments.isolation.wanted();
    let entered = if ops::may_run_commands(&arguments.recipe.recipe) {
        sandbox::enter(wanted).map(Some)
    } else {
        Ok(None)
    };
    let watched = Cancel::new().and_then(|cancel| Ok((signals::watch(&cancel)?, cancel)));
    let (caught, cancel) = match watched {
        Ok(watched) => watched,
        Err(error) => {
            print::message(&format!("error: cannot watch for signals: {error}\n"));
            return Exit::Io;
        }
    };
    let registries = (arguments.registries).registries(Some(&arguments.cache), Some(&cancel));
    let access = registries.access.clone();
    let planned = ops::plan_all(&arguments.recipe.choice(registries));
    let planned = match arguments.strictness.judge_all(planned) {
        Ok(planned) => planned,
        Err(error) => {
            let exit = print::error(&error, terminal);
            return caught.exit().unwrap_or(exit);
        }
    };
    // The recipe is one, whatever it is planned for.
    if let Some(first) = planned.first() {
        print::diagnostics(&first.source, &first.warnings, terminal);
    }
    let shell_on_failure = arguments.shell_on_failure && Screen::Error.is_terminal();
    if arguments.shell_on_failure && !shell_on_failure {
        let why = "standard input and error are no terminal";
        print::message(&format!(
            "warning: `--shell-on-failure` does nothing: {why}\n"
        ));
    }
    let found = entered.as_ref().ok().and_then(Option::as_ref);
    let options = BuildOptions {
        outputs: arguments.output.clone(),
        tags: arguments.tag.clone(),
        reuse: !arguments.no_cache,
        verify: arguments.verify,
        cache_directory,
        ca_bundle: access.ca_bundle.clone(),
        proxies: proxies(),
        secrets,
        access,
        shell_on_failure,
        threads: arguments.threads,
        inexact: found.and_then(|entered| entered.instead.clone()),
        processes: found.map_or_else(Processes::default, |entered| entered.processes),
        refusal: entered.err(),
    };
    // Bars would be drawn over the shell.
    let wanted = match arguments.progress {
        Progress::Auto | Progress::Tty if shell_on_failure => Progress::Plain,
        wanted => wanted,
    };
    let progress = reporter(wanted, terminal);
    let built = ops::build(&planned, &options, progress.as_ref(), &cancel);
    drop(progress);
    match built {
        Ok(built) if arguments.json => print::data(&built.to_json()),
        Ok(built) => print::data(&lines(&built)),
        Err(error) => {
            let exit = print::error(&error, terminal);
            caught.exit().unwrap_or(exit)
        }
    }
}

/// `TRANSPORT@sha256:…`, one line an output.
fn lines(built: &Built) -> String {
    (built.outputs.iter())
        .map(|output| format!("{output}@{}\n", built.digest))
        .collect()
}

/// The caller's proxy variables, which steps with network see (curl(1), "ENVIRONMENT").
pub(crate) fn proxies() -> Vec<(String, String)> {
    const NAMES: [&str; 8] = [
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "no_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
    ];
    (NAMES.iter())
        .filter_map(|name| {
            std::env::var(name)
                .ok()
                .map(|value| ((*name).to_owned(), value))
        })
        .collect()
}
