//! The `onelayer` command.
//!
//! The same binary, executed again, is also pid 1 of every sandbox.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    if onelayer::sandbox::is_init() {
        return onelayer::sandbox::init();
    }
    cli::run()
}
