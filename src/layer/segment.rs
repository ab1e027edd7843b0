//! The archive in pieces: what one worker does at a time.
//!
//! Boundaries depend on the entries near them only: an entry more in the middle moves no boundary
//! further on. That makes a segment the unit which a later build can take over unchanged.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

use crate::tree::display;

use super::failure::LayerError;
use super::header;
use super::order::Item;

/// Content of a segment, uncompressed; headers come on top.
const LARGEST: u64 = 8 << 20;

/// No boundary is looked for before a segment has this many bytes.
const SMALLEST: u64 = 2 << 20;

/// One path in this many (a power of two) ends a segment that is large enough.
const SPACING: u32 = 32;

/// End of the archive: two empty blocks.
pub(super) const END: [u8; 2 * header::BLOCK as usize] = [0; 2 * header::BLOCK as usize];

/// Consecutive bytes of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) what: Span,
    /// Bytes of tar.
    pub(super) length: u64,
}

/// What a segment holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Span {
    /// Whole entries, by position in the order.
    Items(Range<usize>),
    /// A part of a file that is too large for one segment, with the header if it is the first
    /// and the padding if it is the last.
    Part { item: usize, bytes: Range<u64> },
    /// The end of the archive.
    End,
}

/// Cuts the archive of `items` into segments.
pub(super) fn cut(items: &[Item<'_>], epoch: u64) -> Result<Vec<Segment>, LayerError> {
    let mut segments = Vec::new();
    let mut open = Segment {
        what: Span::Items(0..0),
        length: 0,
    };
    let mut start = 0;
    for (position, item) in items.iter().enumerate() {
        let length = header::archived_length(item, item.entry.layer_mtime(epoch))?;
        let is_large = item.size() > LARGEST;
        let rank_changes = position > 0 && items[position - 1].entry.rank != item.entry.rank;
        if open.length > 0 && (is_large || rank_changes || open.length + length > LARGEST) {
            open.what = Span::Items(start..position);
            segments.push(std::mem::replace(&mut open, empty(position)));
            start = position;
        }
        if is_large {
            cut_file(position, item.size(), length, &mut segments);
            start = position + 1;
            continue;
        }
        open.length += length;
        if open.length >= SMALLEST && libdeflater::crc32(&item.entry.path).is_multiple_of(SPACING) {
            open.what = Span::Items(start..position + 1);
            segments.push(std::mem::replace(&mut open, empty(position + 1)));
            start = position + 1;
        }
    }
    if open.length > 0 {
        open.what = Span::Items(start..items.len());
        segments.push(open);
    }
    segments.push(Segment {
        what: Span::End,
        length: END.len() as u64,
    });
    Ok(segments)
}

fn empty(position: usize) -> Segment {
    Segment {
        what: Span::Items(position..position),
        length: 0,
    }
}

fn cut_file(item: usize, size: u64, archived: u64, segments: &mut Vec<Segment>) {
    let headers = archived - header::padded(size);
    let mut from = 0;
    while from < size {
        let to = (from + LARGEST).min(size);
        let mut length = to - from;
        if from == 0 {
            length += headers;
        }
        if to == size {
            length += header::padded(size) - size;
        }
        let bytes = from..to;
        segments.push(Segment {
            what: Span::Part { item, bytes },
            length,
        });
        from = to;
    }
}

impl Segment {
    /// Replaces `tar` by the bytes of the segment, reading the files in it.
    pub(super) fn read(
        &self,
        items: &[Item<'_>],
        epoch: u64,
        tar: &mut Vec<u8>,
    ) -> Result<(), LayerError> {
        tar.clear();
        tar.reserve(self.length as usize);
        match &self.what {
            Span::Items(range) => {
                for item in &items[range.clone()] {
                    header::write(item, item.entry.layer_mtime(epoch), tar)?;
                    content(item, 0..item.size(), tar)?;
                }
            }
            Span::Part { item, bytes } => {
                let item = &items[*item];
                if bytes.start == 0 {
                    header::write(item, item.entry.layer_mtime(epoch), tar)?;
                }
                content(item, bytes.clone(), tar)?;
            }
            Span::End => tar.extend_from_slice(&END),
        }
        debug_assert_eq!(tar.len() as u64, self.length);
        Ok(())
    }
}

/// Appends `bytes` of the file, and the padding if they are the last ones.
fn content(item: &Item<'_>, bytes: Range<u64>, tar: &mut Vec<u8>) -> Result<(), LayerError> {
    if bytes.is_empty() {
        return Ok(());
    }
    let entry = item.entry;
    let Some(mut file) = entry.open().map_err(LayerError::Content)? else {
        return Ok(());
    };
    let start = tar.len() as u64;
    let wanted = bytes.end - bytes.start;
    read(&mut file, &bytes, tar).map_err(|source| LayerError::Read {
        path: display(&entry.path).to_string(),
        source,
    })?;
    entry.check_unchanged(&file).map_err(LayerError::Content)?;
    let read = tar.len() as u64 - start;
    if read != wanted {
        return Err(LayerError::Read {
            path: display(&entry.path).to_string(),
            source: std::io::ErrorKind::UnexpectedEof.into(),
        });
    }
    if bytes.end == item.size() {
        let padding = header::padded(item.size()) - item.size();
        tar.resize(tar.len() + padding as usize, 0);
    }
    Ok(())
}

fn read(file: &mut File, bytes: &Range<u64>, tar: &mut Vec<u8>) -> std::io::Result<usize> {
    if bytes.start > 0 {
        file.seek(SeekFrom::Start(bytes.start))?;
    }
    file.take(bytes.end - bytes.start).read_to_end(tar)
}
