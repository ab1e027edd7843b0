//! What the layers so far have brought, by name.

use std::collections::BTreeMap;
use std::ops::Bound;

/// Every name in the root, with the layer that last wrote it.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeMap<Box<[u8]>, Name>);

/// What is known of a name.
#[derive(Debug)]
pub(super) struct Name {
    /// Number of the layer.
    pub(super) layer: u32,
    /// Set for a directory. Most names are none, and there may be millions.
    pub(super) directory: Option<Box<Directory>>,
}

/// What is known of a directory, besides what is on disk.
#[derive(Debug, Default)]
pub(super) struct Directory {
    /// Seconds since 1970, to be set when all that is in it was written.
    pub(super) mtime: i64,
    /// Names of its extended attributes.
    pub(super) xattrs: Vec<String>,
}

impl Names {
    pub(super) fn get(&self, path: &[u8]) -> Option<&Name> {
        self.0.get(path)
    }

    pub(super) fn get_mut(&mut self, path: &[u8]) -> Option<&mut Name> {
        self.0.get_mut(path)
    }

    pub(super) fn insert(&mut self, path: &[u8], name: Name) {
        self.0.insert(path.into(), name);
    }

    pub(super) fn remove(&mut self, path: &[u8]) {
        self.0.remove(path);
    }

    /// All names, sorted.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &Name)> {
        self.0.iter().map(|(path, name)| (&**path, name))
    }

    /// The names below `path`, and with `itself` that one too, the deepest first, that no layer
    /// from `layer` on has written.
    pub(super) fn older(&self, path: &[u8], itself: bool, layer: u32) -> Vec<Box<[u8]>> {
        let from = match path {
            b"" => Bound::Excluded(Box::default()),
            _ => Bound::Excluded([path, b"/"].concat().into()),
        };
        // `0` is the byte after `/`.
        let to: Bound<Box<[u8]>> = match path {
            b"" => Bound::Unbounded,
            _ => Bound::Excluded([path, b"0"].concat().into()),
        };
        let below = self.0.range((from, to)).rev();
        let own = self.0.get_key_value(path).filter(|_| itself);
        below
            .chain(own)
            .filter(|(_, name)| name.layer < layer)
            .map(|(path, _)| path.clone())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_names_come_deepest_first() {
        let mut names = Names::default();
        for (path, layer) in [
            ("a", 1),
            ("a-b", 1),
            ("a/b", 1),
            ("a/b/c", 2),
            ("a/d", 1),
            ("a0", 1),
        ] {
            let directory = None;
            names.insert(path.as_bytes(), Name { layer, directory });
        }
        let of = |path: &str, itself| -> Vec<String> {
            let found = names.older(path.as_bytes(), itself, 2);
            found
                .iter()
                .map(|path| String::from_utf8_lossy(path).into_owned())
                .collect()
        };
        assert_eq!(of("a", true), ["a/d", "a/b", "a"]);
        assert_eq!(of("a", false), ["a/d", "a/b"]);
        assert_eq!(of("", true), ["a0", "a/d", "a/b", "a-b", "a"]);
        assert!(of("b", true).is_empty());
    }
}
