//! A tar of our own making: the same members give the same bytes.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tar::{EntryType, Header};
use tempfile::NamedTempFile;

use super::failure::TransportError;

/// Everything in a tar is padded to this (POSIX.1-2017, pax, "ustar Interchange Format").
const BLOCK: u64 = 512;

/// A tar that grows member by member. Names are our own, and shorter than 100 bytes.
pub(super) struct Tape {
    file: NamedTempFile,
    /// What it will be called, for messages.
    path: PathBuf,
}

impl Tape {
    /// Begins a tar in an empty file that will be called `path`.
    pub(super) fn new(file: NamedTempFile, path: &Path) -> Self {
        Self {
            file,
            path: path.to_owned(),
        }
    }

    /// Appends a directory; `name` ends in a slash.
    pub(super) fn directory(&mut self, name: &str) -> Result<(), TransportError> {
        self.append(header(name, EntryType::Directory, 0).as_bytes())
    }

    /// Appends a small file.
    pub(super) fn member(&mut self, name: &str, bytes: &[u8]) -> Result<(), TransportError> {
        self.copy(name, bytes.len() as u64, bytes)
    }

    /// Appends a file of `size` bytes, all of which `from` has.
    pub(super) fn copy(
        &mut self,
        name: &str,
        size: u64,
        mut from: impl Read,
    ) -> Result<(), TransportError> {
        self.append(header(name, EntryType::Regular, size).as_bytes())?;
        io::copy(&mut from, self.file.as_file_mut())
            .map_err(TransportError::io("write", &self.path))?;
        let padding = size.next_multiple_of(BLOCK) - size;
        self.append(&[0; BLOCK as usize][..padding as usize])
    }

    /// Leaves room for a header at the end; the member's bytes are written behind it, through the
    /// file that is given out. Its place is what [`Tape::end_member`] wants.
    pub(super) fn begin_member(&mut self) -> Result<(File, u64), TransportError> {
        let failed = TransportError::io("write", &self.path);
        let file = self.file.as_file_mut();
        let mut start = || -> io::Result<(File, u64)> {
            let header = file.seek(SeekFrom::End(0))?;
            file.write_all(&[0; BLOCK as usize])?;
            Ok((file.try_clone()?, header))
        };
        start().map_err(failed)
    }

    /// Fills in the header of the member that ends the file. Gives the offset of its bytes and
    /// how many they are.
    pub(super) fn end_member(
        &mut self,
        header_at: u64,
        name: &str,
    ) -> Result<(u64, u64), TransportError> {
        let offset = header_at + BLOCK;
        let mut file = self.file.as_file();
        let mut fill_in = || -> io::Result<u64> {
            let end = file.seek(SeekFrom::End(0))?;
            let size = end - offset;
            let padding = end.next_multiple_of(BLOCK) - end;
            file.write_all(&[0; BLOCK as usize][..padding as usize])?;
            file.seek(SeekFrom::Start(header_at))?;
            file.write_all(header(name, EntryType::Regular, size).as_bytes())?;
            file.seek(SeekFrom::End(0))?;
            Ok(size)
        };
        let size = fill_in().map_err(TransportError::io("write", &self.path))?;
        Ok((offset, size))
    }

    /// Takes the member that ends the file away again.
    pub(super) fn drop_member(&mut self, header_at: u64) -> Result<(), TransportError> {
        let mut file = self.file.as_file();
        file.set_len(header_at)
            .and_then(|()| file.seek(SeekFrom::End(0)))
            .map(|_| ())
            .map_err(TransportError::io("write", &self.path))
    }

    /// The file once more, with an offset of its own.
    pub(super) fn reopen(&self) -> Result<File, TransportError> {
        self.file
            .reopen()
            .map_err(TransportError::io("open", &self.path))
    }

    /// Ends the archive and gives the file.
    pub(super) fn end(mut self) -> Result<NamedTempFile, TransportError> {
        self.append(&[0; 2 * BLOCK as usize])?;
        Ok(self.file)
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        self.file
            .write_all(bytes)
            .map_err(TransportError::io("write", &self.path))
    }
}

fn header(name: &str, kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(if kind.is_dir() { 0o755 } else { 0o644 });
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size);
    header.set_cksum();
    header
}
