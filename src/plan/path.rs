//! Paths as bytes that can still be printed.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use serde::{Serialize, Serializer};

/// A path as the kernel has it: any bytes but NUL.
///
/// It prints without loss: a backslash is doubled and every byte that belongs to no UTF-8
/// character becomes `\xNN`, so that two different paths never print alike (keys depend on it).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct BytePath(Vec<u8>);

impl BytePath {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// As a path of the standard library.
    pub fn as_path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.0))
    }

    /// This path, a `/` where needed, and `relative`; the path itself if `relative` is empty.
    pub fn join(&self, relative: &BytePath) -> Self {
        if relative.0.is_empty() {
            return self.clone();
        }
        let mut joined = self.0.clone();
        if !joined.is_empty() && !joined.ends_with(b"/") {
            joined.push(b'/');
        }
        joined.extend_from_slice(&relative.0);
        Self(joined)
    }

    /// The last component; empty for `/`.
    pub fn file_name(&self) -> Self {
        let trimmed = self.0.strip_suffix(b"/").unwrap_or(&self.0);
        Self(
            trimmed
                .rsplit(|byte| *byte == b'/')
                .next()
                .unwrap_or_default()
                .to_vec(),
        )
    }
}

impl From<&str> for BytePath {
    fn from(path: &str) -> Self {
        Self(path.as_bytes().to_vec())
    }
}

impl From<Vec<u8>> for BytePath {
    fn from(path: Vec<u8>) -> Self {
        Self(path)
    }
}

impl fmt::Display for BytePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            f.write_str(&chunk.valid().replace('\\', "\\\\"))?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

impl Serialize for BytePath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_paths_print_differently() {
        let raw = BytePath::from(b"a\xff".to_vec());
        let spelled = BytePath::from("a\\xff");
        assert_eq!(raw.to_string(), "a\\xff");
        assert_eq!(spelled.to_string(), "a\\\\xff");
    }

    #[test]
    fn joining_keeps_single_slashes() {
        let root = BytePath::from("/");
        assert_eq!(root.join(&"etc".into()).to_string(), "/etc");
        assert_eq!(BytePath::from("/app").join(&"".into()).to_string(), "/app");
        assert_eq!(BytePath::from("/app/").file_name().to_string(), "app");
    }
}
