//! Members of a tar, byte for byte: also such as no program writes.

/// One block of a tar, with content behind it.
pub(crate) fn member(name: &[u8], kind: u8, link: &[u8], content: &[u8]) -> Vec<u8> {
    sized(name, kind, link, content, content.len() as u64)
}

pub(crate) fn sized(name: &[u8], kind: u8, link: &[u8], content: &[u8], size: u64) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.as_old_mut().linkname[..link.len()].copy_from_slice(link);
    header.set_entry_type(tar::EntryType::new(kind));
    header.set_mode(if kind == b'5' { 0o755 } else { 0o644 });
    header.set_uid(1234);
    header.set_gid(1234);
    header.set_mtime(1_700_000_000);
    header.set_size(size);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

pub(crate) fn file(name: &str) -> Vec<u8> {
    member(name.as_bytes(), b'0', b"", name.as_bytes())
}

pub(crate) fn folder(name: &str) -> Vec<u8> {
    member(name.as_bytes(), b'5', b"", b"")
}

pub(crate) fn link(name: &str, target: &str) -> Vec<u8> {
    member(name.as_bytes(), b'2', target.as_bytes(), b"")
}

pub(crate) fn hard(name: &str, target: &str) -> Vec<u8> {
    member(name.as_bytes(), b'1', target.as_bytes(), b"")
}

pub(crate) fn records(records: &[(&str, &[u8])]) -> Vec<u8> {
    let mut text = Vec::new();
    for (keyword, value) in records {
        let rest = keyword.len() + value.len() + 3;
        let mut length = rest;
        while length != rest + length.to_string().len() {
            length = rest + length.to_string().len();
        }
        text.extend_from_slice(format!("{length} {keyword}=").as_bytes());
        text.extend_from_slice(value);
        text.push(b'\n');
    }
    text
}

pub(crate) fn pax(list: &[(&str, &[u8])]) -> Vec<u8> {
    member(b"pax", b'x', b"", &records(list))
}

pub(crate) fn archive(members: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = members.concat();
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}
