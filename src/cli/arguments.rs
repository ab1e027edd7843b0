//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use onelayer::diagnostic::{Code, Denial, UnknownCode, nearest};
use onelayer::sandbox::{self, Isolation};

use super::cache::Cache;
use super::exit;
use onelayer::recipe::Name;

/// Compiles a declarative recipe into a container image with exactly one layer
#[derive(Debug, Parser)]
#[command(name = "onelayer", version, max_term_width = 100, after_long_help = exit::statuses())]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a commented recipe that builds as it stands
    Init(Init),
    /// Report every problem of one or more recipes
    Validate(Validate),
    /// Bring recipes into one layout, in place
    Fmt(Fmt),
    /// Write a recipe in the other notation: YAML as TOML, TOML as YAML
    Convert(Convert),
    /// Show the ordered steps of a recipe with their keys
    Plan(Plan),
    /// Build the image of a recipe
    Build(Build),
    /// Open a shell in the root of a recipe as a step leaves it; nothing it changes is kept
    Shell(Shell),
    /// Show an image: configuration, history, layers, sizes
    Inspect(Inspect),
    /// Copy an image from one place to others: push, pull, load, save
    Copy(Copy),
    /// Show, look through or prune what is kept between builds
    Cache(Cache),
    /// Say what this host can do for builds, and what mends each gap
    Doctor(Doctor),
    /// Print the JSON Schema of recipes
    Schema,
    /// Explain a diagnostic code: cause, example, cure
    Explain(Explain),
    /// Print what makes a shell complete commands and options
    Completions(Completions),
    /// Print the manual page, or write those of all commands
    Man(Man),
}

/// Which recipe, and where its inputs are.
#[derive(Debug, Args)]
pub(crate) struct RecipeArguments {
    /// A recipe, or a folder that holds recipe.yaml, recipe.yml or recipe.toml
    #[arg(value_name = "RECIPE", default_value = ".")]
    pub(crate) recipe: PathBuf,
    /// Folder that the recipe's inputs are relative to [default: the recipe's folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) context: Option<PathBuf>,
    /// Value of an argument that the recipe declares (can be repeated)
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    pub(crate) set: Vec<(String, String)>,
    /// Platform that the image is for; `build` takes several with commas between them
    /// [default: the recipe's, then this machine's]
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    pub(crate) platform: Option<String>,
    /// Stage to make the image of, instead of the recipe's end
    #[arg(long, value_name = "STAGE")]
    pub(crate) target: Option<String>,
}

/// `NAME=VALUE`
fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write `NAME=VALUE`".to_owned()),
    }
}

/// The way to registries.
#[derive(Debug, Args)]
pub(crate) struct RegistryArguments {
    /// File with the credentials for registries [default: those of podman, buildah and docker]
    #[arg(long, env = "REGISTRY_AUTH_FILE", value_name = "FILE", hide_env = true)]
    pub(crate) authfile: Option<PathBuf>,
    /// Speak to registries without TLS where they have none (those on this machine always may)
    #[arg(long)]
    pub(crate) plain_http: bool,
    /// Certificates that registries, and steps with network, are trusted by besides the usual ones
    /// (never enters the image)
    #[arg(long, env = "ONELAYER_CA_BUNDLE", value_name = "FILE")]
    pub(crate) ca_bundle: Option<PathBuf>,
}

/// Where everything is that is kept between builds.
#[derive(Debug, Args)]
pub(crate) struct CacheArguments {
    /// Folder for everything that is kept between builds
    /// [default: $XDG_CACHE_HOME/onelayer, then ~/.cache/onelayer]
    #[arg(long, env = "ONELAYER_CACHE_DIR", value_name = "DIR")]
    pub(crate) cache_dir: Option<PathBuf>,
}

/// What a recipe is rejected for, besides errors.
#[derive(Debug, Args)]
pub(crate) struct Strictness {
    /// Reject recipes for warnings, advice or one code (can be repeated)
    #[arg(long, value_name = "warnings|advice|CODE", value_parser = denial)]
    pub(crate) deny: Vec<Denial>,
}

/// Reads a value of `--deny`.
fn denial(text: &str) -> Result<Denial, String> {
    (text.parse()).map_err(|error: UnknownCode| {
        let known = ["warnings", "advice"].into_iter();
        match nearest(text, known.chain(Code::all().map(Code::name))) {
            Some(meant) => format!("{error}; write `{meant}` if that is meant"),
            None => format!("{error}; `onelayer explain` lists all of them"),
        }
    })
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Folder of the recipe, made if it is missing
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
    /// Write TOML instead of YAML
    #[arg(long)]
    pub(crate) toml: bool,
    /// Name of the image [default: the folder's, made valid]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<Name>,
}

