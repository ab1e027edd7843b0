//! `onelayer init`

use std::path::Path;

use onelayer::ops;
use onelayer::syntax::Notation;

use super::arguments::Init;
use super::exit::Exit;
use super::print;
use super::terminal::Terminal;

pub(crate) fn run(arguments: &Init, terminal: Terminal) -> Exit {
    let notation = if arguments.toml {
        Notation::Toml
    } else {
        Notation::Yaml
    };
    match ops::init(&arguments.folder, notation, arguments.name.clone()) {
        Ok(written) => {
            let folder = match arguments.folder.as_path() {
                here if here == Path::new(".") => String::new(),
                folder => format!(" {}", folder.display()),
            };
            print::message(&format!(
                "wrote {}\nwrote {}, for editors\nnext: edit the recipe, then run `onelayer build{folder}`\n",
                written.recipe.display(),
                written.schema.display(),
            ));
            Exit::Success
        }
        Err(error) => print::error(&error, terminal),
    }
}
