//! An entry of a layer, with everything that a tar can say of it.

use crate::unpacking::member::{member, pax};

/// A member under construction.
#[derive(Clone)]
pub(crate) struct Entry {
    name: Vec<u8>,
    kind: u8,
    link: Vec<u8>,
    content: Vec<u8>,
    mode: u32,
    owner: (u64, u64),
    device: (u32, u32),
    mtime: u64,
    records: Vec<(String, Vec<u8>)>,
}

impl Entry {
    fn new(name: &[u8], kind: u8) -> Self {
        Self {
            name: name.to_vec(),
            kind,
            link: Vec::new(),
            content: Vec::new(),
            mode: if kind == b'5' { 0o755 } else { 0o644 },
            owner: (0, 0),
            device: (0, 0),
            mtime: 1_700_000_000,
            records: Vec::new(),
        }
    }

    pub(crate) fn file(name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Self {
        let mut entry = Self::new(name.as_ref(), b'0');
        entry.content = content.as_ref().to_vec();
        entry
    }

    pub(crate) fn folder(name: impl AsRef<[u8]>) -> Self {
        Self::new(name.as_ref(), b'5')
    }

    pub(crate) fn link(name: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Self {
        let mut entry = Self::new(name.as_ref(), b'2');
        entry.link = target.as_ref().to_vec();
        entry.mode = 0o777;
        entry
    }

    pub(crate) fn hard(name: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Self {
        let mut entry = Self::new(name.as_ref(), b'1');
        entry.link = target.as_ref().to_vec();
        entry
    }

    pub(crate) fn fifo(name: &str) -> Self {
        Self::new(name.as_bytes(), b'6')
    }

    pub(crate) fn device(name: &str, kind: u8, major: u32, minor: u32) -> Self {
        let mut entry = Self::new(name.as_bytes(), kind);
        entry.device = (major, minor);
        entry
    }

    /// With bytes as content.
    pub(crate) fn with(mut self, content: &[u8]) -> Self {
        self.content = content.to_vec();
        self
    }

    pub(crate) fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    pub(crate) fn owner(mut self, uid: u64, gid: u64) -> Self {
        self.owner = (uid, gid);
        self
    }

    pub(crate) fn mtime(mut self, seconds: u64) -> Self {
        self.mtime = seconds;
        self
    }

    /// Adds a record of a PAX header.
    pub(crate) fn record(mut self, keyword: &str, value: impl AsRef<[u8]>) -> Self {
        self.records
            .push((keyword.to_owned(), value.as_ref().to_vec()));
        self
    }

    pub(crate) fn xattr(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.record(&format!("SCHILY.xattr.{name}"), value)
    }

    /// The bytes: a PAX header if there is anything for it, the header, the content.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut records = self.records.clone();
        for (keyword, text) in [("path", &self.name), ("linkpath", &self.link)] {
            if text.len() > 100 {
                records.push((keyword.to_owned(), text.clone()));
            }
        }
        let short = |text: &[u8]| text[..text.len().min(100)].to_vec();
        let (name, link) = (short(&self.name), short(&self.link));
        let mut bytes = member(&name, self.kind, &link, &self.content);
        let mut header = tar::Header::from_byte_slice(&bytes[..512]).clone();
        header.set_mode(self.mode);
        header.set_uid(self.owner.0);
        header.set_gid(self.owner.1);
        header.set_mtime(self.mtime);
        header.set_device_major(self.device.0).unwrap();
        header.set_device_minor(self.device.1).unwrap();
        header.set_cksum();
        bytes[..512].copy_from_slice(header.as_bytes());
        if records.is_empty() {
            return bytes;
        }
        let records: Vec<(&str, &[u8])> = (records.iter())
            .map(|(keyword, value)| (keyword.as_str(), value.as_slice()))
            .collect();
        [pax(&records), bytes].concat()
    }
}

/// The tar of a layer.
pub(crate) fn layer(entries: &[Entry]) -> Vec<u8> {
    let members: Vec<Vec<u8>> = entries.iter().map(Entry::bytes).collect();
    crate::unpacking::member::archive(&members)
}
