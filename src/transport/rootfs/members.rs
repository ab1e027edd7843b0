//! The members of a layer's tar, one after another.
//!
//! The tar crate's reader splits extended headers at every end of line, and values of extended
//! attributes may hold such: a record in one could pass for the next member's name.

use std::io::{self, Read};

use tar::{EntryType, Header};

use super::records::Records;
use super::traits::Traits;

const BLOCK: usize = 512;
/// Largest extended header: 64 KiB for each attribute (xattr(7)), a great many of them.
const LARGEST_EXTENSION: u64 = 8 << 20;

/// Reads a tar in the formats of POSIX (ustar, pax) and old GNU, without sparse files. Content is
/// what [`Read`] gives between two members.
pub(super) struct Members<R> {
    tar: R,
    /// Bytes of content that were not read yet, and of padding behind them.
    left: u64,
    padding: u64,
}

/// One member.
pub(super) struct Member {
    /// As written.
    pub(super) name: Vec<u8>,
    /// Of a link: as written.
    pub(super) target: Vec<u8>,
    pub(super) kind: EntryType,
    /// Of a device: major and minor number.
    pub(super) device: (u32, u32),
    pub(super) traits: Traits,
}

/// What stands before a member and belongs to it.
#[derive(Default)]
struct Extensions {
    records: Records,
    long_name: Option<Vec<u8>>,
    long_target: Option<Vec<u8>>,
}

impl<R: Read> Members<R> {
    pub(super) fn new(tar: R) -> Self {
        Self {
            tar,
            left: 0,
            padding: 0,
        }
    }

    /// What is behind the last member.
    pub(super) fn into_inner(self) -> R {
        self.tar
    }

    /// Goes to the next member; none at the end of the archive.
    pub(super) fn next(&mut self) -> io::Result<Option<Member>> {
        let mut extensions = Extensions::default();
        loop {
            self.skip()?;
            let Some(header) = self.header()? else {
                return Ok(None);
            };
            let kind = header.entry_type();
            match kind {
                EntryType::XHeader => extensions.records = Records::parse(&self.small(&header)?)?,
                EntryType::XGlobalHeader => {
                    self.small(&header)?;
                }
                EntryType::GNULongName => extensions.long_name = Some(self.text(&header)?),
                EntryType::GNULongLink => extensions.long_target = Some(self.text(&header)?),
                _ => return self.member(&header, extensions).map(Some),
            }
        }
    }

    fn member(&mut self, header: &Header, extensions: Extensions) -> io::Result<Member> {
        let Extensions {
            records,
            long_name,
            long_target,
        } = extensions;
        let kind = header.entry_type();
        if kind == EntryType::GNUSparse || records.has_prefix("GNU.sparse.") {
            return Err(wrong("a sparse file, which layers do not have"));
        }
        // What has no content may say a size all the same (POSIX.1-2017, pax, "ustar Interchange
        // Format", size).
        let size = match kind {
            EntryType::Link
            | EntryType::Symlink
            | EntryType::Char
            | EntryType::Block
            | EntryType::Directory
            | EntryType::Fifo => 0,
            _ => match records.number("size")? {
                Some(size) => size,
                None => header.entry_size()?,
            },
        };
        self.expect(size);
        let text = |keyword: &str| records.get(keyword).map(<[u8]>::to_vec);
        let name = text("path").or(long_name);
        let target = text("linkpath").or(long_target);
        Ok(Member {
            name: name.unwrap_or_else(|| header.path_bytes().into_owned()),
            target: target.unwrap_or_else(|| {
                header
                    .link_name_bytes()
                    .map(|target| target.into_owned())
                    .unwrap_or_default()
            }),
            kind,
            device: match kind {
                EntryType::Char | EntryType::Block => (
                    header.device_major()?.unwrap_or(0),
                    header.device_minor()?.unwrap_or(0),
                ),
                _ => (0, 0),
            },
            traits: Traits::of(header, &records)?,
        })
    }

    /// Reads one block; none at the end. One block of zeros is the end, though there should be two.
    fn header(&mut self) -> io::Result<Option<Header>> {
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            match self.tar.read(&mut block[filled..])? {
                0 if filled == 0 => return Ok(None),
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => filled += read,
            }
        }
        if block == [0; BLOCK] {
            return Ok(None);
        }
        let header = Header::from_byte_slice(&block);
        let field = 148..156;
        let sum = block
            .iter()
            .enumerate()
            .map(|(at, byte)| match field.contains(&at) {
                true => u32::from(b' '),
                false => u32::from(*byte),
            });
        match header.cksum() {
            Ok(expected) if expected == sum.sum::<u32>() => Ok(Some(header.clone())),
            _ => Err(wrong("a header with a wrong checksum")),
        }
    }

    fn expect(&mut self, size: u64) {
        self.left = size;
        let block = BLOCK as u64;
        self.padding = (block - size % block) % block;
    }

    /// The content of a member that belongs to the next one.
    fn small(&mut self, header: &Header) -> io::Result<Vec<u8>> {
        let size = header.entry_size()?;
        if size > LARGEST_EXTENSION {
            return Err(wrong("an extended header of more than 8 MiB"));
        }
        self.expect(size);
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// A name of GNU's, which ends with a zero.
    fn text(&mut self, header: &Header) -> io::Result<Vec<u8>> {
        let mut bytes = self.small(header)?;
        let end = bytes.iter().position(|byte| *byte == 0);
        bytes.truncate(end.unwrap_or(bytes.len()));
        Ok(bytes)
    }

    /// Passes over content that nobody read, and padding.
    fn skip(&mut self) -> io::Result<()> {
        let rest = self.left.checked_add(self.padding);
        let rest = rest.ok_or_else(|| wrong("a size that no file has"))?;
        let skipped = io::copy(&mut (&mut self.tar).take(rest), &mut io::sink())?;
        // The last member's padding is missing in what `umoci insert` writes, which loses nothing.
        let is_whole = skipped >= self.left;
        (self.left, self.padding) = (0, 0);
        match is_whole {
            true => Ok(()),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

impl<R: Read> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let most = most.min(buffer.len());
        let read = self.tar.read(&mut buffer[..most])?;
        if read == 0 && most > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= read as u64;
        Ok(read)
    }
}

/// Bytes that are no tar of a layer.
pub(super) fn wrong(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
