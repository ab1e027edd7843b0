//! What tells segments apart without reading their files.
//!
//! The header of an entry follows from the entry, and the bytes of a file from the change set that
//! holds it, which never changes: a change set that is made again is another one. So two segments
//! with equal keys are equal, while equal segments may have different keys.

use crate::digest::{Digest, Hasher};
use crate::tree::{Content, Kind};

use super::order::Item;
use super::segment::{Segment, Span};

/// Whatever changes the bytes of a layer for the same tree and options changes this.
const FORMAT: &[u8] = b"onelayer layer 1";

/// The key before the first segment, of how the layer is written.
pub(super) fn start(fingerprint: &Digest, epoch: u64) -> Digest {
    let mut hasher = Hasher::new();
    hasher.field(FORMAT);
    hasher.field(&fingerprint.bytes());
    hasher.field(&epoch.to_le_bytes());
    hasher.finish()
}

/// The key of everything up to a segment with this key.
pub(super) fn chain(before: &Digest, segment: &Digest) -> Digest {
    let mut hasher = Hasher::new();
    hasher.field(&before.bytes());
    hasher.field(&segment.bytes());
    hasher.finish()
}

/// The name under which a segment is kept: that of its bytes.
pub(super) fn name(start: &Digest, tar: &[u8]) -> Digest {
    let mut hasher = Hasher::new();
    hasher.field(&start.bytes());
    hasher.field(tar);
    hasher.finish()
}

/// The key of a segment; `None` if it holds a file of something that is not known to stay.
pub(super) fn key(segment: &Segment, items: &[Item<'_>]) -> Option<Digest> {
    let mut hasher = Hasher::new();
    match &segment.what {
        Span::Items(range) => {
            for item in &items[range.clone()] {
                add(item, &mut hasher)?;
            }
        }
        Span::Part { item, bytes } => {
            add(&items[*item], &mut hasher)?;
            hasher.field(&bytes.start.to_le_bytes());
            hasher.field(&bytes.end.to_le_bytes());
        }
        Span::End => hasher.field(b"end"),
    }
    Some(hasher.finish())
}

fn add(item: &Item<'_>, hasher: &mut Hasher) -> Option<()> {
    let entry = item.entry;
    hasher.field(&entry.path);
    for number in [
        entry.mode,
        entry.uid,
        entry.gid,
        entry.xattrs().len() as u32,
    ] {
        hasher.update(&number.to_le_bytes());
    }
    hasher.update(&entry.mtime.to_le_bytes());
    for xattr in entry.xattrs() {
        hasher.field(&xattr.name);
        hasher.field(&xattr.value);
    }
    let device = |major: u32, minor: u32| [major.to_le_bytes(), minor.to_le_bytes()].concat();
    match (&entry.kind, item.link_to) {
        (Kind::File { .. }, Some(first)) => {
            hasher.field(b"hard link");
            hasher.field(&first.path);
        }
        (Kind::File { size, content }, None) => {
            hasher.field(b"file");
            hasher.update(&size.to_le_bytes());
            add_content(content, hasher)?;
        }
        (Kind::Directory, _) => hasher.field(b"directory"),
        (Kind::Symlink { target }, _) => {
            hasher.field(b"symbolic link");
            hasher.field(target);
        }
        (Kind::CharDevice { major, minor }, _) => {
            hasher.field(b"character device");
            hasher.field(&device(*major, *minor));
        }
        (Kind::BlockDevice { major, minor }, _) => {
            hasher.field(b"block device");
            hasher.field(&device(*major, *minor));
        }
        (Kind::Fifo, _) => hasher.field(b"fifo"),
        (Kind::Whiteout, _) => hasher.field(b"whiteout"),
    }
    Some(())
}

fn add_content(content: &Content, hasher: &mut Hasher) -> Option<()> {
    hasher.field(content.upper().identity()?.as_bytes());
    hasher.update(&content.nanoseconds().to_le_bytes());
    Some(())
}
