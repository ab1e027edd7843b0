//! From the root that layers make to one tar.

use std::io::{self, Read, Write};
use std::path::Path;

use tar::{Builder, EntryType, Header};

use crate::tar::{Member, MemberKind, Part};

use crate::transport::failure::TransportError;
use crate::transport::watch::Watch;

use super::entry_error::EntryError;
use super::merge::Merged;
use super::traits::Traits;

/// The largest numbers in seven and eleven octal digits, and room for a name.
const MAX_ID: u32 = 0o7_777_777;
const MAX_NUMBER: u64 = 0o77_777_777_777;
const NAME_LENGTH: usize = 100;

/// Writes `merged` to `to`, which a message calls `path`: directories first, those above before
/// those below, then all else in the order of the layers, each followed by its hard links. Equal
/// layers give equal bytes. Ends with `to`, whose own end is still to be written.
pub(super) fn pack<W: Write>(
    merged: &Merged<'_>,
    to: W,
    path: &Path,
    watch: &Watch<'_>,
) -> Result<W, TransportError> {
    let failed = || TransportError::io("write", path);
    let mut tar = Builder::new(to);
    for (path, traits) in &merged.directories {
        watch.check()?;
        let name = match path.as_slice() {
            b"" => b"./".to_vec(),
            path => [path, b"/"].concat(),
        };
        let item = Item::new(&name, EntryType::Directory, traits);
        item.append(&mut tar, &mut io::empty()).map_err(failed())?;
    }
    merged.each(|member, names, content| write(&mut tar, member, names, content, watch))?;
    tar.into_inner().map_err(failed())
}

/// Appends an entry under the first of its names, and links to it from the others.
fn write(
    tar: &mut Builder<impl Write>,
    member: &Member,
    names: &[Vec<u8>],
    content: &mut dyn Read,
    watch: &Watch<'_>,
) -> Result<(), EntryError> {
    let Some((first, others)) = names.split_first() else {
        return Ok(());
    };
    let traits = &Traits::of(member)?;
    let mut item = Item::new(first, EntryType::Regular, traits);
    let mut parts = None;
    match &member.kind {
        MemberKind::File { size, parts: some } => {
            item.size = *size;
            parts = some.as_deref();
        }
        MemberKind::Symlink { target } => {
            item.kind = EntryType::Symlink;
            item.link = target;
        }
        MemberKind::Device { is_block, number } => {
            item.kind = match is_block {
                true => EntryType::Block,
                false => EntryType::Char,
            };
            item.device = number.unwrap_or_default();
        }
        MemberKind::Fifo => item.kind = EntryType::Fifo,
        // The one is there already, the other is a name of something else.
        MemberKind::Directory | MemberKind::HardLink { .. } => return Ok(()),
    }
    let whole = [Part {
        offset: 0,
        length: item.size,
    }];
    let mut content = Content {
        stored: content,
        parts: parts.unwrap_or(&whole),
        at: 0,
        size: item.size,
        watch,
        lost: false,
    };
    let written = item.append(tar, &mut content);
    match written {
        Err(_) if watch.check().is_err() => return Err(EntryError::Cancelled),
        Err(error) if content.lost => return Err(EntryError::Read(error)),
        written => written.map_err(EntryError::Write)?,
    }
    for other in others {
        let mut item = Item::new(other, EntryType::Link, traits);
        item.link = first;
        item.append(tar, &mut io::empty())
            .map_err(EntryError::Write)?;
    }
    Ok(())
}

/// What is said of an entry.
struct Item<'a> {
    name: &'a [u8],
    kind: EntryType,
    link: &'a [u8],
    device: (u32, u32),
    size: u64,
    traits: &'a Traits,
}

impl<'a> Item<'a> {
    fn new(name: &'a [u8], kind: EntryType, traits: &'a Traits) -> Self {
        Self {
            name,
            kind,
            link: &[],
            device: (0, 0),
            size: 0,
            traits,
        }
    }

    /// Appends it with `size` bytes of `content`.
    fn append(&self, tar: &mut Builder<impl Write>, content: &mut dyn Read) -> io::Result<()> {
        let records = self.records();
        let records = (records.iter()).map(|(key, value)| (key.as_str(), value.as_slice()));
        tar.append_pax_extensions(records)?;
        let (uid, gid) = (self.traits.owner.uid, self.traits.owner.gid);
        // What does not fit is 0 here and right in the records.
        let id = |id: u32| if id > MAX_ID { 0 } else { id.into() };
        let number = |number: u64| if number > MAX_NUMBER { 0 } else { number };
        let mut header = Header::new_ustar();
        header.set_entry_type(self.kind);
        header.set_mode(self.traits.mode);
        header.set_uid(id(uid));
        header.set_gid(id(gid));
        header.set_size(number(self.size));
        header.set_mtime(number(self.traits.modified.0.try_into().unwrap_or(0)));
        header.set_device_major(self.device.0)?;
        header.set_device_minor(self.device.1)?;
        let old = header.as_old_mut();
        for (field, bytes) in [(&mut old.name, self.name), (&mut old.linkname, self.link)] {
            let length = bytes.len().min(field.len());
            field[..length].copy_from_slice(&bytes[..length]);
        }
        header.set_cksum();
        tar.append(&header, content)
    }

