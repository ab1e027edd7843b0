//! `onelayer inspect`

use onelayer::diagnostic::harmless_json;
use onelayer::ops;

use super::arguments::{Inspect, ReportFormat};
use super::exit::Exit;
use super::print;
use super::terminal::Terminal;

pub(crate) fn run(arguments: &Inspect, terminal: Terminal) -> Exit {
    let registries = arguments.registries.registries(None, None);
    let platform = arguments.platform.as_deref();
    match ops::inspect(&arguments.reference, platform, &registries) {
        Ok(inspection) => print::data(&match arguments.format {
            ReportFormat::Text => inspection.to_string(),
            ReportFormat::Json => harmless_json(&inspection.to_json()).into_owned(),
        }),
        Err(error) => print::error(&error, terminal),
    }
}
