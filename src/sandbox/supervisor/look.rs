//! Shows a command what was noted of a file, where it looks at one.

use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, fstat};
use rustix::io::Result;

use crate::tree::{Device, Recorded};

use super::call::Call;
use super::process::Process;
use super::{Outcome, Supervisor, descriptor, last};
use crate::sandbox::syscall;

/// A call that looks at a file, with its arguments.
pub(super) struct Look {
    /// A directory of the process, or the file itself.
    descriptor: i32,
    /// Where the path is in memory; none for what the descriptor is.
    path: Option<u64>,
    flags: AtFlags,
    /// Where the answer goes.
    buffer: u64,
    /// What statx(2) is asked for.
    mask: Option<u32>,
}

impl Look {
    /// What `call` looks at, if that is what it does.
    pub(super) fn of(call: Call, arguments: &[u64; 6]) -> Option<Look> {
        let look = |directory, path, flags, buffer| Look {
            descriptor: directory,
            path,
            flags: AtFlags::from_bits_retain(flags as u32),
            buffer,
            mask: None,
        };
        let here = libc::AT_FDCWD;
        let [first, second, third, fourth, fifth, _] = *arguments;
        match call {
            Call::Stat { follow: true } => Some(look(here, Some(first), 0, second)),
            Call::Stat { follow: false } => {
                let flags = u64::from(AtFlags::SYMLINK_NOFOLLOW.bits());
                Some(look(here, Some(first), flags, second))
            }
            Call::Fstat => Some(look(descriptor(first), None, 0, second)),
            Call::Fstatat => Some(look(descriptor(first), Some(second), fourth, third)),
            Call::Statx => Some(Look {
                mask: Some(fourth as u32),
                ..look(descriptor(first), Some(second), third, fifth)
            }),
            _ => None,
        }
    }

    /// The file that the process means.
    fn entry(&self, process: Process<'_>) -> Result<OwnedFd> {
        let Some(path) = self.path else {
            return process.descriptor(self.descriptor);
        };
        // Some libraries pass no path at all for the descriptor itself.
        let path = match path {
            0 => Vec::new(),
            address => process.text(address)?,
        };
        if path.is_empty() && self.flags.contains(AtFlags::EMPTY_PATH) {
            return process.descriptor(self.descriptor);
        }
        let follow = !self.flags.contains(AtFlags::SYMLINK_NOFOLLOW);
        process.open(self.descriptor, &path, last(follow))
    }
}

impl Supervisor {
    /// Answers a call that looks at a file of which something was noted.
    pub(super) fn show(
        &self,
        look: &Look,
        process: Process<'_>,
        still: &dyn Fn() -> Result<()>,
    ) -> Result<Outcome> {
        let entry = look.entry(process)?;
        let Some(noted) = self.noted(&entry, &fstat(&entry)?) else {
            return Ok(Outcome::Kernel);
        };
        let bytes = match look.mask {
            None => syscall::stat_bytes(&entry, |stat| {
                (stat.st_uid, stat.st_gid) = (noted.uid, noted.gid);
                if let Some((kind, major, minor)) = device(noted) {
                    stat.st_mode = stat.st_mode & !libc::S_IFMT | kind;
                    stat.st_rdev = libc::makedev(major, minor);
                }
            }),
            Some(mask) => syscall::statx_bytes(&entry, mask, |stat| {
                (stat.stx_uid, stat.stx_gid) = (noted.uid, noted.gid);
                if let Some((kind, major, minor)) = device(noted) {
                    let mode = u32::from(stat.stx_mode) & !libc::S_IFMT | kind;
                    stat.stx_mode = u16::try_from(mode).unwrap_or_default();
                    (stat.stx_rdev_major, stat.stx_rdev_minor) = (major, minor);
                }
            }),
        };
        let bytes = bytes.map_err(|error| {
            rustix::io::Errno::from_io_error(&error).unwrap_or(rustix::io::Errno::IO)
        })?;
        still()?;
        process.write(look.buffer, &bytes)?;
        Ok(Outcome::Done)
    }
}

/// The type bits and number of a device.
fn device(noted: Recorded) -> Option<(u32, u32, u32)> {
    match noted.device? {
        Device::Char(major, minor) => Some((libc::S_IFCHR, major, minor)),
        Device::Block(major, minor) => Some((libc::S_IFBLK, major, minor)),
    }
}
