//! `onelayer completions`

use clap::CommandFactory;

use super::arguments::{self, Completions};
use super::exit::Exit;
use super::print;

pub(crate) fn run(arguments: &Completions) -> Exit {
    let mut script = Vec::new();
    let mut command = arguments::Arguments::command();
    clap_complete::generate(arguments.shell, &mut command, "onelayer", &mut script);
    print::data(&String::from_utf8_lossy(&script))
}
