//! `onelayer explain`

use onelayer::diagnostic::Code;

use super::arguments::Explain;
use super::exit::Exit;
use super::print;

pub(crate) fn run(arguments: &Explain) -> Exit {
    let Some(name) = &arguments.code else {
        return print::data(&list());
    };
    match name.parse::<Code>() {
        Ok(code) => print::data(&code.explanation().to_string()),
        Err(error) => {
            let help = match error.meant {
                Some(code) => format!("write `{code}` if that is meant"),
                None => "run `onelayer explain` for the list of all codes".to_owned(),
            };
            print::message(&format!("error: {error}\n  help: {help}\n"));
            Exit::Usage
        }
    }
}

/// One line a code.
fn list() -> String {
    let width = Code::all().map(|code| code.name().len()).max().unwrap_or(0);
    Code::all()
        .map(|code| format!("{code:width$}  {}\n", code.title()))
        .collect()
}
