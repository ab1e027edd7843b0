//! Whether commands of recipes can run, and how they are kept from the host.

use super::examination::Examination;
use super::host::Host;
use super::trials::Trials;
use super::user::User;

/// `explained` are the examinations of what isolation is made from: their cures are its own.
pub(super) fn examine(
    _host: &Host,
    user: &User,
    trials: &Trials,
    _explained: &[Examination],
) -> Examination {
    const NAME: &str = "isolation";
    let answer = &trials.sandbox;
    if let Some(failure) = &answer.failure {
        let meaning = match &failure.cure {
            Some(cure) => format!("recipes with `run` or `packages` cannot be built; {cure}"),
            None => "recipes with `run` or `packages` cannot be built".to_owned(),
        };
        let again = user.as_root("onelayer build");
        let cure = (!user.is_root()).then_some(again);
        return Examination::missing(NAME, &failure.reason, meaning).cured_by(cure);
    }
    let isolation = answer.isolation.as_deref().unwrap_or_default();
    Examination::ok(
        NAME,
        isolation,
        "commands run in a sandbox, with all owners that a recipe names",
    )
}
