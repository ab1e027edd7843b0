//! `onelayer build`

use onelayer::ops::{self, BuildOptions, Built};
use onelayer::sandbox::Cancel;

use super::arguments::{Build, RecipeArguments};
use super::exit::Exit;
use super::reporter::reporter;
use super::terminal::Terminal;
use super::{print, signals};

impl RecipeArguments {
    /// Which recipe, and what was chosen about it.
    pub(crate) fn choice(&self) -> ops::RecipeChoice {
        ops::RecipeChoice {
            recipe: self.recipe.clone(),
            context: self.context.clone(),
            arguments: self.set.iter().cloned().collect(),
            platform: self.platform.clone(),
            target: self.target.clone(),
        }
    }
}

pub(crate) fn run(arguments: &Build, terminal: Terminal) -> Exit {
    let planned = ops::plan(&arguments.recipe.choice());
    let planned = match arguments.strictness.judge(planned) {
        Ok(planned) => planned,
        Err(error) => return print::error(&error, terminal),
    };
    print::diagnostics(&planned.source, &planned.warnings, terminal);
    let Some(cache_directory) = arguments.cache_dir.clone().or_else(default_cache_directory) else {
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
            return Exit::Bug;
        }
    };
    let options = BuildOptions {
        outputs: arguments.output.clone(),
        tags: arguments.tag.clone(),
        reuse: !arguments.no_cache,
        cache_directory,
        ca_bundle: arguments.ca_bundle.clone(),
        proxies: proxies(),
        threads: arguments.threads,
    };
    let progress = reporter(arguments.progress, terminal);
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

/// `$XDG_CACHE_HOME/onelayer`, then `~/.cache/onelayer` (XDG Base Directory Specification).
fn default_cache_directory() -> Option<std::path::PathBuf> {
    let absolute = |name| {
        std::env::var_os(name)
            .map(std::path::PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
        .map(|cache| cache.join("onelayer"))
}

/// The caller's proxy variables, which steps with network see (curl(1), "ENVIRONMENT").
fn proxies() -> Vec<(String, String)> {
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
