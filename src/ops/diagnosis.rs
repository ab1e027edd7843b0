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
/// as far as its first step; the error is the one that such a build would end with before it looks
/// for a way to isolate commands.
pub fn diagnose(
    host: &Host,
    recipe: Option<(String, Result<Vec<Planned>, Error>)>,
) -> (Diagnosis, Option<Error>) {
    let report = doctor::examine(host);
    let mut error = None;
    let recipe = recipe.map(|(path, planned)| {
        let obstacle = planned
            .map_err(Obstacle::from)
            .and_then(|planned| look(&planned, &report));
        let (reason, help) = match obstacle {
            Ok(()) => (None, None),
            Err(obstacle) => {
                error = obstacle.error.map(|error| *error);
                (Some(obstacle.reason), obstacle.help)
            }
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
        recipe,
    };
    (diagnosis, error)
}

/// What stands in the way of a build.
struct Obstacle {
    reason: String,
    help: Option<String>,
    error: Option<Box<Error>>,
}

impl From<Error> for Obstacle {
    fn from(error: Error) -> Self {
        Obstacle {
            reason: error.to_string(),
            help: error.help(),
            error: Some(Box::new(error)),
        }
    }
}

/// Looks at everything that `build` looks at before any work, in the same order.
fn look(planned: &[Planned], report: &Report) -> Result<(), Obstacle> {
    for planned in planned {
        build::check_language(planned)?;
        if planned.plan.needs_sandbox()
            && let Some(failure) = report.refusal()
        {
            let reason = &failure.reason;
            return Err(Obstacle {
                reason: format!("this recipe runs commands, and they cannot be isolated: {reason}"),
                help: failure.cure.clone(),
                error: None,
            });
        }
        // What a step may use of the network decides nothing here.
        build::check_programs(&planned.plan, &HostAccess::default())?;
    }
    if report.builds == Builds::Nothing {
        let cache = report.examination("cache");
        return Err(Obstacle {
            reason: cache.map_or_else(String::new, |cache| cache.found.clone()),
            help: Some("name another folder with `--cache-dir`".to_owned()),
            error: None,
        });
    }
    Ok(())
}
