//! `onelayer convert`

use std::path::Path;

use onelayer::ops;
use onelayer::syntax::Notation;

use super::arguments::Convert;
use super::exit::Exit;
use super::terminal::Terminal;
use super::{input, print};

pub(crate) fn run(arguments: &Convert, terminal: Terminal) -> Exit {
    match convert(arguments) {
        Ok(exit) => exit,
        Err(error) => print::error(&error, terminal),
    }
}

fn convert(arguments: &Convert) -> Result<Exit, ops::Error> {
    let standard = Path::new(input::STANDARD);
    let output = arguments.output.as_deref().filter(|path| *path != standard);
    let asked = arguments.to.map(Notation::from);
    let (source, from) = if arguments.input == standard {
        (
            input::read(Path::new("<stdin>"))?,
            asked.unwrap_or(Notation::Toml).other(),
        )
    } else {
        let source = ops::load(&arguments.input)?;
        let from = Notation::of(source.name());
        (source, from)
    };
    let named = output.map(|path| Notation::of(&path.display().to_string()));
    let to = asked.or(named).unwrap_or(from.other());
    let clash = match named {
        Some(named) if named != to => Some(format!(
            "the name of the output is one of {named}, not of {to}"
        )),
        _ if to == from => Some(format!("`{}` is {from} already", source.name())),
        _ => None,
    };
    if let Some(clash) = clash {
        print::message(&format!(
            "error: {clash}\n  help: name a `.toml` file for TOML, a `.yaml` file for YAML\n"
        ));
        return Ok(Exit::Usage);
    }
    let converted = ops::convert(source, from, to, output)?;
    let exit = match output {
        Some(output) => {
            converted.write(output, arguments.force)?;
            Exit::Success
        }
        None => print::data(&converted.text),
    };
    if converted.lost_comments > 0 {
        let plural = if converted.lost_comments == 1 {
            ""
        } else {
            "s"
        };
        print::message(&format!(
            "warning: {} comment{plural} not converted\n",
            converted.lost_comments
        ));
    }
    Ok(exit)
}
