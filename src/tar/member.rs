//! What an archive holds, whatever its format.

use super::EntryProblem;

/// The longest path that the kernel takes in one call.
const LONGEST_NAME: usize = 4096;
/// The longest name in a folder that Linux's file systems take.
const LONGEST_PART: usize = 255;

/// One entry of an archive, without its bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// As the archive has it.
    pub(crate) name: Vec<u8>,
    pub(crate) kind: MemberKind,
    /// Permission bits, where the archive has them.
    pub(crate) mode: Option<u32>,
    /// What only the layers of an image mean by it.
    pub(crate) details: Details,
}

/// What a tar says of an entry besides; a zip says nothing, and what cannot be read is missing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Details {
    pub(crate) uid: Option<u64>,
    pub(crate) gid: Option<u64>,
    /// Seconds since 1970.
    pub(crate) mtime: Option<i64>,
    /// What is to be added to them.
    pub(crate) nanoseconds: u32,
    /// Extended attributes in the order in which they stand.
    pub(crate) xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum MemberKind {
    /// A regular file of so many bytes; those in holes are not stored.
    File {
        size: u64,
        parts: Option<Vec<Part>>,
    },
    Directory,
    Symlink {
        target: Vec<u8>,
    },
    /// One more name for a file that came before.
    HardLink {
        target: Vec<u8>,
    },
    Device {
        is_block: bool,
        /// Major and minor, where they can be read.
        number: Option<(u32, u32)>,
    },
    Fifo,
}

/// Bytes of a file with holes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) offset: u64,
    pub(crate) length: u64,
}

/// A name as path below the folder that the archive is unpacked into, without its first `strip`
/// parts; none if there are no more parts than these. As tar(1) does it, a slash in front means
/// nothing.
pub(crate) fn relative(name: &[u8], strip: u32) -> Result<Option<Vec<u8>>, EntryProblem> {
    let parts = parts(name)?;
    let strip = usize::try_from(strip).unwrap_or(usize::MAX);
    if strip > 0 && parts.len() <= strip {
        return Ok(None);
    }
    let parts = &parts[strip..];
    if parts.iter().any(|part| part.starts_with(b".wh.")) {
        return Err(EntryProblem::Whiteout);
    }
    Ok(Some(parts.join(&b'/')))
}

/// The parts of a name that mean something, none of which climbs.
pub(crate) fn parts(name: &[u8]) -> Result<Vec<&[u8]>, EntryProblem> {
    match name.len() > LONGEST_NAME {
        true => Err(EntryProblem::Name),
        false => long_parts(name),
    }
}

/// The same for names that are never given to the kernel in one piece.
pub(crate) fn long_parts(name: &[u8]) -> Result<Vec<&[u8]>, EntryProblem> {
    if name.contains(&0) {
        return Err(EntryProblem::Name);
    }
    let parts: Vec<&[u8]> = (name.split(|byte| *byte == b'/'))
        .filter(|part| !matches!(*part, b"" | b"."))
        .collect();
    if parts.contains(&&b".."[..]) {
        return Err(EntryProblem::Climbs);
    }
    if parts.iter().any(|part| part.len() > LONGEST_PART) {
        return Err(EntryProblem::Name);
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_below() {
        let of = |name: &str, strip| {
            relative(name.as_bytes(), strip)
                .map(|path| path.map(|path| String::from_utf8(path).unwrap()))
                .map_err(|problem| problem.to_string())
        };
        let path = |text: &str| Ok(Some(text.to_owned()));
        assert_eq!(of("a/b", 0), path("a/b"));
        assert_eq!(of("./a//b/./", 0), path("a/b"));
        assert_eq!(of("/etc/x", 0), path("etc/x"));
        assert_eq!(of("./", 0), path(""));
        assert_eq!(of("top/a/b", 1), path("a/b"));
        assert_eq!(of("./top/a", 1), path("a"));
        assert_eq!(of("top/", 1), Ok(None));
        assert_eq!(of("./", 1), Ok(None));
        for bad in ["../x", "a/../../x", "/../x", "./../x", "a/..", ".."] {
            assert_eq!(of(bad, 0), Err(EntryProblem::Climbs.to_string()), "{bad}");
        }
        // Even where the strange part is left out.
        assert!(of("../x/y", 2).is_err());
        for bad in [".wh.a", "a/.wh..wh..opq", ".wh.a/b"] {
            assert_eq!(of(bad, 0), Err(EntryProblem::Whiteout.to_string()), "{bad}");
        }
        assert_eq!(of("a.wh.b", 0), path("a.wh.b"));
        assert!(of("a\0b", 0).is_err());
        assert!(of(&"a/".repeat(3000), 0).is_err());
        assert!(of(&"a".repeat(255), 0).is_ok());
        assert!(of(&"a".repeat(256), 0).is_err());
    }
}
