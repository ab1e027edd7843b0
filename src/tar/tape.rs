//! Reading a tar stream: every form that GNU tar, bsdtar, Go and Python write.
//!
//! One header after the other, with names and sizes from the extensions before it: GNU long names,
//! PAX records, holes of all kinds. Nothing that a header says is believed before it is bounded:
//! extensions are read up to a limit, and a size is only a number until bytes come.

use std::io::{self, Read};

use ::tar::{EntryType, Header};

use super::EntryProblem;
use super::member::{Details, Member, MemberKind, Part};
use super::pax::{Records, number};
use super::sparse::{self, Announced};

/// Everything in a tar is padded to this.
const BLOCK: u64 = 512;
/// More than any name or list of attributes that a program writes.
const LONGEST_EXTENSION: u64 = 1 << 20;
/// What stands before the name of an extended attribute in the keyword of its record.
const XATTR: &[u8] = b"SCHILY.xattr.";

/// A tar stream.
pub(crate) struct Tape<R> {
    stream: R,
    /// Bytes of the current member that were not read yet, and what pads them.
    left: u64,
    padding: u64,
    headers: u64,
    most_headers: u64,
    longest_extension: u64,
}

/// What went wrong, to be completed with the archive's name.
pub(crate) enum Fault {
    Read(io::Error),
    /// The first block is no header.
    NoTar,
    TooMany,
    Entry(Vec<u8>, EntryProblem),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

/// Extensions that came before a member.
#[derive(Default)]
struct Extensions {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    records: Records,
}

/// Whether a header has nothing in it.
fn is_empty(header: &Header) -> bool {
    header.as_bytes().iter().all(|byte| *byte == 0)
}

/// Whether GNU's extension says one thing and a record another.
fn two_texts(gnu: &Option<Vec<u8>>, record: Option<&[u8]>) -> bool {
    matches!((gnu, record), (Some(gnu), Some(record)) if gnu != record)
}

impl<R: Read> Tape<R> {
    /// Headers of all kinds count: a stream of nothing but extensions shall not go on for ever.
    pub(crate) fn new(stream: R, most_headers: u64) -> Self {
        Self {
            stream,
            left: 0,
            padding: 0,
            headers: 0,
            most_headers,
            longest_extension: LONGEST_EXTENSION,
        }
    }

    /// For layers of our own making, which have what a file system had: 64 KiB for each attribute
    /// (xattr(7)), and a great many of them.
    pub(crate) fn with_long_extensions(self) -> Self {
        Self {
            longest_extension: 8 << 20,
            ..self
        }
    }

    /// The next member; its bytes are then read from this.
    pub(crate) fn next(&mut self) -> Result<Option<Member>, Fault> {
        let mut extensions = Extensions::default();
        while let Some(header) = self.header()? {
            let name = header.path_bytes().into_owned();
            let wrong = |what| Fault::Entry(name.clone(), EntryProblem::Header(what));
            let kind = header.entry_type();
            // A name for the whole tape (`tar -V`), often without a size.
            if kind.as_byte() == b'V' {
                continue;
            }
            let size = header.entry_size().map_err(|_| wrong("no size"))?;
            match kind {
                EntryType::GNULongName => extensions.name = Some(self.text(size, &name)?),
                EntryType::GNULongLink => extensions.link = Some(self.text(size, &name)?),
                EntryType::XHeader => extensions.records = self.records(size, &name)?,
                EntryType::XGlobalHeader => {
                    let records = self.records(size, &name)?;
                    // Readers differ in what they make of these; commits and dates are harmless.
                    if ["path", "linkpath", "size"]
                        .iter()
                        .any(|key| records.has(key))
                    {
                        return Err(wrong("a name or size for all entries"));
                    }
                }
                _ => return self.member(&header, extensions, size).map(Some),
            }
        }
        Ok(None)
    }

    fn header(&mut self) -> Result<Option<Header>, Fault> {
        self.skip()?;
        let mut header = Header::new_old();
        let first = self.headers == 0;
        match self.fill(header.as_mut_bytes())? {
            0 if !first => return Ok(None),
            BLOCK if is_empty(&header) => return self.end().map(|()| None),
            BLOCK => {}
            _ if first => return Err(Fault::NoTar),
            _ => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
        }
        // The sum is over all bytes, with blanks for the sum itself.
        let (before, after) = (&header.as_bytes()[..148], &header.as_bytes()[156..]);
        let sum: u32 = before.iter().chain(after).map(|b| u32::from(*b)).sum();
        if header.cksum().ok() != Some(sum + 8 * u32::from(b' ')) {
            let what = "a header has a wrong checksum";
            return Err(match first {
                true => Fault::NoTar,
                false => io::Error::new(io::ErrorKind::InvalidData, what).into(),
            });
        }
        self.headers += 1;
        if self.headers > self.most_headers {
            return Err(Fault::TooMany);
        }
        Ok(Some(header))
    }

