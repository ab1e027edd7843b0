//! Whether commands of recipes can run, and how they are kept from the host.

use super::examination::Examination;
use super::trials::Trials;
use super::user::User;

/// `parts` are the examinations of what isolation is made from: their cures are its own.
pub(super) fn examine(user: &User, trials: &Trials, parts: &[Examination]) -> Examination {
    const NAME: &str = "isolation";
    let mended_by = |names: &[&str]| {
        let gaps = parts
            .iter()
            .filter(|part| names.contains(&part.name) && part.is_gap());
        gaps.filter_map(|part| part.cure.clone()).next()
    };
    let answer = &trials.sandbox;
    if let Some(failure) = &answer.failure {
        let meaning = match &failure.cure {
            Some(cure) => format!("recipes with `run` or `packages` cannot be built; {cure}"),
            None => "recipes with `run` or `packages` cannot be built".to_owned(),
        };
        let as_root = (user.uid != 0).then(|| user.as_root("onelayer build"));
        let cure = mended_by(&["user-namespaces", "overlay"]).or(as_root);
        return Examination::missing(NAME, &failure.reason, meaning).cured_by(cure);
    }
    let isolation = answer.isolation.as_deref().unwrap_or_default();
    let found = match &answer.instead {
        Some(reason) => format!("{isolation} ({reason})"),
        None => isolation.to_owned(),
    };
    match isolation {
        "single" => Examination::limited(
            NAME,
            found,
            "commands run in a user namespace with one id; other owners, and devices, are recorded",
        )
        .cured_by(mended_by(&["subordinate-ids", "id-mapping"])),
        "subids" => Examination::ok(
            NAME,
            found,
            "commands run in a user namespace with the owners that root file systems have",
        ),
        _ => Examination::ok(
            NAME,
            found,
            "commands run as root, with every owner there is",
        ),
    }
}
