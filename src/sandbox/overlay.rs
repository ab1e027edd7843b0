//! Directories laid over each other.

use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, mkdirat, openat, unlinkat};
use rustix::io::Errno;
use rustix::mount::{MountAttrFlags, MountFlags};

use super::error::{SandboxError, Tried};
use super::filesystem::{self, Filesystem};

/// Options with the values that keep an upper directory complete in itself: without redirects a
/// renamed directory is copied, without metacopy a file with a new mode is too, so that the upper
/// directory alone says what changed. (kernel: Documentation/filesystems/overlayfs.rst)
const OPTIONS: [(&str, &str); 4] = [
    ("redirect_dir", "off"),
    ("metacopy", "off"),
    ("index", "off"),
    ("xino", "off"),
];

/// The opened directories of an overlay.
pub(super) struct Layers {
    /// Topmost first.
    lower: Vec<OwnedFd>,
    upper: OwnedFd,
    work: OwnedFd,
    upper_path: PathBuf,
}

impl Layers {
    pub(super) fn open(
        lower: &[PathBuf],
        upper: &Path,
        work: &Path,
    ) -> Result<Layers, SandboxError> {
        let layers = Layers {
            lower: lower
                .iter()
                .map(|path| open(path))
                .collect::<Result<_, _>>()?,
            upper: open(upper)?,
            work: open(work)?,
            upper_path: upper.to_owned(),
        };
        // A volatile overlay leaves a mark against being mounted again after a crash of the
        // machine. A second command may well follow on the same change set.
        for mark in ["work/incompat/volatile", "work/incompat"] {
            let _ = unlinkat(&layers.work, mark, AtFlags::REMOVEDIR);
        }
        Ok(layers)
    }

    /// Mounts the overlay, not attached anywhere, with `skeleton` below everything else.
    ///
    /// `stage` is a directory of ours, for kernels that know the old way only.
    pub(super) fn mount(
        &self,
        skeleton: OwnedFd,
        stage: impl AsFd,
    ) -> Result<OwnedFd, SandboxError> {
        let mut lower: Vec<String> = self.lower.iter().map(filesystem::path).collect();
        lower.push(filesystem::path(&skeleton));
        let overlay = Filesystem::open("overlay")?;
        match self.configure(overlay, &lower) {
            Err((_, Errno::INVAL | Errno::NOSYS)) if !has_lowerdir_plus() => {
                self.mount_as_before(&lower, stage)
            }
            Err((detail, errno)) => Err(self.refused(detail, errno)),
            Ok(mount) => Ok(mount),
        }
    }

    fn configure(&self, overlay: Filesystem, lower: &[String]) -> Result<OwnedFd, (String, Errno)> {
        let mut overlay = overlay;
        for path in lower {
            overlay
                .option("lowerdir+", path)
                .map_err(|errno| (overlay.log(), errno))?;
        }
        for (key, value) in [
            ("upperdir", filesystem::path(&self.upper).as_str()),
            ("workdir", filesystem::path(&self.work).as_str()),
        ]
        .into_iter()
        .chain(OPTIONS)
        {
            overlay
                .option(key, value)
                .map_err(|errno| (overlay.log(), errno))?;
        }
        // Nobody needs a half-written change set after a power cut: whoever keeps one syncs it.
        overlay = overlay.try_flag("volatile");
        overlay
            .create(MountAttrFlags::MOUNT_ATTR_NODEV)
            .map_err(|errno| (overlay.log(), errno))
    }

    /// mount(2), for kernels before 6.7: fsconfig(2) takes no list longer than 255 bytes there.
    fn mount_as_before(&self, lower: &[String], stage: impl AsFd) -> Result<OwnedFd, SandboxError> {
        let mut data = format!(
            "lowerdir={},upperdir={},workdir={}",
            lower.join(":"),
            filesystem::path(&self.upper),
            filesystem::path(&self.work)
        );
        for (key, value) in OPTIONS {
            data.push_str(&format!(",{key}={value}"));
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let name = "overlay";
        let target = match mkdirat(&stage, name, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => openat(&stage, name, flags, Mode::empty()),
            Err(errno) => Err(errno),
        }
        .tried(|| "make a mount point".to_owned())?;
        let data =
            std::ffi::CString::new(data).map_err(|_| self.refused(String::new(), Errno::INVAL))?;
        rustix::mount::mount(
            "overlay",
            filesystem::path(&target),
            "overlay",
            MountFlags::NODEV,
            data.as_c_str(),
        )
        .map_err(|errno| self.refused(String::new(), errno))?;
        // The name now leads to the mount, the descriptor below it.
        let mounted =
            openat(&stage, name, flags, Mode::empty()).tried(|| "open the overlay".to_owned())?;
        filesystem::clone(&mounted, false, || "clone the overlay".to_owned())
    }

    fn refused(&self, detail: String, errno: Errno) -> SandboxError {
        if errno == Errno::PERM {
            let error: Result<(), _> = Err(errno);
            if let Err(error) =
                error.tried(|| format!("lay an overlay over `{}`", self.upper_path.display()))
            {
                return error;
            }
        }
        SandboxError::Overlay {
            upper: self.upper_path.clone(),
            detail,
            source: errno.into(),
        }
    }
}

/// Whether this kernel takes lower directories one by one.
fn has_lowerdir_plus() -> bool {
    Filesystem::open("overlay").is_ok_and(|probe| probe.option("lowerdir+", "/").is_ok())
}

fn open(path: &Path) -> Result<OwnedFd, SandboxError> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(CWD, path, flags, Mode::empty())
        .tried(|| format!("open the directory `{}`", path.display()))
}
