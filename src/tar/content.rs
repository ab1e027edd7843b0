//! The bytes of a member on their way to a file.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use super::Part;

/// Bytes between two looks at the wish to stop.
const BLOCK: usize = 1 << 16;

/// Why a file is not what its member says, to be completed with the archive and the member.
pub(crate) enum Lost {
    /// Nobody wants it any more.
    Cancelled,
    /// The member ends too early.
    Truncated,
    /// The archive could not be read.
    Read(io::Error),
    /// The file could not be written.
    Write(io::Error),
}

/// Fills a new file of `size` bytes; in holes between `parts` nothing is written.
pub(crate) fn fill(
    file: &mut File,
    size: u64,
    parts: Option<&[Part]>,
    content: &mut dyn Read,
    is_cancelled: &dyn Fn() -> bool,
) -> Result<(), Lost> {
    let Some(parts) = parts else {
        return copy(file, size, content, is_cancelled);
    };
    for part in parts {
        (file.seek(SeekFrom::Start(part.offset))).map_err(Lost::Write)?;
        copy(file, part.length, content, is_cancelled)?;
    }
    file.set_len(size).map_err(Lost::Write)
}

fn copy(
    file: &mut File,
    size: u64,
    content: &mut dyn Read,
    is_cancelled: &dyn Fn() -> bool,
) -> Result<(), Lost> {
    let mut block = vec![0; BLOCK.min(usize::try_from(size).unwrap_or(BLOCK))];
    let mut left = size;
    while left > 0 {
        if is_cancelled() {
            return Err(Lost::Cancelled);
        }
        let most = block.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let length = match content.read(&mut block[..most]) {
            Ok(0) => return Err(Lost::Truncated),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(Lost::Truncated);
            }
            Err(error) => return Err(Lost::Read(error)),
        };
        file.write_all(&block[..length]).map_err(Lost::Write)?;
        left -= length as u64;
    }
    Ok(())
}