#[derive(Debug, Args)]
pub(crate) struct Validate {
    /// Recipes; folders that hold one; folders below which to search for recipes; `-` for standard
    /// input
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// How problems are printed; described in docs/formats.md
    #[arg(long, value_enum, default_value_t = DiagnosticFormat::Text)]
    pub(crate) format: DiagnosticFormat,
    /// What standard input is called in messages; it is TOML if that ends in `.toml`
    #[arg(long, value_name = "NAME", default_value = "<stdin>")]
    pub(crate) stdin_name: PathBuf,
    #[command(flatten)]
    pub(crate) strictness: Strictness,
}

#[derive(Debug, Args)]
pub(crate) struct Fmt {
    /// Recipes; folders that hold one; folders below which to search for recipes; `-` for standard
    /// input, which is formatted to standard output
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// Write nothing, name what would change, and end with status 1 if anything would
    #[arg(long)]
    pub(crate) check: bool,
    /// Write nothing, and show what would change as a unified diff
    #[arg(long)]
    pub(crate) diff: bool,
    /// What standard input is called in messages; it is TOML if that ends in `.toml`
    #[arg(long, value_name = "NAME", default_value = "<stdin>")]
    pub(crate) stdin_name: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Convert {
    /// A recipe, or a folder that holds one; `-` for standard input
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,
    /// Where the converted recipe goes [default: standard output, also called `-`]
    #[arg(value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// What to write [default: by the name of OUT, else what IN is not written in]
    #[arg(
        long,
        value_enum,
        value_name = "NOTATION",
        required_if_eq("input", "-")
    )]
    pub(crate) to: Option<Notation>,
    /// Replace OUT if it exists
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) recipe: RecipeArguments,
    /// How the plan is printed
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    pub(crate) format: PlanFormat,
    #[command(flatten)]
    pub(crate) strictness: Strictness,
    #[command(flatten)]
    pub(crate) registries: RegistryArguments,
    #[command(flatten)]
    pub(crate) cache: CacheArguments,
}

#[derive(Debug, Args)]
pub(crate) struct Build {
    #[command(flatten)]
    pub(crate) recipe: RecipeArguments,
    #[command(flatten)]
    pub(crate) strictness: Strictness,
    /// Where the image goes (can be repeated): oci:DIR[:TAG], oci-archive:FILE[:TAG],
    /// docker://NAME[:TAG], docker-archive:FILE[:NAME[:TAG]], docker-daemon:NAME[:TAG], containers-storage:NAME[:TAG],
    /// rootfs:DIR or rootfs:FILE.tar[.gz,.zst]. Name and tags that are left out are the recipe's
    /// [default: oci:out/NAME:TAG]
    #[arg(short, long, value_name = "TRANSPORT")]
    pub(crate) output: Vec<String>,
    /// Tag of the image, instead of the recipe's (can be repeated)
    #[arg(short, long, value_name = "TAG")]
    pub(crate) tag: Vec<String>,
    /// Run every step, even where its result is in the cache
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Make the layer a second time, from nothing, and fail unless it is the same
    #[arg(long)]
    pub(crate) verify: bool,
    /// A secret that steps mount by its id (can be repeated); with an id alone, the value is in the variable of that
    /// name
    #[arg(long, value_name = "id=ID[,src=FILE|,env=VARIABLE]")]
    pub(crate) secret: Vec<String>,
    /// Open a shell in the root of a command that fails, if standard input and error are a terminal;
    /// the build fails all the same
    #[arg(long)]
    pub(crate) shell_on_failure: bool,
    #[command(flatten)]
    pub(crate) registries: RegistryArguments,
    #[command(flatten)]
    pub(crate) cache: CacheArguments,
    /// Threads for the layer [default: one per core]; the image does not depend on it
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<std::num::NonZeroUsize>,
    /// How progress is shown, on standard error
    #[arg(long, value_enum, default_value_t = Progress::Auto)]
    pub(crate) progress: Progress,
    /// How commands of the recipe are kept from the host, and what they can own there
    #[arg(
        long,
        env = "ONELAYER_ISOLATION",
        value_enum,
        default_value_t = WantedIsolation::Auto
    )]
    pub(crate) isolation: WantedIsolation,
    /// Print the result as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Shell {
    #[command(flatten)]
    pub(crate) recipe: RecipeArguments,
    /// The last step to carry out: its number, or its title as `plan` shows it [default: all steps]
    #[arg(long, value_name = "STEP")]
    pub(crate) at: Option<String>,
    /// What to run instead of /bin/bash or /bin/sh
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
    #[command(flatten)]
    pub(crate) strictness: Strictness,
    /// Run every step, even where its result is in the cache
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// A secret that steps mount by its id, as for `build` (can be repeated)
    #[arg(long, value_name = "id=ID[,src=FILE|,env=VARIABLE]")]
    pub(crate) secret: Vec<String>,
    #[command(flatten)]
    pub(crate) registries: RegistryArguments,
    #[command(flatten)]
    pub(crate) cache: CacheArguments,
    /// How progress is shown, on standard error
    #[arg(long, value_enum, default_value_t = Progress::Plain)]
    pub(crate) progress: Progress,
    /// How commands of the recipe are kept from the host, and what they can own there
    #[arg(
        long,
        env = "ONELAYER_ISOLATION",
        value_enum,
        default_value_t = WantedIsolation::Auto
    )]
    pub(crate) isolation: WantedIsolation,
}

