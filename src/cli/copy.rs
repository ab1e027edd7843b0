//! `onelayer copy`

use onelayer::ops::{self, Selection};
use onelayer::sandbox::Cancel;

use super::arguments::Copy;
use super::exit::Exit;
use super::reporter::reporter;
use super::terminal::Terminal;
use super::{print, signals};

pub(crate) fn run(arguments: &Copy, terminal: Terminal) -> Exit {
    let watched = Cancel::new().and_then(|cancel| Ok((signals::watch(&cancel)?, cancel)));
    let (caught, cancel) = match watched {
        Ok(watched) => watched,
        Err(error) => {
            print::message(&format!("error: cannot watch for signals: {error}\n"));
            return Exit::Io;
        }
    };
    let selection = match arguments.all {
        true => Selection::All,
        false => Selection::Platform(arguments.platform.clone()),
    };
    let registries = arguments.registries.registries(None, Some(&cancel));
    let progress = reporter(arguments.progress, terminal);
    let (source, destinations) = (&arguments.source, &arguments.destinations);
    let copied = ops::copy(
        source,
        destinations,
        &selection,
        &registries,
        progress.as_ref(),
    );
    drop(progress);
    match copied {
        Ok(copied) if arguments.json => print::data(&copied.to_json()),
        Ok(copied) => {
            let lines = copied.outputs.iter();
            let lines = lines.map(|output| format!("{output}@{}\n", copied.digest));
            print::data(&lines.collect::<String>())
        }
        Err(error) => {
            let exit = print::error(&error, terminal);
            caught.exit().unwrap_or(exit)
        }
    }
}
