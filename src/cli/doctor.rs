//! `onelayer doctor`

use onelayer::doctor::Host;
use onelayer::ops;
use onelayer::sandbox::Cancel;

use super::arguments::{Doctor, RecipeArguments, ReportFormat};
use super::exit::Exit;
use super::terminal::Terminal;
use super::{print, signals};

pub(crate) fn run(arguments: &Doctor, terminal: Terminal) -> Exit {
    let Some(cache_directory) = arguments.cache.directory() else {
        print::message(
            "error: no folder for the cache: `HOME` is not set\n  help: name one with `--cache-dir`\n",
        );
        return Exit::Usage;
    };
    let watched = Cancel::new().and_then(|cancel| Ok((signals::watch(&cancel)?, cancel)));
    let (caught, cancel) = match watched {
        Ok(watched) => watched,
        Err(error) => {
            print::message(&format!("error: cannot watch for signals: {error}\n"));
            return Exit::Io;
        }
    };
    let search = std::env::var_os("PATH").unwrap_or_default();
    let search = std::env::split_paths(&search).collect();
    let mut host = Host::new(cache_directory, std::env::temp_dir(), search);
    host.isolation = arguments.isolation.wanted();
    host.cancel = Some(cancel.clone());
    let recipe = arguments.recipe.as_ref().map(|recipe| {
        let registries = (arguments.registries).registries(Some(&arguments.cache), Some(&cancel));
        let recipe = RecipeArguments {
            recipe: recipe.clone(),
            context: arguments.context.clone(),
            set: arguments.set.clone(),
            platform: arguments.platform.clone(),
            target: arguments.target.clone(),
        };
        let planned = ops::plan_all(&recipe.choice(registries));
        let planned = arguments.strictness.judge_all(planned);
        if let Some(first) = planned.iter().flatten().next() {
            print::diagnostics(&first.source, &first.warnings, terminal);
        }
        (recipe.recipe.display().to_string(), planned)
    });
    let (diagnosis, error) = ops::diagnose(&host, recipe);
    if let Some(exit) = caught.exit() {
        return exit;
    }
    let printed = print::data(&match arguments.format {
        ReportFormat::Text => diagnosis.to_text(terminal.colour_of_data),
        ReportFormat::Json => diagnosis.to_json(),
    });
    if let Some(error) = error {
        return print::error(&error, terminal);
    }
    match diagnosis.is_good() {
        true => printed,
        false => Exit::Host,
    }
}
