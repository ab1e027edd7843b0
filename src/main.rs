//! The `onelayer` command.
//!
//! The same binary, executed again, is also pid 1 of every sandbox, and tries what this host can do.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    if onelayer::sandbox::is_init() {
        return onelayer::sandbox::init();
    }
    if onelayer::sandbox::is_trial() {
        return onelayer::sandbox::answer();
    }
    cli::run()
}
