//! What an archive holds, whatever its format.

use super::EntryProblem;

/// The longest path that the kernel takes in one call.
const LONGEST_NAME: usize = 4096;

/// One entry of an archive, without its bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// As the archive has it.
    pub(super) name: Vec<u8>,
    pub(super) kind: MemberKind,
    /// Permission bits, where the archive has them.
    pub(super) mode: Option<u32>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum MemberKind {
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
    Device,
    Fifo,
}

/// Bytes of a file with holes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) offset: u64,
    pub(super) length: u64,
}

/// A name as path below the folder that the archive is unpacked into, without its first `strip`
/// parts; none if there are no more parts than these. As tar(1) does it, a slash in front means
/// nothing.
pub(super) fn relative(name: &[u8], strip: u32) -> Result<Option<Vec<u8>>, EntryProblem> {
    if name.contains(&0) || name.len() > LONGEST_NAME {
        return Err(EntryProblem::Name);
    }
    let parts: Vec<&[u8]> = (name.split(|byte| *byte == b'/'))
        .filter(|part| !matches!(*part, b"" | b"."))
        .collect();
    if parts.contains(&&b".."[..]) {
        return Err(EntryProblem::Climbs);
    }
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
    }
}
