//! The command line: one file per command, and what they share.
//!
//! Standard output carries data only; everything else goes to standard error.

mod arguments;
mod build;
mod cache;
mod completions;
mod convert;
mod copy;
mod doctor;
mod exit;
mod explain;
mod fmt;
mod init;
mod input;
mod inspect;
mod man;
mod plan;
mod print;
mod registries;
mod reporter;
mod schema;
mod secrets;
mod shell;
mod signals;
mod strictness;
mod terminal;
mod validate;

use std::process::ExitCode;

use clap::Parser;

use self::arguments::{Arguments, Command};
use self::exit::Exit;
use self::terminal::Terminal;

/// Parses the command line, runs the command and says how it ended.
pub(crate) fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            let exit = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Success
            };
            return exit.into();
        }
    };
    let terminal = Terminal::detect();
    let exit = match &arguments.command {
        Command::Init(arguments) => init::run(arguments, terminal),
        Command::Validate(arguments) => validate::run(arguments, terminal),
        Command::Fmt(arguments) => fmt::run(arguments, terminal),
        Command::Convert(arguments) => convert::run(arguments, terminal),
        Command::Plan(arguments) => plan::run(arguments, terminal),
        Command::Build(arguments) => build::run(arguments, terminal),
        Command::Shell(arguments) => return shell::run(arguments, terminal),
        Command::Inspect(arguments) => inspect::run(arguments, terminal),
        Command::Copy(arguments) => copy::run(arguments, terminal),
        Command::Cache(arguments) => cache::run(arguments, terminal),
        Command::Doctor(arguments) => doctor::run(arguments, terminal),
        Command::Schema => schema::run(),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Completions(arguments) => completions::run(arguments),
        Command::Man(arguments) => man::run(arguments),
    };
    exit.into()
}
