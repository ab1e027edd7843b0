//! Names that take something away (image-spec, [layer.md], "Whiteouts").
//!
//! [layer.md]: https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md#whiteouts

use super::EntryProblem;

/// In front of a name: it is removed.
const WHITEOUT: &[u8] = b".wh.";
/// In front of names that aufs kept for itself, and of the one that hides all of a folder.
const METADATA: &[u8] = b".wh..wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";

/// What the name of an entry in a layer removes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Removal<'p, 'n> {
    /// Nothing: the entry is what it says.
    None,
    /// All that lower layers have in `folder`.
    Opaque { folder: &'p [&'n [u8]] },
    /// What lower layers have at `name` in `folder`.
    Name {
        folder: &'p [&'n [u8]],
        name: &'n [u8],
    },
    /// Nothing, and the entry is none of the root's either: aufs kept `.wh..wh.plnk`,
    /// `.wh..wh.orph` and `.wh..wh.aufs` at the top of a layer, and old images have them. Engines
    /// pass over them with all that they hold.
    Metadata,
}

impl<'p, 'n> Removal<'p, 'n> {
    /// By the parts of a name.
    pub(crate) fn of(parts: &'p [&'n [u8]]) -> Result<Self, EntryProblem> {
        let Some((last, folder)) = parts.split_last() else {
            return Ok(Self::None);
        };
        if *last == OPAQUE && !is_below(folder) {
            return Ok(Self::Opaque { folder });
        }
        if parts[0].starts_with(METADATA) && parts[0] != OPAQUE {
            return Ok(Self::Metadata);
        }
        if is_below(folder) {
            return Err(EntryProblem::Whiteout);
        }
        let Some(name) = last.strip_prefix(WHITEOUT) else {
            return Ok(Self::None);
        };
        match name {
            b"" | b"." | b".." => Err(EntryProblem::Removal),
            _ if last.starts_with(METADATA) => Ok(Self::Metadata),
            name => Ok(Self::Name { folder, name }),
        }
    }
}

/// Whether a folder on the way has the name of a removal.
fn is_below(folder: &[&[u8]]) -> bool {
    folder.iter().any(|part| part.starts_with(WHITEOUT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tar::parts;

    fn of(name: &str) -> String {
        let parts = parts(name.as_bytes()).unwrap();
        match Removal::of(&parts) {
            Ok(Removal::None) => "none".to_owned(),
            Ok(Removal::Metadata) => "metadata".to_owned(),
            Ok(Removal::Opaque { folder }) => format!("all in {}", folder.len()),
            Ok(Removal::Name { folder, name }) => {
                format!("{} in {}", name.escape_ascii(), folder.len())
            }
            Err(problem) => problem.to_string(),
        }
    }

    #[test]
    fn names_remove_or_are_passed_over() {
        for (name, expected) in [
            ("a/b", "none"),
            ("./", "none"),
            ("a.wh.b", "none"),
            (".wh.a", "a in 0"),
            ("./a/.wh.b", "b in 1"),
            ("a/.wh..wh..opq", "all in 1"),
            (".wh..wh..opq", "all in 0"),
            (".wh..wh.aufs", "metadata"),
            (".wh..wh.plnk/", "metadata"),
            (".wh..wh.plnk/12.34", "metadata"),
            ("./.wh..wh.orph/.wh.x", "metadata"),
            ("a/.wh..wh.plnk", "metadata"),
        ] {
            assert_eq!(of(name), expected, "{name}");
        }
        for name in [".wh.", "a/.wh...", "a/.wh.."] {
            assert_eq!(of(name), EntryProblem::Removal.to_string(), "{name}");
        }
        for name in [
            ".wh.a/b",
            "a/.wh..wh.plnk/b",
            "a/.wh.b/.wh..wh..opq",
            ".wh..wh..opq/a",
        ] {
            assert_eq!(of(name), EntryProblem::Whiteout.to_string(), "{name}");
        }
    }
}
