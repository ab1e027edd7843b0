//! `onelayer cache`

use std::time::Duration;

use clap::{Args, Subcommand};
use onelayer::ops::{self, CacheEntry, CacheReport, Pruning};
use onelayer::recipe;
use onelayer::sandbox::{self, Cancel};

use super::arguments::{CacheArguments, ReportFormat, WantedIsolation};
use super::exit::Exit;
use super::terminal::Terminal;
use super::{print, signals};

#[derive(Debug, Args)]
pub(crate) struct Cache {
    #[command(subcommand)]
    pub(crate) command: CacheCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// List what is kept: key, size, age, last use and what made it
    Ls(CacheLs),
    /// Read everything, and drop what is damaged; status 5 if anything is
    Verify(CacheVerify),
    /// Remove what is not wanted any more, and nothing that a running build uses
    Prune(CachePrune),
}

impl Cache {
    /// The namespace to be in.
    pub(crate) fn isolation(&self) -> sandbox::WantedIsolation {
        match &self.command {
            CacheCommand::Verify(verify) => verify.isolation.wanted(),
            CacheCommand::Prune(prune) => prune.isolation.wanted(),
            CacheCommand::Ls(_) => sandbox::WantedIsolation::Auto,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct CacheLs {
    #[command(flatten)]
    pub(crate) cache: CacheArguments,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) format: ReportFormat,
}

#[derive(Debug, Args)]
pub(crate) struct CacheVerify {
    #[command(flatten)]
    pub(crate) cache: CacheArguments,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) format: ReportFormat,
    /// Whose change sets are read: those that builds with this isolation have made
    #[arg(
        long,
        env = "ONELAYER_ISOLATION",
        value_enum,
        default_value_t = WantedIsolation::Auto
    )]
    pub(crate) isolation: WantedIsolation,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true)
    .args(["older_than", "max_size", "recipe", "all"]))]
pub(crate) struct CachePrune {
    /// What was not used for so long: 12h, 7d
    #[arg(long, value_name = "TIME", value_parser = age)]
    pub(crate) older_than: Option<Duration>,
    /// What was not used for longest, until no more than this is left: 10GB
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub(crate) max_size: Option<u64>,
    /// What a recipe has made: its path, or the name of its image
    #[arg(long, value_name = "RECIPE")]
    pub(crate) recipe: Option<String>,
    /// Everything
    #[arg(long)]
    pub(crate) all: bool,
    /// Remove nothing, and say what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) cache: CacheArguments,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) format: ReportFormat,
    /// In which user namespace files are removed that belong to others
    #[arg(
        long,
        env = "ONELAYER_ISOLATION",
        value_enum,
        default_value_t = WantedIsolation::Auto
    )]
    pub(crate) isolation: WantedIsolation,
}

/// Days, or what a recipe takes.
fn age(text: &str) -> Result<Duration, String> {
    let days = (text.strip_suffix('d')).and_then(|days| days.parse::<u64>().ok());
    match days.and_then(|days| days.checked_mul(86_400)) {
        Some(seconds) => Ok(Duration::from_secs(seconds)),
        None => match text.parse::<recipe::Duration>() {
            Ok(time) => Ok(time.as_std()),
            Err(_) => Err("write a number with its unit: `90m`, `12h`, `7d`".to_owned()),
        },
    }
}

/// A size as a recipe takes it.
fn bytes(text: &str) -> Result<u64, String> {
    let size = text.parse::<recipe::Size>();
    size.map(recipe::Size::bytes)
        .map_err(|problem| format!("{}; {}", problem.message, problem.help))
}

pub(crate) fn run(arguments: &Cache, terminal: Terminal) -> Exit {
    let (cache, format) = match &arguments.command {
        CacheCommand::Ls(ls) => (&ls.cache, ls.format),
        CacheCommand::Verify(verify) => (&verify.cache, verify.format),
        CacheCommand::Prune(prune) => (&prune.cache, prune.format),
    };
    let Some(directory) = cache.directory() else {
        print::message(
            "error: no folder for the cache: `HOME` is not set\n  help: name one with `--cache-dir`\n",
        );
        return Exit::Usage;
    };
    // While there is one thread: owners mean something, and files of others can be removed, only in
    // the namespace that they were made in. Where there is none, the user's own part is left.
    if let CacheCommand::Verify(_) | CacheCommand::Prune(_) = &arguments.command
        && directory.join("namespaces").exists()
    {
        let _ = sandbox::enter(arguments.isolation());
    }
    let watched = Cancel::new().and_then(|cancel| Ok((signals::watch(&cancel)?, cancel)));
    let (caught, cancel) = match watched {
        Ok(watched) => watched,
        Err(error) => {
            print::message(&format!("error: cannot watch for signals: {error}\n"));
            return Exit::Bug;
        }
    };
    let report = match &arguments.command {
        CacheCommand::Ls(_) => ops::cache_list(&directory),
        CacheCommand::Verify(_) => ops::cache_verify(&directory, &|| cancel.is_cancelled()),
        CacheCommand::Prune(prune) => ops::cache_prune(
            &directory,
            &Pruning {
                older_than: prune.older_than,
                max_size: prune.max_size,
                recipe: prune.recipe.clone(),
                all: prune.all,
                dry_run: prune.dry_run,
            },
        ),
    };
    let report = match report {
        Ok(report) => report,
        Err(error) => {
            let exit = print::error(&error, terminal);
            return caught.exit().unwrap_or(exit);
        }
    };
    let mut text = match format {
        ReportFormat::Json => report.to_json(),
        ReportFormat::Text => table(&report),
    };
    let size = size(report.size);
    let others = report.others.unwrap_or_default();
    if format == ReportFormat::Text {
        text.push_str(&match &arguments.command {
            CacheCommand::Ls(_) => format!("total {size}\n"),
            CacheCommand::Verify(_) => {
                format!("{others} looked at, {} damaged\n", report.entries.len())
            }
            CacheCommand::Prune(prune) => {
                let verb = if prune.dry_run { "would free" } else { "freed" };
                let in_use = match others {
                    0 => String::new(),
                    count => format!(", {count} in use"),
                };
                format!("{verb} {size}{in_use}\n")
            }
        });
    }
    let printed = print::data(&text);
    match &arguments.command {
        CacheCommand::Verify(_) if !report.entries.is_empty() => Exit::Io,
        _ => printed,
    }
}

/// `1.2 MB`, as disks count.
fn size(bytes: u64) -> String {
    indicatif::DecimalBytes(bytes).to_string()
}

/// A line each.
fn table(report: &CacheReport) -> String {
    let now = onelayer::store::now();
    let ago = |then: u64| ago(now.saturating_sub(then));
    let line = |entry: &CacheEntry| {
        let made = entry.made.map_or_else(|| "-".to_owned(), ago);
        let from = match (&entry.title, &entry.recipe) {
            (Some(title), Some(recipe)) => format!("{title}  ({recipe})"),
            _ => String::new(),
        };
        let line = format!(
            "{:8}  {:.12}  {:>10}  {made:>4}  {:>4}  {}",
            entry.kind,
            format!("{:12}", entry.id),
            size(entry.size),
            ago(entry.used),
            onelayer::diagnostic::printable(&from)
        );
        format!("{}\n", line.trim_end())
    };
    let lines: String = report.entries.iter().map(line).collect();
    match lines.is_empty() {
        true => lines,
        false => format!("KIND      KEY                 SIZE  MADE  USED  BY\n{lines}"),
    }
}

/// A length of time in its largest unit.
fn ago(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}