    /// After the first of the two empty blocks at the end. Of one alone with more behind it some readers
    /// take it for the end, some for damage.
    fn end(&mut self) -> Result<(), Fault> {
        let mut second = Header::new_old();
        if self.fill(second.as_mut_bytes())? < BLOCK || is_empty(&second) {
            return Ok(());
        }
        let what = "something follows one empty block, where two are the end";
        Err(io::Error::new(io::ErrorKind::InvalidData, what).into())
    }

    fn member(
        &mut self,
        header: &Header,
        extensions: Extensions,
        size: u64,
    ) -> Result<Member, Fault> {
        let records = &extensions.records;
        let record = |keyword: &str| records.get(keyword).map(<[u8]>::to_vec);
        let name = (record("GNU.sparse.name").or_else(|| record("path")))
            .or_else(|| extensions.name.clone())
            .unwrap_or_else(|| header.path_bytes().into_owned());
        let at = |problem| Fault::Entry(name.clone(), problem);
        // Readers differ in which of two they believe, and no program writes both.
        if two_texts(&extensions.name, records.get("path"))
            || two_texts(&extensions.link, records.get("linkpath"))
        {
            return Err(at(EntryProblem::Header("two names")));
        }
        let stored = records.number("size").map_err(at)?.unwrap_or(size);
        let kind = header.entry_type();
        // A link or folder may have the size of what it stands for; it has no bytes.
        let is_empty = (b'1'..=b'6').contains(&kind.as_byte());
        self.left = if is_empty { 0 } else { stored };
        self.padding = (self.left.checked_next_multiple_of(BLOCK))
            .ok_or_else(|| at(EntryProblem::Header("a size that cannot be")))?
            - self.left;
        let link = || {
            (record("linkpath").or_else(|| extensions.link.clone()))
                .or_else(|| header.link_name_bytes().map(|link| link.into_owned()))
                .unwrap_or_default()
        };
        let kind = match kind {
            // Before ustar a folder was a file with a slash behind its name.
            EntryType::Regular if name.ends_with(b"/") && stored == 0 => MemberKind::Directory,
            EntryType::Regular | EntryType::Continuous => {
                match Announced::by(records).map_err(at)? {
                    None => MemberKind::File {
                        size: stored,
                        parts: None,
                    },
                    Some(announced) => self.holes(announced, &name)?,
                }
            }
            EntryType::GNUSparse => self.old_holes(header, &name)?,
            EntryType::Directory => MemberKind::Directory,
            // With a list of what was in it (`tar -g`).
            other if other.as_byte() == b'D' => MemberKind::Directory,
            EntryType::Symlink => MemberKind::Symlink { target: link() },
            EntryType::Link => MemberKind::HardLink { target: link() },
            EntryType::Char | EntryType::Block => {
                let part = |number: io::Result<Option<u32>>| number.ok().flatten();
                let (major, minor) = (header.device_major(), header.device_minor());
                MemberKind::Device {
                    is_block: kind == EntryType::Block,
                    number: part(major).zip(part(minor)),
                }
            }
            EntryType::Fifo => MemberKind::Fifo,
            other => return Err(at(EntryProblem::Type(other.as_byte()))),
        };
        let mode = header.mode().ok().map(|mode| mode & 0o7777);
        let details = details(header, records);
        Ok(Member {
            name,
            kind,
            mode,
            details,
        })
    }

    /// A file whose holes PAX records announce.
    fn holes(&mut self, announced: Announced, name: &[u8]) -> Result<MemberKind, Fault> {
        let at = |problem| Fault::Entry(name.to_vec(), problem);
        let parts = match announced.parts {
            Some(parts) => parts,
            // The map stands before the bytes.
            None => {
                let mut map = sparse::Map::default();
                loop {
                    let mut block = [0; BLOCK as usize];
                    if self.left < BLOCK || !self.block(&mut block)? {
                        return Err(at(EntryProblem::Truncated));
                    }
                    self.left -= BLOCK;
                    if let Some(parts) = map.add(&block).map_err(at)? {
                        break parts;
                    }
                }
            }
        };
        self.check(announced.size, parts, name)
    }

    /// A file whose holes are told in GNU tar's own headers.
    fn old_holes(&mut self, header: &Header, name: &[u8]) -> Result<MemberKind, Fault> {
        let at = |what| Fault::Entry(name.to_vec(), EntryProblem::Header(what));
        let gnu = header
            .as_gnu()
            .ok_or_else(|| at("holes of an unknown kind"))?;
        let size = gnu.real_size().map_err(|_| at("no size"))?;
        let mut parts = Vec::new();
        sparse::old_parts(&gnu.sparse, &mut parts).map_err(at)?;
        let mut more = gnu.is_extended();
        while more {
            let mut block = ::tar::GnuExtSparseHeader::new();
            if !self.block(block.as_mut_bytes())? {
                return Err(Fault::Entry(name.to_vec(), EntryProblem::Truncated));
            }
            sparse::old_parts(block.sparse(), &mut parts).map_err(at)?;
            more = block.is_extended();
        }
        self.check(size, parts, name)
    }

