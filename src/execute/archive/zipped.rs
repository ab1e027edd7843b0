//! Reading a zip archive: its directory first, then each entry where the directory says.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use zip::read::ZipFile;
use zip::result::ZipError;
use zip::{ZipArchive, ZipReadOptions};

use super::ArchiveError;
use super::extraction::Extraction;
use super::unpacking::Unpacking;
use crate::execute::ExecuteError;
use crate::tar::{Details, EntryProblem, LONGEST_LINK, Member, MemberKind};

/// The type bits of a mode (inode(7)).
const TYPE: u32 = 0o170_000;
const DIRECTORY: u32 = 0o040_000;
const SYMLINK: u32 = 0o120_000;
const REGULAR: u32 = 0o100_000;

/// The directory is held in memory; it may have so many bytes for each entry that an archive may
/// have, and so many more for finding it.
const BYTES_OF_ENTRY: u64 = 128;
const BYTES_OF_SEARCH: u64 = 1 << 20;

/// Unpacks `file`.
pub(super) fn unpack(file: File, unpacking: &mut Unpacking<'_, '_>) -> Result<(), ExecuteError> {
    let extraction = unpacking.extraction;
    let failed = |error: ZipError| {
        ExecuteError::from(ArchiveError::Read {
            url: extraction.url.to_owned(),
            source: error.into(),
        })
    };
    let most = extraction.limits.entries;
    let left = Cell::new(most.saturating_mul(BYTES_OF_ENTRY) + BYTES_OF_SEARCH);
    let file = Measured {
        inner: BufReader::new(file),
        left: &left,
    };
    let archive = ZipArchive::new(file);
    if left.get() == 0 || (archive.as_ref()).is_ok_and(|archive| archive.len() as u64 > most) {
        return Err(extraction.too_many("entries", most).into());
    }
    left.set(u64::MAX);
    let mut archive = archive.map_err(failed)?;
    for index in 0..archive.len() {
        let entry = archive.by_index_data(index).map_err(failed)?;
        if entry.encrypted() {
            return Err((extraction.entry(entry.name_raw(), EntryProblem::Encrypted)).into());
        }
        // What local header and directory say differently, two readers would read differently.
        let options = ZipReadOptions::new().enforce_header_consistency(true);
        let name = entry.name_raw().to_vec();
        let mut file = (archive.by_index_with_options(index, options))
            .map_err(|error| extraction.unreadable(&name, error.into()))?;
        let member = member(name, &mut file, extraction)?;
        unpacking.member(&member, &mut file)?;
    }
    Ok(())
}

/// A file of which only so many bytes may be read.
struct Measured<'a> {
    inner: BufReader<File>,
    left: &'a Cell<u64>,
}

impl Read for Measured<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        if left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let most = buffer
            .len()
            .min(usize::try_from(left).unwrap_or(usize::MAX));
        let length = self.inner.read(&mut buffer[..most])?;
        self.left.set(left - length as u64);
        Ok(length)
    }
}

impl Seek for Measured<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

fn member<R: Read + Seek>(
    name: Vec<u8>,
    file: &mut ZipFile<'_, R>,
    extraction: &Extraction<'_>,
) -> Result<Member, ArchiveError> {
    // Programs for Windows leave the upper half, where the others have the mode, empty.
    let mode = file.external_attributes() >> 16;
    let kind = match mode & TYPE {
        _ if name.ends_with(b"/") => MemberKind::Directory,
        DIRECTORY => MemberKind::Directory,
        0 | REGULAR => MemberKind::File {
            size: file.size(),
            parts: None,
        },
        SYMLINK => {
            let mut target = Vec::new();
            (file.take(LONGEST_LINK as u64 + 1).read_to_end(&mut target))
                .map_err(|source| extraction.unreadable(&name, source))?;
            MemberKind::Symlink { target }
        }
        other => {
            let letter = match other {
                0o010_000 => b'p',
                0o020_000 => b'c',
                0o060_000 => b'b',
                0o140_000 => b's',
                _ => b'?',
            };
            return Err(extraction.entry(&name, EntryProblem::Type(letter)));
        }
    };
    let mode = Some(mode & 0o7777).filter(|bits| *bits != 0);
    Ok(Member {
        name,
        kind,
        mode,
        details: Details::default(),
    })
}
