//! What this host can do, and whether it can build one recipe.

use std::fmt::Write as _;

use serde::Serialize;

use crate::doctor::{self, Builds, Host, Report};
use crate::packages::HostAccess;

use super::{Error, Planned, build};

/// Version of the JSON form of [`Diagnosis`].
const VERSION: u32 = 1;

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct Diagnosis {
    version: u32,
    /// About the host.
    #[serde(flatten)]
    pub report: Report,
    /// About the recipe, if there is one.
    pub recipe: Option<Outlook>,
}

/// Whether a recipe can be built here.
#[derive(Debug, Clone, Serialize)]
pub struct Outlook {
    /// As it was named.
    pub path: String,
    /// Whether it can.
    pub builds: bool,
    /// Why not.
    pub reason: Option<String>,
    /// What would make it possible.
    pub help: Option<String>,
}

impl Diagnosis {
    /// For people.
    pub fn to_text(&self, colour: bool) -> String {
        let mut text = self.report.to_text(colour);
        let Some(recipe) = &self.recipe else {
            return text;
        };
        let path = &recipe.path;
        let _ = match &recipe.reason {
            None => writeln!(text, "`{path}` can be built here"),
            Some(reason) => writeln!(text, "`{path}` cannot be built here: {reason}"),
        };
        if let Some(help) = &recipe.help {
            let _ = writeln!(text, "  help: {help}");
        }
        text
    }

    /// For programs.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("all keys are text");
        json.push('\n');
        json
    }

    /// Whether this host can do what was asked about: build the recipe or, without one, anything.
    pub fn is_good(&self) -> bool {
        match &self.recipe {
            Some(recipe) => recipe.builds,
            None => self.report.builds != Builds::Nothing,
        }
    }
}

/// Examines the host. With a recipe, planned or refused, also says whether a build of it would come
/// as far as its first step; the error is what planning it gave, or what stands in its way.
pub fn diagnose(
    host: &Host,
    recipe: Option<(String, Result<Vec<Planned>, Error>)>,
) -> (Diagnosis, Option<Error>) {
    let report = doctor::examine(host);
    let mut error = None;
    let outlook = recipe.map(|(path, planned)| {
        let checked = planned.and_then(|planned| check(&planned));
        let needs_sandbox = match checked {
            Ok(needs_sandbox) => needs_sandbox,
            Err(found) => {
                let reason = found.to_string();
                let help = found.help();
                error = Some(found);
                return Outlook {
                    path,
                    builds: false,
                    reason: Some(reason),
                    help,
                };
            }
        };
        let (reason, help) = match (report.builds, needs_sandbox) {
            (Builds::Nothing, _) => {
                let found = report.examination("cache");
                let found = found.map(|found| found.found.clone()).unwrap_or_default();
                (
                    Some(found),
                    Some("name another folder with `--cache-dir`".to_owned()),
                )
            }
            (Builds::Files, true) => {
                let failure = report.refusal();
                let reason = failure.map_or("", |failure| failure.reason.as_str());
                let reason = format!("it runs commands, and they cannot be isolated: {reason}");
                (
                    Some(reason),
                    failure.and_then(|failure| failure.cure.clone()),
                )
            }
            _ => (None, None),
        };
        Outlook {
            path,
            builds: reason.is_none(),
            reason,
            help,
        }
    });
    let diagnosis = Diagnosis {
        version: VERSION,
        report,
        recipe: outlook,
    };
    (diagnosis, error)
}

/// Everything that `build` looks at before any work but for the isolation; whether that is needed.
fn check(planned: &[Planned]) -> Result<bool, Error> {
    for planned in planned {
        build::check_language(planned)?;
        // What a step may use of the network decides nothing here.
        build::check_programs(&planned.plan, &HostAccess::default())?;
    }
    Ok(planned.iter().any(|planned| planned.plan.needs_sandbox()))
}
