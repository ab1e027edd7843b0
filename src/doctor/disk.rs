//! Room for what builds keep, and for what they make meanwhile.

use std::io;
use std::path::Path;

use super::examination::Examination;
use super::host::Host;
use super::pending::within;
use super::room::Room;
use super::trials::Trials;

/// The cache.
pub(super) fn cache(host: &Host, trials: &Trials) -> Examination {
    const NAME: &str = "cache";
    let path = &host.cache_directory;
    let elsewhere = "export ONELAYER_CACHE_DIR=/var/tmp/onelayer".to_owned();
    if let Err(reason) = &trials.cache {
        let found = format!("cannot write to {}: {reason}", path.display());
        return Examination::missing(NAME, found, "nothing can be built").cured_by(elsewhere);
    }
    let examination = room(
        NAME,
        host,
        path,
        "holds the results of steps, and base images",
    );
    match examination.is_gap() {
        true => examination.cured_by(elsewhere),
        false => examination,
    }
}

/// The folder for temporary files.
pub(super) fn temporary(host: &Host) -> Examination {
    const NAME: &str = "temporary-folder";
    let path = &host.temporary_directory;
    let elsewhere = "export TMPDIR=/var/tmp".to_owned();
    let folder = path.clone();
    let tried = within(host.patience, move || {
        tempfile::tempfile_in(folder).map(drop)
    });
    let tried = tried.unwrap_or_else(|| Err(io::Error::from(io::ErrorKind::TimedOut)));
    if let Err(error) = tried {
        let found = format!("cannot write to {}: {error}", path.display());
        let meaning = "layers and archives cannot be made ready for registries and docker";
        return Examination::missing(NAME, found, meaning).cured_by(elsewhere);
    }
    let meaning = "layers and archives are made ready there for registries and docker";
    let examination = room(NAME, host, path, meaning);
    match examination.is_gap() {
        true => examination.cured_by(elsewhere),
        false => examination,
    }
}

fn room(name: &'static str, host: &Host, path: &Path, meaning: &str) -> Examination {
    let shown = path.display();
    let folder = path.to_owned();
    let found = within(host.patience, move || Room::at(&folder));
    match found.unwrap_or_else(|| Err(io::Error::from(io::ErrorKind::TimedOut))) {
        Err(error) => Examination::limited(name, format!("{shown}: {error}"), meaning),
        Ok(room) => {
            let found = format!("{shown}: {}", room.describe());
            match room.is_short() {
                true => {
                    Examination::limited(name, found, format!("{meaning}; that may be too little"))
                }
                false => Examination::ok(name, found, meaning),
            }
        }
    }
}
