//! Recipes from standard input.

use std::io;
use std::path::Path;

use onelayer::ops;
use onelayer::source::SourceFile;

/// The name that stands for standard input and output.
pub(crate) const STANDARD: &str = "-";

/// The recipe on standard input; messages call it `name`.
pub(crate) fn read(name: &Path) -> Result<SourceFile, ops::Error> {
    ops::load_from(io::stdin().lock(), name)
}
