//! What an archive of images holds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Seek;
use std::path::Path;

use super::failure::TransportError;

/// More than any name or list of attributes that a program writes.
const LONGEST_EXTENSION: u64 = 1 << 20;

/// Members of an archive by name. No name comes twice: two readers would see two images.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// Where the bytes of regular files are: offset and size.
    files: BTreeMap<String, (u64, u64)>,
    /// What links stand for.
    links: BTreeMap<String, String>,
}

/// What to do with members that are links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Links {
    /// The format has none.
    Refuse,
    /// `docker save` and skopeo write `ID/layer.tar` as a link to the layer, for the docker of
    /// before 1.10, and docker writes one for a layer that two images share.
    Note,
}

impl Members {
    /// Lists the archive at `path`.
    pub(super) fn of(path: &Path, links: Links) -> Result<Self, TransportError> {
        let failed = || TransportError::io("read", path);
        // A pipe would be waited for without end.
        if !path.is_file() {
            return Err(TransportError::Kind {
                path: path.to_owned(),
                expected: "a regular file",
            });
        }
        let file = File::open(path).map_err(failed())?;
        check_extensions(&file, path)?;
        let mut archive = tar::Archive::new(file);
        let mut members = Self::default();
        let mut names = BTreeSet::new();
        for entry in archive.entries_with_seek().map_err(failed())? {
            let entry = entry.map_err(failed())?;
            let kind = entry.header().entry_type();
            if kind.is_dir() {
                continue;
            }
            let name = text(&entry.path_bytes());
            let is_link = kind.is_symlink() || kind.is_hard_link();
            let is_known = kind.is_file() || (is_link && links == Links::Note);
            if !is_known || !names.insert(name.clone()) {
                return Err(TransportError::Member {
                    path: path.to_owned(),
                    member: name.escape_debug().to_string(),
                });
            }
            if kind.is_file() {
                let place = (entry.raw_file_position(), entry.size());
                members.files.insert(name, place);
                continue;
            }
            // A symbolic link starts from its folder, a hard link from the top.
            let folder = match name.rsplit_once('/') {
                Some((folder, _)) if kind.is_symlink() => folder,
                _ => "",
            };
            let link = entry.link_name_bytes().unwrap_or_default();
            if let Some(target) = below(folder, &text(&link)) {
                members.links.insert(name, target);
            }
        }
        Ok(members)
    }

    /// Where the bytes of a regular file are: offset and size.
    pub(super) fn get(&self, name: &str) -> Option<(u64, u64)> {
        self.files.get(name).copied()
    }

    /// The regular file that `name` is or is a link to. A link to a link is none.
    pub(super) fn resolve<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        let name = self.links.get(name).map_or(name, String::as_str);
        self.files.contains_key(name).then_some(name)
    }
}

/// Fails if a name takes more memory than any real one: they are read whole before they are looked
/// at.
fn check_extensions(file: &File, path: &Path) -> Result<(), TransportError> {
    let failed = || TransportError::io("read", path);
    let mut archive = tar::Archive::new(file);
    for entry in (archive.entries_with_seek().map_err(failed())?).raw(true) {
        let entry = entry.map_err(failed())?;
        let is_file = matches!(entry.header().entry_type().as_byte(), 0 | b'0');
        if !is_file && entry.size() > LONGEST_EXTENSION {
            return Err(TransportError::Member {
                path: path.to_owned(),
                member: text(&entry.path_bytes()).escape_debug().to_string(),
            });
        }
    }
    let mut file = file;
    file.rewind().map_err(failed())
}

fn text(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    name.strip_prefix("./").unwrap_or(&name).to_owned()
}

/// The name of `target` seen from `folder`, unless it is outside of the archive.
fn below(folder: &str, target: &str) -> Option<String> {
    if target.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(target.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stay_in_the_archive() {
        let of = |folder, target| below(folder, target).unwrap_or_default();
        assert_eq!(of("a", "../b.tar"), "b.tar");
        assert_eq!(of("a/b", "../c/./d"), "a/c/d");
        assert_eq!(of("", "a"), "a");
        for (folder, target) in [("", "../a"), ("a", "../../a"), ("a", "/a")] {
            assert_eq!(below(folder, target), None, "{folder} {target}");
        }
    }
}
