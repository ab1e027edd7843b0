//! Root directories: what is read follows links inside, what is edited follows none.

mod editing;
mod reading;
mod removing;

use std::fs;
use std::path::PathBuf;

use onelayer::rootfs::Rootfs;
use tempfile::TempDir;

/// A root beside a folder `outside` that must never be touched.
pub(crate) struct Lab {
    folder: TempDir,
    pub(crate) root: Rootfs,
}

impl Lab {
    pub(crate) fn new() -> Lab {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("root")).unwrap();
        fs::create_dir(folder.path().join("outside")).unwrap();
        fs::write(folder.path().join("outside/secret"), "secret").unwrap();
        let root = Rootfs::open(folder.path().join("root")).unwrap();
        Lab { folder, root }
    }

    /// A path on the host, inside the root.
    pub(crate) fn inside(&self, path: &str) -> PathBuf {
        self.folder.path().join("root").join(path)
    }

    pub(crate) fn outside(&self) -> PathBuf {
        self.folder.path().join("outside")
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let names: Vec<_> = fs::read_dir(self.outside()).unwrap().collect();
            assert_eq!(names.len(), 1, "{names:?}");
            assert_eq!(fs::read(self.outside().join("secret")).unwrap(), b"secret");
        }
    }
}
