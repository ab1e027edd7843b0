//! Whether commands of recipes can run, and how they are kept from the host.

use crate::sandbox::{Processes, UNCOVERED};

use super::examination::Examination;
use super::trials::Trials;
use super::user::User;

const NAME: &str = "isolation";

/// The first cure among those of the parts `names` that have a gap.
fn mended_by(parts: &[Examination], names: &[&str]) -> Option<String> {
    let gaps = (parts.iter()).filter(|part| names.contains(&part.name) && part.is_gap());
    gaps.filter_map(|part| part.cure.clone()).next()
}

/// `parts` are the examinations of what isolation is made from: their cures are its own.
pub(super) fn examine(user: &User, trials: &Trials, parts: &[Examination]) -> Examination {
    let answer = &trials.sandbox;
    if let Some(failure) = &answer.failure {
        let meaning = match &failure.cure {
            Some(cure) => format!("recipes with `run` or `packages` cannot be built; {cure}"),
            None => "recipes with `run` or `packages` cannot be built".to_owned(),
        };
        let as_root = (user.uid != 0).then(|| user.as_root("onelayer build"));
        let cure = mended_by(parts, &["user-namespaces", "overlay"]).or(as_root);
        return Examination::missing(NAME, &failure.reason, meaning).cured_by(cure);
    }
    let isolation = answer.isolation.as_deref().unwrap_or_default();
    let found = match &answer.instead {
        Some(reason) => format!("{isolation} ({reason})"),
        None => isolation.to_owned(),
    };
    let owners = owners(isolation, found, parts);
    match answer.processes {
        Some(Processes::All) => seeing_all(owners),
        _ => owners,
    }
}

/// What is to be said where commands see the processes of others: that is no full isolation.
fn seeing_all(examination: Examination) -> Examination {
    let Examination {
        name,
        found,
        meaning,
        cure,
        ..
    } = examination;
    let found = format!("{found}; parts of `/proc` are covered");
    let meaning = format!(
        "{meaning}; they see the command lines of other processes, unless the container is started \
         with {UNCOVERED}"
    );
    Examination::limited(name, found, meaning).cured_by(cure)
}

fn owners(isolation: &str, found: String, parts: &[Examination]) -> Examination {
    match isolation {
        "single" => Examination::limited(
            NAME,
            found,
            "commands run in a user namespace with one id; other owners, and devices, are recorded",
        )
        .cured_by(mended_by(parts, &["subordinate-ids", "id-mapping"])),
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