/// Values of `--isolation`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WantedIsolation {
    /// The most exact that this user can have
    Auto,
    /// As root
    Root,
    /// In a user namespace with the subordinate ids of this user
    Subids,
    /// In a user namespace with the id of this user alone; other owners are recorded
    Single,
}

impl WantedIsolation {
    /// As the sandbox takes it.
    pub(crate) fn wanted(self) -> sandbox::WantedIsolation {
        match self {
            Self::Auto => sandbox::WantedIsolation::Auto,
            Self::Root => sandbox::WantedIsolation::Only(Isolation::Root),
            Self::Subids => sandbox::WantedIsolation::Only(Isolation::SubordinateIds),
            Self::Single => sandbox::WantedIsolation::Only(Isolation::SingleId),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// The image, as `base` names one in a recipe: oci:DIR[:TAG], docker://NAME, docker-archive:FILE and others
    #[arg(value_name = "REF")]
    pub(crate) reference: String,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) format: ReportFormat,
    /// Which of several images [default: the one for this machine]
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    pub(crate) platform: Option<String>,
    #[command(flatten)]
    pub(crate) registries: RegistryArguments,
}

#[derive(Debug, Args)]
pub(crate) struct Copy {
    /// The image, as `build` takes it for a base; a name alone is that of an image in a registry
    #[arg(value_name = "SRC")]
    pub(crate) source: String,
    /// Where it goes, as for `build --output`
    #[arg(value_name = "DST", required = true)]
    pub(crate) destinations: Vec<String>,
    /// Copy the images for all platforms, with their index
    #[arg(long, conflicts_with = "platform")]
    pub(crate) all: bool,
    /// Which of several images [default: the one for this machine]
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    pub(crate) platform: Option<String>,
    #[command(flatten)]
    pub(crate) registries: RegistryArguments,
    /// How progress is shown, on standard error
    #[arg(long, value_enum, default_value_t = Progress::Auto)]
    pub(crate) progress: Progress,
    /// Print the result as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// A recipe, or a folder that holds one: whether it can be built here
    #[arg(value_name = "RECIPE")]
    pub(crate) recipe: Option<PathBuf>,
    /// Folder that the recipe's inputs are relative to [default: the recipe's folder]
    #[arg(long, value_name = "DIR", requires = "recipe")]
    pub(crate) context: Option<PathBuf>,
    /// Value of an argument that the recipe declares (can be repeated)
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting, requires = "recipe")]
    pub(crate) set: Vec<(String, String)>,
    /// Platform that the image is for; several with commas between them
    /// [default: the recipe's, then this machine's]
    #[arg(long, value_name = "OS/ARCH[/VARIANT]", requires = "recipe")]
    pub(crate) platform: Option<String>,
    /// Stage to make the image of, instead of the recipe's end
    #[arg(long, value_name = "STAGE", requires = "recipe")]
    pub(crate) target: Option<String>,
    /// How commands of recipes are to be kept from the host, and what they can own there
    #[arg(
        long,
        env = "ONELAYER_ISOLATION",
        value_enum,
        default_value_t = WantedIsolation::Auto
    )]
    pub(crate) isolation: WantedIsolation,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) format: ReportFormat,
    #[command(flatten)]
    pub(crate) strictness: Strictness,
    #[command(flatten)]
    pub(crate) registries: RegistryArguments,
    #[command(flatten)]
    pub(crate) cache: CacheArguments,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The code, as diagnostics show it; without one, all codes are listed
    #[arg(value_name = "CODE")]
    pub(crate) code: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell that is to complete
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Folder to write a page for each command to, instead of printing the first one
    #[arg(value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiagnosticFormat {
    /// For people, on standard error
    Text,
    /// For programs; described in docs/json.md
    Json,
    /// SARIF 2.1.0, for editors and code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// A Code Quality report of GitLab
    Gitlab,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For people
    Text,
    /// For programs; described in docs/json.md
    Json,
    /// A flow chart of stages and steps, which code forges draw
    Mermaid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people
    Text,
    /// For programs; described in docs/json.md
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Notation {
    /// YAML
    Yaml,
    /// TOML
    Toml,
}

impl From<Notation> for onelayer::syntax::Notation {
    fn from(notation: Notation) -> Self {
        match notation {
            Notation::Yaml => Self::Yaml,
            Notation::Toml => Self::Toml,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Progress {
    /// Bars on a terminal, lines elsewhere
    Auto,
    /// Bars
    Tty,
    /// Lines
    Plain,
    /// One JSON event a line
    Json,
    /// Nothing but errors
    Quiet,
}
