//! What `--deny` does to a recipe.

use onelayer::diagnostic::{Diagnostic, Severity, deny};
use onelayer::ops::{Error, Planned};

use super::arguments::Strictness;

impl Strictness {
    /// Makes errors of what is denied, and says whether there are any errors then.
    pub(crate) fn rejects(&self, diagnostics: &mut [Diagnostic]) -> bool {
        deny(diagnostics, &self.deny);
        (diagnostics.iter()).any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// As [`judge`](Self::judge), for a recipe that is planned several times.
    pub(crate) fn judge_all(
        &self,
        planned: Result<Vec<Planned>, Error>,
    ) -> Result<Vec<Planned>, Error> {
        match planned {
            Ok(planned) => planned.into_iter().map(|it| self.judge(Ok(it))).collect(),
            Err(error) => self.judge(Err(error)).map(|planned| vec![planned]),
        }
    }

    /// Rejects a recipe that can be planned and has what is denied.
    pub(crate) fn judge(&self, planned: Result<Planned, Error>) -> Result<Planned, Error> {
        match planned {
            Ok(mut planned) => {
                if !self.rejects(&mut planned.warnings) {
                    return Ok(planned);
                }
                Err(Error::Rejected {
                    recipe: planned.source,
                    diagnostics: planned.warnings,
                })
            }
            Err(Error::Rejected {
                recipe,
                mut diagnostics,
            }) => {
                deny(&mut diagnostics, &self.deny);
                Err(Error::Rejected {
                    recipe,
                    diagnostics,
                })
            }
            Err(error) => Err(error),
        }
    }
}
