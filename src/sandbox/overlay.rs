//! Directories laid over each other.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, mkdirat, openat, unlinkat};
use rustix::io::Errno;
use rustix::mount::{MountAttrFlags, MountFlags, UnmountFlags, mount, unmount};

use super::error::{SandboxError, SystemError, Tried};
use super::filesystem::{self, Filesystem};
use super::standing;

/// Options with the values that keep an upper directory complete in itself: without redirects a
/// renamed directory is copied, without metacopy a file with a new mode is too, so that the upper
/// directory alone says what changed. (kernel: Documentation/filesystems/overlayfs.rst)
const OPTIONS: [(&str, &str); 3] = [("metacopy", "off"), ("index", "off"), ("xino", "off")];
/// `off` may still follow the redirects of others, which `userxattr` does not go with; root's change
/// sets have none.
const REDIRECT: &str = "redirect_dir";

/// Marks in extended attributes that anybody may set: in a user namespace there are no others.
const USER_MARKS: &str = "userxattr";

const DIRECTORY: OFlags = OFlags::PATH
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// The opened directories of an overlay.
///
/// The kernel takes directories as text in which `:`, `,` and `\` mean something. It gets the
/// links of /proc to the descriptors instead, which are short and free of them.
pub(super) struct Layers {
    /// Topmost first.
    lower: Vec<OwnedFd>,
    upper: OwnedFd,
    work: OwnedFd,
    upper_path: PathBuf,
}

/// A directory of ours and a name in it that is free: for kernels that mount the old way only.
pub(super) type Place<'a> = (&'a OwnedFd, &'a str);

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
        let _ = unlinkat(
            &layers.work,
            "work/incompat/volatile/dirty",
            AtFlags::empty(),
        );
        for mark in ["work/incompat/volatile", "work/incompat"] {
            let _ = unlinkat(&layers.work, mark, AtFlags::REMOVEDIR);
        }
        Ok(layers)
    }

    /// Mounts what the overlay is going to show, read-only and not attached anywhere. `empty` is
    /// an empty directory: without an upper directory the kernel wants two others.
    pub(super) fn view(&self, empty: &OwnedFd, place: Place<'_>) -> Result<OwnedFd, SandboxError> {
        let layers = [&self.upper].into_iter().chain(&self.lower).chain([empty]);
        let lower: Vec<String> = layers.map(filesystem::path).collect();
        let flags = MountAttrFlags::MOUNT_ATTR_RDONLY | MountAttrFlags::MOUNT_ATTR_NODEV;
        self.lay(&lower, &[], flags, place)
    }

    /// Mounts the overlay, not attached anywhere, with `skeleton` above all other lower layers.
    pub(super) fn mount(
        &self,
        skeleton: &OwnedFd,
        place: Place<'_>,
    ) -> Result<OwnedFd, SandboxError> {
        let layers = [skeleton].into_iter().chain(&self.lower);
        let lower: Vec<String> = layers.map(filesystem::path).collect();
        let upper = filesystem::path(&self.upper);
        let work = filesystem::path(&self.work);
        let mut options = vec![("upperdir", upper.as_str()), ("workdir", work.as_str())];
        options.extend(OPTIONS);
        let redirect = if standing::is_first_namespace() {
            "off"
        } else {
            "nofollow"
        };
        options.push((REDIRECT, redirect));
        self.lay(&lower, &options, MountAttrFlags::MOUNT_ATTR_NODEV, place)
    }

    fn lay(
        &self,
        lower: &[String],
        options: &[(&str, &str)],
        flags: MountAttrFlags,
        place: Place<'_>,
    ) -> Result<OwnedFd, SandboxError> {
        let overlay = Filesystem::open("overlay")?;
        match configure(overlay, lower, options, flags) {
            Ok(mounted) => Ok(mounted),
            Err(_) if !takes_layers_singly() => lay_as_before(lower, options, flags, place)
                .map_err(|error| {
                    let detail = String::new();
                    self.refused(detail, error)
                }),
            Err((detail, errno)) => Err(self.refused(detail, errno.into())),
        }
    }

    fn refused(&self, detail: String, source: SystemError) -> SandboxError {
        let operation = || format!("lay an overlay over `{}`", self.upper_path.display());
        match Err::<(), _>(source).tried(operation) {
            Err(error @ SandboxError::Unsupported { .. }) => error,
            _ => SandboxError::Overlay {
                upper: self.upper_path.clone(),
                detail,
                source,
            },
        }
    }
}

/// By fsconfig(2), which takes no value longer than 255 bytes, but since Linux 6.7 as many lower
/// directories as one likes. A failure comes with what the kernel logged.
fn configure(
    overlay: Filesystem,
    lower: &[String],
    options: &[(&str, &str)],
    flags: MountAttrFlags,
) -> Result<OwnedFd, (String, Errno)> {
    if !standing::is_first_namespace() {
        overlay
            .flag(USER_MARKS)
            .map_err(|errno| (overlay.log(), errno))?;
    }
    let lower = lower.iter().map(|path| ("lowerdir+", path.as_str()));
    for (key, value) in lower.chain(options.iter().copied()) {
        overlay
            .option(key, value)
            .map_err(|errno| (overlay.log(), errno))?;
    }
    // Nobody needs a half-written change set after a power cut: whoever keeps one syncs it.
    let overlay = if options.is_empty() {
        overlay
    } else {
        overlay.try_flag("volatile")
    };
    overlay
        .create(flags)
        .map_err(|errno| (overlay.log(), errno))
}

/// Whether this kernel takes lower directories one by one.
fn takes_layers_singly() -> bool {
    Filesystem::open("overlay").is_ok_and(|probe| probe.option("lowerdir+", "/").is_ok())
}

/// By mount(2), which takes a page of options.
fn lay_as_before(
    lower: &[String],
    options: &[(&str, &str)],
    flags: MountAttrFlags,
    (stage, name): Place<'_>,
) -> Result<OwnedFd, SystemError> {
    let mut data = format!("lowerdir={}", lower.join(":"));
    if !standing::is_first_namespace() {
        data.push_str(&format!(",{USER_MARKS}"));
    }
    for (key, value) in options {
        data.push_str(&format!(",{key}={value}"));
    }
    let mut mount_flags = MountFlags::NODEV;
    if flags.contains(MountAttrFlags::MOUNT_ATTR_RDONLY) {
        mount_flags |= MountFlags::RDONLY;
    }
    mkdirat(stage, name, Mode::RWXU)?;
    let target = openat(stage, name, DIRECTORY, Mode::empty())?;
    let data = std::ffi::CString::new(data).map_err(|_| Errno::INVAL)?;
    let target = filesystem::path(&target);
    mount("overlay", target, "overlay", mount_flags, data.as_c_str())?;
    // The name now leads to the mount, the first descriptor to what is below it.
    let mounted = openat(stage, name, DIRECTORY, Mode::empty())?;
    let clone = filesystem::clone(&mounted, false, String::new).map_err(|_| Errno::INVAL)?;
    unmount(filesystem::path(&mounted), UnmountFlags::DETACH)?;
    Ok(clone)
}

fn open(path: &Path) -> Result<OwnedFd, SandboxError> {
    openat(CWD, path, DIRECTORY, Mode::empty())
        .tried(|| format!("open the directory `{}`", path.display()))
}
