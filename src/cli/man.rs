//! `onelayer man`

use std::fs;
use std::io;
use std::path::Path;

use clap::CommandFactory;

use super::arguments::{Arguments, Man};
use super::exit::{Exit, MEANINGS};
use super::print;

pub(crate) fn run(arguments: &Man) -> Exit {
    let Some(directory) = &arguments.directory else {
        return match page() {
            Ok(page) => print::data(&page),
            Err(error) => {
                print::message(&format!("error: cannot make the page: {error}\n"));
                Exit::Bug
            }
        };
    };
    match write(directory) {
        Ok(()) => Exit::Success,
        Err(error) => {
            let place = directory.display();
            print::message(&format!("error: cannot write to `{place}`: {error}\n"));
            Exit::Io
        }
    }
}

fn command() -> clap::Command {
    // Without pages on `help`, which tell nothing.
    Arguments::command().disable_help_subcommand(true)
}

/// onelayer(1).
fn page() -> io::Result<String> {
    let man = clap_mangen::Man::new(command());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    man.render_subcommands_section(&mut page)?;
    let mut page = String::from_utf8_lossy(&page).into_owned();
    page.push_str(".SH \"EXIT STATUS\"\n");
    for (status, meaning) in MEANINGS {
        page.push_str(&format!(".TP\n{status}\n{meaning}\n"));
    }
    Ok(page)
}

/// A page for each command.
fn write(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    clap_mangen::generate_to(command(), directory)?;
    fs::write(directory.join("onelayer.1"), page()?)
}
