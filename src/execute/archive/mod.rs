//! What an archive holds becomes part of the root.
//!
//! ```text
//! file ─► `tar` (by its first bytes) or zipped ─► members ─► Unpacking ─► Editor
//! ```
//!
//! Archives are foreign. Every entry is written through the step's [`Editor`], so that its path
//! is resolved in the root as every other step's is, and none is followed on the host. An entry
//! that climbs, that leaves the archive's folder by a link of the same archive, that shares its
//! bytes with something else than an entry before it, or that would be a removal in a layer, ends
//! the step. What is unpacked is bounded in entries, names and bytes.

mod error;
mod extraction;
mod unpacking;
mod zipped;

pub use error::ArchiveError;
pub(super) use extraction::{Bounded, Extraction, Limits, is_bound};

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::Write;

    use super::*;
    use crate::execute::ExecuteError;
    use crate::execute::editor::Editor;
    use crate::progress::Silent;
    use crate::sandbox::Cancel;
    use crate::tree::Tree;

    fn unpack(archive: &[u8], limits: Limits) -> Result<(), ExecuteError> {
        let folder = tempfile::tempdir().unwrap();
        let upper = folder.path().join("upper");
        fs::create_dir(&upper).unwrap();
        let path = folder.path().join("archive");
        File::create(&path).unwrap().write_all(archive).unwrap();
        let tree = Tree::new();
        let extraction = Extraction {
            url: "https://example.org/x",
            to: &"/opt".into(),
            strip: 0,
            owner: (0, 0),
            mode: None,
            limits,
            cancel: &Cancel::new().unwrap(),
            reporter: &Silent,
            step: 1,
        };
        let mut editor = Editor::new(&tree, &upper, 0)?;
        extraction.run(File::open(path).unwrap(), &mut editor)
    }

    fn tar(members: usize, size: usize) -> Vec<u8> {
        let mut archive = ::tar::Builder::new(Vec::new());
        for member in 0..members {
            let mut header = ::tar::Header::new_ustar();
            header.set_size(size as u64);
            let content = vec![b'x'; size];
            (archive.append_data(&mut header, format!("{member}"), content.as_slice())).unwrap();
        }
        archive.into_inner().unwrap()
    }

    fn zip(members: usize, size: usize) -> Vec<u8> {
        let mut archive = ::zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for member in 0..members {
            let options = ::zip::write::SimpleFileOptions::default();
            archive.start_file(format!("{member}"), options).unwrap();
            archive.write_all(&vec![b'x'; size]).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_is_unpacked_has_limits() {
        let limits = |entries, bytes| Limits {
            entries,
            names: 1000,
            bytes,
        };
        type Make = fn(usize, usize) -> Vec<u8>;
        for make in [tar as Make, zip, |members, size| gzip(&tar(members, size))] {
            unpack(&make(10, 100), limits(10, 100_000)).unwrap();
            let told = unpack(&make(11, 100), limits(10, 100_000)).unwrap_err();
            assert!(
                told.to_string().ends_with("holds more than 10 entries"),
                "{told}"
            );
            // A bomb: a thousand times larger than what comes.
            let told = unpack(&make(3, 40_000), limits(10, 100_000)).unwrap_err();
            assert!(
                told.to_string().ends_with("holds more than 100000 bytes"),
                "{told}"
            );
        }
        // Folders that are only part of a name count as well, and so do long names.
        let deep = |name: &str| {
            let mut archive = ::tar::Builder::new(Vec::new());
            let mut header = ::tar::Header::new_gnu();
            header.set_size(0);
            archive.append_data(&mut header, name, &b""[..]).unwrap();
            archive.into_inner().unwrap()
        };
        unpack(&deep("a/b/c/d/e"), limits(5, 100_000)).unwrap();
        let told = unpack(&deep("a/b/c/d/e/f"), limits(5, 100_000)).unwrap_err();
        assert!(
            told.to_string().ends_with("holds more than 5 entries"),
            "{told}"
        );
        let told = unpack(&deep(&"folder/".repeat(20)), limits(50, 100_000)).unwrap_err();
        assert!(
            told.to_string()
                .ends_with("holds more than 1000 bytes of names"),
            "{told}"
        );
        // Bytes that belong to no file count as well.
        let mut extensions = Vec::new();
        for _ in 0..20 {
            let mut header = ::tar::Header::new_ustar();
            header.set_entry_type(::tar::EntryType::XHeader);
            header.set_size(0);
            header.set_cksum();
            extensions.extend_from_slice(header.as_bytes());
        }
        let told = unpack(&extensions, limits(10, 100_000)).unwrap_err();
        assert!(
            told.to_string().ends_with("holds more than 10 entries"),
            "{told}"
        );
        let told = unpack(&extensions, limits(100, 5000)).unwrap_err();
        assert!(
            told.to_string().ends_with("holds more than 5000 bytes"),
            "{told}"
        );
    }
}