    fn check(&self, size: u64, parts: Vec<Part>, name: &[u8]) -> Result<MemberKind, Fault> {
        if sparse::fits(size, &parts) != Some(self.left) {
            let problem = EntryProblem::Header("holes that cannot be");
            return Err(Fault::Entry(name.to_vec(), problem));
        }
        let parts = Some(parts);
        Ok(MemberKind::File { size, parts })
    }

    /// The text of an extension; what follows a NUL byte is padding.
    fn text(&mut self, size: u64, name: &[u8]) -> Result<Vec<u8>, Fault> {
        let mut text = self.extension(size, name)?;
        let end = text.iter().position(|byte| *byte == 0);
        text.truncate(end.unwrap_or(text.len()));
        Ok(text)
    }

    fn records(&mut self, size: u64, name: &[u8]) -> Result<Records, Fault> {
        let bytes = self.extension(size, name)?;
        Records::parse(&bytes).map_err(|problem| Fault::Entry(name.to_vec(), problem))
    }

    fn extension(&mut self, size: u64, name: &[u8]) -> Result<Vec<u8>, Fault> {
        if size > self.longest_extension {
            let problem = EntryProblem::Header(match self.longest_extension {
                LONGEST_EXTENSION => "an extension of more than a mebibyte",
                _ => "an extension of more than eight mebibytes",
            });
            return Err(Fault::Entry(name.to_vec(), problem));
        }
        self.left = size;
        self.padding = size.next_multiple_of(BLOCK) - size;
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Passes over what is left of a member.
    fn skip(&mut self) -> io::Result<()> {
        io::copy(self, &mut io::sink())?;
        // The last member's padding is missing in what `umoci insert` writes, which loses nothing:
        // then no header follows either.
        let mut padding = [0; BLOCK as usize];
        let length = std::mem::take(&mut self.padding) as usize;
        self.fill(&mut padding[..length]).map(drop)
    }

    /// Fills one block; false if the stream ends before.
    fn block(&mut self, block: &mut [u8]) -> io::Result<bool> {
        Ok(self.fill(block)? == block.len() as u64)
    }

    /// Fills what can be filled, and says how much that is.
    fn fill(&mut self, block: &mut [u8]) -> io::Result<u64> {
        let mut filled = 0;
        while filled < block.len() {
            match self.stream.read(&mut block[filled..]) {
                Ok(0) => break,
                Ok(length) => filled += length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled as u64)
    }
}

/// Owner, time and attributes: records win over the header, as for everything.
fn details(header: &Header, records: &Records) -> Details {
    let id = |keyword, header: io::Result<u64>, field: &[u8]| match records.get(keyword) {
        Some(_) => records.number(keyword).ok().flatten(),
        // What is blank is 0 to every other reader.
        None if field.iter().all(|byte| matches!(byte, 0 | b' ')) => Some(0),
        None => header.ok(),
    };
    let mtime = match records.get("mtime") {
        Some(text) => time(text),
        // A time before 1970 in a header is a large number in two's complement.
        None => (header.mtime().ok()).map(|seconds| (seconds.cast_signed(), 0)),
    };
    let xattrs = records.all().filter_map(|(keyword, value)| {
        let name = keyword.strip_prefix(XATTR)?;
        Some((name.to_vec(), value.to_vec()))
    });
    Details {
        uid: id("uid", header.uid(), &header.as_old().uid),
        gid: id("gid", header.gid(), &header.as_old().gid),
        mtime: mtime.map(|(seconds, _)| seconds),
        nanoseconds: mtime.map_or(0, |(_, nanoseconds)| nanoseconds),
        xattrs: xattrs.collect(),
    }
}

/// Seconds of a time with or without a fraction, rounded down, and the nanoseconds behind them:
/// `-1.5` is half a second before the second before 1970.
fn time(text: &[u8]) -> Option<(i64, u32)> {
    let text = std::str::from_utf8(text).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    number(digits)?;
    let is_fraction = fraction.bytes().all(|byte| byte.is_ascii_digit());
    let seconds: i64 = whole.parse().ok().filter(|_| is_fraction)?;
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
    let nanoseconds = digits.fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    let below = whole.starts_with('-') && fraction.bytes().any(|byte| byte != b'0');
    match below {
        // A fraction of a nanosecond rounds down as well.
        true => Some((
            seconds.checked_sub(1)?,
            999_999_999.min(1_000_000_000 - nanoseconds),
        )),
        false => Some((seconds, nanoseconds)),
    }
}

impl<R: Read> Read for Tape<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let most = most.min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        match self.stream.read(&mut buffer[..most])? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            length => {
                self.left -= length as u64;
                Ok(length)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_fractions_and_signs() {
        for (text, expected) in [
            ("0", Some((0, 0))),
            ("17.25", Some((17, 250_000_000))),
            ("1.1234567899", Some((1, 123_456_789))),
            ("-1.5", Some((-2, 500_000_000))),
            ("-0.5", Some((-1, 500_000_000))),
            ("-3", Some((-3, 0))),
            ("-0.0000000001", Some((-1, 999_999_999))),
            ("x", None),
            ("+1", None),
            ("1.-5", None),
        ] {
            assert_eq!(time(text.as_bytes()), expected, "{text}");
        }
    }
}
