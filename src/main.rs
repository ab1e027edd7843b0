//! The `onelayer` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    if onelayer::sandbox::is_init() {
        return onelayer::sandbox::init();
    }
    ExitCode::SUCCESS
}
