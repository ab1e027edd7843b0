//! Recipes from standard input.

use std::io::{self, Read};
use std::path::PathBuf;

use onelayer::ops;
use onelayer::source::SourceFile;

/// The name that stands for standard input and output.
pub(crate) const STANDARD: &str = "-";
/// The recipe on standard input; messages call it `name`.
pub(crate) fn read(name: &str) -> Result<SourceFile, ops::Error> {
    let mut text = String::new();
    match io::stdin().lock().read_to_string(&mut text) {
        Ok(_) => Ok(SourceFile::new(name, text)),
        Err(cause) => Err(ops::Error::Read {
            path: PathBuf::from(name),
            cause,
        }),
    }
}