    /// What does not fit the header (POSIX.1-2017, pax, "pax Extended Header").
    fn records(&self) -> Vec<(String, Vec<u8>)> {
        let mut records = Vec::new();
        let mut add = |key: &str, value: Vec<u8>| records.push((key.to_owned(), value));
        let traits = self.traits;
        for (keyword, id) in [("gid", traits.owner.gid), ("uid", traits.owner.uid)] {
            if id > MAX_ID {
                add(keyword, id.to_string().into_bytes());
            }
        }
        for (keyword, text) in [("linkpath", self.link), ("path", self.name)] {
            if text.len() > NAME_LENGTH {
                add(keyword, text.to_vec());
            }
        }
        let (seconds, nanoseconds) = traits.modified;
        let fits = u64::try_from(seconds).is_ok_and(|seconds| seconds <= MAX_NUMBER);
        if !fits || nanoseconds > 0 {
            add("mtime", time(seconds, nanoseconds).into_bytes());
        }
        if self.size > MAX_NUMBER {
            add("size", self.size.to_string().into_bytes());
        }
        // A hard link has those of its file. Linux takes no other names.
        let xattrs = traits
            .xattrs
            .iter()
            .filter(|_| self.kind != EntryType::Link);
        for (name, value) in xattrs {
            if let Ok(name) = std::str::from_utf8(name) {
                add(&format!("SCHILY.xattr.{name}"), value.clone());
            }
        }
        records
    }
}

/// `-1.5` is half a second before the second before 1970.
fn time(seconds: i64, nanoseconds: u32) -> String {
    let (sign, seconds, nanoseconds) = match (seconds, nanoseconds) {
        (..0, 0) => ("-", seconds.unsigned_abs(), 0),
        (..0, _) => (
            "-",
            (seconds + 1).unsigned_abs(),
            1_000_000_000 - nanoseconds,
        ),
        _ => ("", seconds.unsigned_abs(), nanoseconds),
    };
    match nanoseconds {
        0 => format!("{sign}{seconds}"),
        _ => format!("{sign}{seconds}.{nanoseconds:09}")
            .trim_end_matches('0')
            .to_owned(),
    }
}

/// The bytes of a file, with zeros in its holes.
struct Content<'a, R> {
    /// The bytes of the parts, one after the other.
    stored: R,
    parts: &'a [Part],
    at: u64,
    size: u64,
    watch: &'a Watch<'a>,
    /// Whether it was reading that failed.
    lost: bool,
}

impl<R: Read> Read for Content<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.watch.check().is_err() {
            return Err(io::Error::other("interrupted"));
        }
        while (self.parts.first()).is_some_and(|part| part.offset + part.length <= self.at) {
            self.parts = &self.parts[1..];
        }
        let (end, is_hole) = match self.parts.first() {
            Some(part) if part.offset <= self.at => (part.offset + part.length, false),
            Some(part) => (part.offset, true),
            None => (self.size, true),
        };
        let most = usize::try_from(end - self.at).unwrap_or(usize::MAX);
        let most = most.min(buffer.len());
        let buffer = &mut buffer[..most];
        let read = match is_hole {
            true => {
                buffer.fill(0);
                Ok(most)
            }
            false if most == 0 => Ok(0),
            false => self.stored.read(buffer),
        };
        self.lost |= read.is_err();
        self.at += *read.as_ref().unwrap_or(&0) as u64;
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_fractions_and_signs() {
        for (modified, expected) in [
            ((0, 0), "0"),
            ((17, 250_000_000), "17.25"),
            ((-3, 0), "-3"),
            ((-2, 500_000_000), "-1.5"),
            ((-1, 500_000_000), "-0.5"),
            ((1, 1), "1.000000001"),
        ] {
            assert_eq!(time(modified.0, modified.1), expected);
        }
    }

    #[test]
    fn holes_are_zeros() {
        let part = |offset, length| Part { offset, length };
        let watch = Watch::default();
        let mut content = Content {
            stored: &b"abcd"[..],
            parts: &[part(1, 2), part(3, 0), part(5, 2)],
            at: 0,
            size: 8,
            watch: &watch,
            lost: false,
        };
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, b"\0ab\0\0cd\0");
    }
}
