//! Files of lines with colons: passwd(5), group(5), shadow(5), gshadow(5).
//!
//! A [`Database`] keeps every byte that it does not have to change: comments, NIS lines, lines of
//! other forms, a missing end of line. What it reads is foreign: only a regular file of a sensible
//! size is read, wherever links in the root lead.

use std::io::Read;

use crate::tree::{Kind, ResolveError, Tree, TreeError, display};

/// A larger file is not one of these.
const LARGEST: u64 = 16 << 20;

/// Why such a file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// A folder, pipe or device.
    #[error("`{path}` in the root is no regular file")]
    NotAFile {
        /// Path in the root.
        path: String,
    },
    /// Far too many bytes.
    #[error("`{path}` in the root has more than {most} bytes")]
    TooLarge {
        /// Path in the root.
        path: String,
        /// How many there may be.
        most: u64,
    },
    /// Its path leads nowhere.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] TreeError),
    /// It cannot be read.
    #[error("cannot read `{path}` in the root")]
    Read {
        /// Path in the root.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
}

/// One such file.
#[derive(Debug, Clone)]
pub(in crate::execute) struct Database {
    /// Where it is in the root when all links are followed.
    pub(super) path: Vec<u8>,
    /// Whether it was there.
    pub(super) exists: bool,
    pub(super) is_changed: bool,
    text: Vec<u8>,
}

impl Database {
    /// Reads the file at `path`; one that is not there is empty.
    pub(in crate::execute) fn read(tree: &Tree, path: &str) -> Result<Self, DatabaseError> {
        let location = tree.resolve(path.as_bytes())?;
        let mut database = Self {
            path: location.path,
            exists: location.entry.is_some(),
            is_changed: false,
            text: Vec::new(),
        };
        let Some(entry) = location.entry else {
            return Ok(database);
        };
        let shown = || display(&entry.path).to_string();
        let Kind::File { size, .. } = entry.kind else {
            return Err(DatabaseError::NotAFile { path: shown() });
        };
        if size > LARGEST {
            let (path, most) = (shown(), LARGEST);
            return Err(DatabaseError::TooLarge { path, most });
        }
        if let Some(file) = entry.open()? {
            let read = file.take(LARGEST).read_to_end(&mut database.text);
            read.map_err(|source| DatabaseError::Read {
                path: shown(),
                source,
            })?;
        }
        Ok(database)
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// The fields of all lines that name somebody.
    pub(in crate::execute) fn all(&self) -> impl Iterator<Item = Line<'_>> {
        lines(&self.text).filter_map(|line| Line::parse(&self.text[line]))
    }

    /// The first line of `name`, which is the one that programs find.
    pub(in crate::execute) fn find(&self, name: &str) -> Option<Line<'_>> {
        self.all().find(|line| line.name() == name.as_bytes())
    }

    /// Adds a line: at the end, but before lines that stand for a whole directory service.
    pub(super) fn add(&mut self, line: &str) {
        let at = lines(&self.text)
            .find(|line| matches!(self.text[line.start..].first(), Some(b'+' | b'-')))
            .map_or(self.text.len(), |line| line.start);
        let mut added = Vec::new();
        if at > 0 && self.text[at - 1] != b'\n' {
            added.push(b'\n');
        }
        added.extend_from_slice(line.as_bytes());
        added.push(b'\n');
        self.text.splice(at..at, added);
        self.is_changed = true;
    }

    /// Adds `member` to the list that is the last field of the line of `name`.
    pub(super) fn add_member(&mut self, name: &str, member: &str) {
        let found = lines(&self.text).find(|line| {
            let line = Line::parse(&self.text[line.clone()]);
            line.is_some_and(|line| line.name() == name.as_bytes())
        });
        let Some(found) = found else { return };
        let line = Line(&self.text[found.clone()]);
        if line.has_member(member) {
            return;
        }
        let separator = match line.0.iter().filter(|byte| **byte == b':').count() {
            // Programs read a line without the field as one with nobody in it.
            2 => ":",
            3 if line.0.ends_with(b":") => "",
            3 => ",",
            // It does not get one in the wrong place.
            _ => return,
        };
        let added = format!("{separator}{member}");
        self.text.splice(found.end..found.end, added.into_bytes());
        self.is_changed = true;
    }
}

