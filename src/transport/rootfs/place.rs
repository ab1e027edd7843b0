//! Where an entry of a layer goes.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::transport::staged_folder::FILLED;

/// The path below [`FILLED`] that a name in a layer stands for; none if it leads upwards. An
/// absolute name starts at the root of the image.
pub(super) fn below(name: &[u8]) -> Option<PathBuf> {
    let mut path = PathBuf::from(FILLED);
    for component in name.split(|byte| *byte == b'/') {
        match component {
            b"" | b"." => {}
            b".." => return None,
            _ => path.push(OsStr::from_bytes(component)),
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_below() {
        for (name, path) in [
            ("./", "root"),
            ("etc/", "root/etc"),
            ("/etc/./x", "root/etc/x"),
        ] {
            assert_eq!(below(name.as_bytes()), Some(path.into()));
        }
        for name in ["..", "a/../../b", "/.."] {
            assert_eq!(below(name.as_bytes()), None);
        }
    }
}
