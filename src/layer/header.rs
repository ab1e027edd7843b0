//! Tar headers: ustar, with a PAX extended header only where ustar cannot say it.
//!
//! Fields follow POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header"; extended
//! attributes are `SCHILY.xattr.` records, as the image-spec's consumers read them. Names are raw
//! bytes in both, without `hdrcharset`, which is how Go's archive/tar and GNU tar read them.

use tar::{EntryType, Header};

use crate::tree::{Kind, display};

use super::failure::LayerError;
use super::order::Item;

/// Everything in a tar is padded to this.
pub(super) const BLOCK: u64 = 512;

/// The largest numbers in seven and eleven octal digits.
const MAX_ID: u32 = 0o7_777_777;
const MAX_NUMBER: u64 = 0o77_777_777_777;

/// Room for a name or the target of a link.
const NAME_LENGTH: usize = 100;

/// The name of every extended header, as Python's tarfile has it: no trace of a process id.
const EXTENDED_NAME: &[u8] = b"././@PaxHeader";

/// Bytes that [`write`] appends for `item`, and the content with its padding.
pub(super) fn archived_length(item: &Item<'_>, mtime: u64) -> Result<u64, LayerError> {
    let records = records(item, &name(item), mtime)?.len() as u64;
    let extended = match records {
        0 => 0,
        _ => BLOCK + padded(records),
    };
    Ok(extended + BLOCK + padded(item.size()))
}

/// `length` up to the next whole block.
pub(super) fn padded(length: u64) -> u64 {
    length.next_multiple_of(BLOCK)
}

/// Appends the header blocks of `item` to `tar`.
pub(super) fn write(item: &Item<'_>, mtime: u64, tar: &mut Vec<u8>) -> Result<(), LayerError> {
    let name = name(item);
    let records = records(item, &name, mtime)?;
    if !records.is_empty() {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::XHeader);
        header.set_mode(0o644);
        fill(&mut header.as_old_mut().name, EXTENDED_NAME);
        numbers(&mut header, records.len() as u64, (0, 0), 0);
        finish(&mut header, (0, 0), tar);
        tar.extend_from_slice(&records);
        let end = tar.len() + (padded(records.len() as u64) as usize - records.len());
        tar.resize(end, 0);
    }

    let entry = item.entry;
    let mut header = Header::new_ustar();
    let (kind, link, device) = match &entry.kind {
        Kind::File { .. } => match item.link_to {
            None => (EntryType::Regular, &[][..], (0, 0)),
            Some(first) => (EntryType::Link, &*first.path, (0, 0)),
        },
        Kind::Directory => (EntryType::Directory, &[][..], (0, 0)),
        Kind::Symlink { target } => (EntryType::Symlink, &**target, (0, 0)),
        Kind::CharDevice { major, minor } => (EntryType::Char, &[][..], (*major, *minor)),
        Kind::BlockDevice { major, minor } => (EntryType::Block, &[][..], (*major, *minor)),
        Kind::Fifo => (EntryType::Fifo, &[][..], (0, 0)),
        Kind::Whiteout => (EntryType::Regular, &[][..], (0, 0)),
    };
    header.set_entry_type(kind);
    header.set_mode(entry.mode);
    fill(&mut header.as_old_mut().name, &name);
    fill(&mut header.as_old_mut().linkname, link);
    numbers(&mut header, item.size(), (entry.uid, entry.gid), mtime);
    finish(&mut header, device, tar);
    Ok(())
}

/// `a/b`, with a slash behind directories; the root is `./`.
fn name(item: &Item<'_>) -> Vec<u8> {
    let entry = item.entry;
    let mut name = entry.path.to_vec();
    if name.is_empty() {
        name.push(b'.');
    }
    if entry.is_directory() {
        name.push(b'/');
    }
    name
}

/// What does not fit the ustar header, as PAX records sorted by keyword.
fn records(item: &Item<'_>, name: &[u8], mtime: u64) -> Result<Vec<u8>, LayerError> {
    let entry = item.entry;
    let mut records = Vec::new();
    let is_hard_link = item.link_to.is_some();
    for xattr in entry.xattrs().iter().filter(|_| !is_hard_link) {
        if xattr.name.contains(&b'=') {
            return Err(LayerError::XattrName {
                path: display(&entry.path).to_string(),
                xattr: String::from_utf8_lossy(&xattr.name).into_owned(),
            });
        }
        let keyword = [b"SCHILY.xattr.", &*xattr.name].concat();
        record(&mut records, &keyword, &xattr.value);
    }
    if entry.gid > MAX_ID {
        record(&mut records, b"gid", entry.gid.to_string().as_bytes());
    }
    let link: &[u8] = match (&entry.kind, item.link_to) {
        (_, Some(first)) => &first.path,
        (Kind::Symlink { target }, None) => target,
        _ => &[],
    };
    if link.len() > NAME_LENGTH {
        record(&mut records, b"linkpath", link);
    }
    if mtime > MAX_NUMBER {
        record(&mut records, b"mtime", mtime.to_string().as_bytes());
    }
    if name.len() > NAME_LENGTH {
        record(&mut records, b"path", name);
    }
    if item.size() > MAX_NUMBER {
        record(&mut records, b"size", item.size().to_string().as_bytes());
    }
    if entry.uid > MAX_ID {
        record(&mut records, b"uid", entry.uid.to_string().as_bytes());
    }
    Ok(records)
}

/// Appends `LENGTH keyword=value\n`, where the length counts its own digits.
fn record(records: &mut Vec<u8>, keyword: &[u8], value: &[u8]) {
    let rest = keyword.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    records.extend_from_slice(length.to_string().as_bytes());
    records.push(b' ');
    records.extend_from_slice(keyword);
    records.push(b'=');
    records.extend_from_slice(value);
    records.push(b'\n');
}

/// Copies what fits; the PAX record has the rest.
fn fill(field: &mut [u8; NAME_LENGTH], bytes: &[u8]) {
    let length = bytes.len().min(field.len());
    field[..length].copy_from_slice(&bytes[..length]);
}

/// Numbers that do not fit are 0 here and right in the PAX records.
fn numbers(header: &mut Header, size: u64, (uid, gid): (u32, u32), mtime: u64) {
    let id = |id: u32| if id > MAX_ID { 0 } else { id.into() };
    let number = |number: u64| if number > MAX_NUMBER { 0 } else { number };
    header.set_size(number(size));
    header.set_uid(id(uid));
    header.set_gid(id(gid));
    header.set_mtime(number(mtime));
}

fn finish(header: &mut Header, (major, minor): (u32, u32), tar: &mut Vec<u8>) {
    let ustar = "a ustar header has device numbers";
    header.set_device_major(major).expect(ustar);
    header.set_device_minor(minor).expect(ustar);
    header.set_cksum();
    tar.extend_from_slice(header.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_counts_its_own_digits() {
        for value in [0, 1, 86, 87, 88, 89, 90, 980, 990, 1000, 9990] {
            let mut records = Vec::new();
            record(&mut records, b"path", &vec![b'x'; value]);
            let text = String::from_utf8(records).unwrap();
            let (length, _) = text.split_once(' ').unwrap();
            assert_eq!(length.parse(), Ok(text.len()), "{value}");
        }
    }
}