/// Where the lines are, without their ends.
fn lines(text: &[u8]) -> impl Iterator<Item = std::ops::Range<usize>> + use<'_> {
    let mut start = 0;
    text.split(|byte| *byte == b'\n').map(move |line| {
        let range = start..start + line.len();
        start = range.end + 1;
        range
    })
}

/// A line that names a user or group.
#[derive(Debug, Clone, Copy)]
pub(in crate::execute) struct Line<'a>(&'a [u8]);

impl<'a> Line<'a> {
    fn parse(line: &'a [u8]) -> Option<Self> {
        let is_account = line.contains(&b':') && !matches!(line[0], b'#' | b'+' | b'-' | b':');
        is_account.then_some(Self(line))
    }

    fn field(self, index: usize) -> &'a [u8] {
        let mut fields = self.0.split(|byte| *byte == b':');
        fields.nth(index).unwrap_or_default()
    }

    pub(super) fn name(self) -> &'a [u8] {
        self.field(0)
    }

    /// The field as text, as messages show it.
    pub(in crate::execute) fn text(self, index: usize) -> String {
        String::from_utf8_lossy(self.field(index)).into_owned()
    }

    /// The field as id; the highest number means none to the kernel.
    pub(in crate::execute) fn id(self, index: usize) -> Option<u32> {
        let text = std::str::from_utf8(self.field(index)).ok()?;
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let id = text.parse().ok()?;
        (digits && id != u32::MAX).then_some(id)
    }

    fn has_member(self, member: &str) -> bool {
        let mut members = self.field(3).split(|byte| *byte == b',');
        members.any(|other| other == member.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(text: &[u8]) -> Database {
        Database {
            path: Vec::new(),
            exists: true,
            is_changed: false,
            text: text.to_vec(),
        }
    }

    fn shown(database: &Database) -> String {
        database
            .text
            .escape_ascii()
            .to_string()
            .replace("\\n", "\n")
    }

    #[test]
    fn lines_are_found_and_others_passed_over() {
        let passwd = database(
            b"# root:x:9:9\n\nroot:x:0:0:root:/root:/bin/sh\n:x:7:7\nlatin\xe9:x:5:5\n\
              nothing\nroot:x:1:1\nbad:x:-1:+2\nnone:x:4294967295:4294967294\n+::::::",
        );
        assert_eq!(passwd.find("root").unwrap().id(2), Some(0));
        assert_eq!(passwd.find("bad").unwrap().id(2), None);
        assert_eq!(passwd.find("bad").unwrap().id(3), None);
        assert_eq!(passwd.find("none").unwrap().id(2), None);
        assert_eq!(passwd.find("none").unwrap().id(3), Some(u32::MAX - 1));
        assert!(passwd.find("nothing").is_none());
        assert!(passwd.find("").is_none());
        assert_eq!(passwd.all().count(), 5);
    }

    #[test]
    fn what_is_there_stays_byte_for_byte() {
        for (before, after) in [
            ("", "new\n"),
            ("a:b", "a:b\nnew\n"),
            ("a:b\n", "a:b\nnew\n"),
            ("# x\n\na:b\n", "# x\n\na:b\nnew\n"),
            ("a:b\n+\n", "a:b\nnew\n+\n"),
            (
                "a:b\n+@x::::::\n-y\n# end",
                "a:b\nnew\n+@x::::::\n-y\n# end",
            ),
            ("+", "new\n+"),
        ] {
            let mut passwd = database(before.as_bytes());
            passwd.add("new");
            assert_eq!(shown(&passwd), after);
        }
    }

    #[test]
    fn members_are_added_once() {
        let mut group = database(b"a:x:1:\nb:x:2:root,app\nc:x:3\n#d:x:4:\nb:x:9:\ne:x:5:z");
        for name in ["a", "b", "c", "d", "e"] {
            group.add_member(name, "app");
            group.add_member(name, "app");
        }
        assert_eq!(
            shown(&group),
            "a:x:1:app\nb:x:2:root,app\nc:x:3:app\n#d:x:4:\nb:x:9:\ne:x:5:z,app"
        );
    }
}
