//! `onelayer schema`

use super::exit::Exit;
use super::print;

pub(crate) fn run() -> Exit {
    print::data(&onelayer::schema::recipe_schema_text())
}
