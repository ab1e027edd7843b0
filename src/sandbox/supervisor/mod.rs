//! Does for the command what only root could, and records the rest.
//!
//! In a user namespace the kernel refuses devices, and with a single id every other owner. The
//! filter of system calls has such calls wait for pid 1, which finds the file as the process would,
//! does what can be done, and notes what cannot at the file itself ([`Recorded`]): so it stays
//! with it, whatever the command does next. Links and pipes take no notes; they are held open until
//! the command has ended, and named then. With a single id the command is shown what was noted when
//! it looks at a file, as programs that copy owners do; it is told that it is the user that it has
//! become, and its files get that owner.

mod acl;
mod call;
mod creation;
mod credentials;
mod held;
mod look;
mod person;
mod process;

pub(super) use call::asked;
pub use held::Owned;

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::rc::Rc;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::fs::{
    AtFlags, CWD, FileType, Gid, Mode, OFlags, Stat, Uid, XattrFlags, chownat, fchmod, fstat,
    getxattr, openat, removexattr, setxattr,
};
use rustix::io::{Errno, Result};
use rustix::mount::MountAttrFlags;

use crate::tree::{Device, Recorded};

use self::call::{Call, Ids, recognise};
use self::creation::{Expected, Making};
use self::credentials::{Accounts, Credentials};
use self::held::Held;
use self::look::Look;
use self::process::Process;
use super::error::{SandboxError, Tried};
use super::processes::{self, Processes};
use super::standing::{Isolation, OVERFLOW_ID};
use super::syscall;
use super::user::Identity;

/// What pid 1 needs to find the files of others.
pub(super) struct Eyes {
    /// The processes of this process id namespace, or more.
    proc: OwnedFd,
    processes: Processes,
}

impl Eyes {
    /// To be called before the root is changed.
    pub(super) fn open(processes: Processes) -> std::result::Result<Eyes, SandboxError> {
        let flags = MountAttrFlags::MOUNT_ATTR_NOSUID
            | MountAttrFlags::MOUNT_ATTR_NODEV
            | MountAttrFlags::MOUNT_ATTR_NOEXEC;
        let proc = match processes {
            Processes::Own => processes::fresh(flags),
            Processes::All => processes::bound(),
        };
        let proc = proc.tried(|| "mount `/proc`".to_owned())?;
        Ok(Eyes { proc, processes })
    }

    /// The number of a process of this process id namespace among those that are seen.
    fn number(&self, id: u32) -> Result<u32> {
        match self.processes {
            Processes::Own => Ok(id),
            Processes::All => processes::number(&self.proc, id),
        }
    }
}

/// By what pid 1 hears questions, and finds what they are about.
struct Handles {
    listener: OwnedFd,
    eyes: Eyes,
    root: OwnedFd,
}

/// Answers the kernel's questions about the command and all that it starts.
pub(super) struct Supervisor {
    handles: Rc<Handles>,
    /// Whether there is one id only.
    single: bool,
    /// Links and pipes of which something was noted.
    held: Held,
    /// Who everybody is.
    accounts: Accounts,
    /// Files that are being made by others than root.
    expected: Expected,
}

impl Supervisor {
    /// Takes the working directory of this process for itself.
    pub(super) fn new(
        listener: OwnedFd,
        eyes: Eyes,
        isolation: Isolation,
        command: &Identity,
    ) -> std::result::Result<Supervisor, SandboxError> {
        // Without it everything is the same.
        let _ = syscall::ask_in_turns(&listener);
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = openat(CWD, "/", flags, Mode::empty()).tried(|| "open `/`".to_owned())?;
        rustix::process::fchdir(&eyes.proc).tried(|| "change into `/proc`".to_owned())?;
        Ok(Supervisor {
            handles: Rc::new(Handles {
                listener,
                eyes,
                root,
            }),
            single: isolation == Isolation::SingleId,
            held: Held::new(),
            accounts: Accounts::new(command),
            expected: Expected::default(),
        })
    }

    /// Readable when there is a question.
    pub(super) fn listener(&self) -> BorrowedFd<'_> {
        self.handles.listener.as_fd()
    }

    /// Answers one question.
    pub(super) fn answer(&mut self) {
        // The process may have been killed meanwhile.
        let Ok(question) = syscall::receive_question(&self.handles.listener) else {
            return;
        };
        let (val, error, flags) = match self.carry_out(&question) {
            Ok(Outcome::Done) => (0, 0, 0),
            Ok(Outcome::Number(number)) => (number, 0, 0),
            Ok(Outcome::Kernel) => (0, 0, libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE),
            Err(errno) => (0, -errno.raw_os_error(), 0),
        };
        let answer = libc::seccomp_notif_resp {
            id: question.id,
            val,
            error,
            flags: flags as u32,
        };
        let _ = syscall::answer_question(&self.handles.listener, answer);
    }

    /// Answers questions until `end` has something to say, or ends.
    pub(super) fn answer_until(&mut self, end: BorrowedFd<'_>) {
        loop {
            let mut fds = [
                PollFd::new(end, PollFlags::POLLIN),
                PollFd::new(self.listener(), PollFlags::POLLIN),
            ];
            match poll(&mut fds, PollTimeout::NONE) {
                Err(nix::errno::Errno::EINTR) => continue,
                Err(_) => return,
                Ok(_) => {}
            }
            let asked = fds[1].revents().unwrap_or(PollFlags::empty());
            if fds[0].any().unwrap_or(true) || !asked.contains(PollFlags::POLLIN) {
                return;
            }
            self.answer();
        }
    }

    /// Where everything is that was held, now that nobody moves it any more.
    pub(super) fn finish(mut self) -> Vec<Owned> {
        self.settle(None);
        self.held.finish(&self.handles.eyes.proc)
    }

    fn carry_out(&mut self, question: &libc::seccomp_notif) -> Result<Outcome> {
        let call = recognise(&question.data).ok_or(Errno::NOSYS)?;
        let arguments = question.data.args;
        let handles = Rc::clone(&self.handles);
        let process = handles.eyes.number(question.pid).map(|id| Process {
            proc: &handles.eyes.proc,
            root: &handles.root,
            thread: question.pid,
            id,
        });
        // Only now that all of it is open: its number may have gone to another process before.
        let still = || match syscall::question_is_open(&handles.listener, question.id) {
            true => Ok(()),
            false => Err(Errno::SRCH),
        };
        if let Call::Identity(asked, ids) = call {
            let answer = self.answer_person((asked, ids), &arguments, process?, &still);
            return answer.map(Outcome::Number);
        }
        self.settle(Some(question.pid));
        if let Some(making) = Making::of(call, &arguments) {
            // Whatever is wrong with the call, the kernel says it best.
            let _ = process.and_then(|process| self.prepare(making, process));
        }
        if matches!(call, Call::Make { .. } | Call::Move) {
            return Ok(Outcome::Kernel);
        }
        if matches!(call, Call::SetAttribute { .. } | Call::FsetAttribute) {
            return self.set_attribute(call, &arguments, process?, &still);
        }
        if let Some(look) = Look::of(call, &arguments) {
            // Whatever is wrong with the call, the kernel says it best.
            let shown = process.and_then(|process| self.show(&look, process, &still));
            return Ok(shown.unwrap_or(Outcome::Kernel));
        }
        let process = process?;
        let standing = process.standing()?;
        let person = self.accounts.of(question.pid);
        // Where there are others the kernel knows who it is.
        let is_root = !self.single || person.is_root();
        if let Call::Mknod | Call::Mknodat = call {
            let mode = arguments[if call == Call::Mknod { 1 } else { 2 }] as u32;
            let is_device = matches!(mode & libc::S_IFMT, libc::S_IFCHR | libc::S_IFBLK);
            // Whoever gave these powers up gets the kernel's own answer.
            if !is_device || !is_root || !standing.may_make_devices() {
                return Ok(Outcome::Kernel);
            }
        } else if is_root && !standing.may_give() {
            return Ok(Outcome::Kernel);
        }
        let giver = (!is_root).then(|| person.clone());
        let giver = giver.as_ref();
        match call {
            Call::Identity(..)
            | Call::Stat { .. }
            | Call::Fstat
            | Call::Fstatat
            | Call::Statx
            | Call::Make { .. }
            | Call::Move
            | Call::SetAttribute { .. }
            | Call::FsetAttribute => Ok(()),
            Call::Chown { follow, ids } => {
                let path = process.text(arguments[0])?;
                let entry = process.open(libc::AT_FDCWD, &path, last(follow))?;
                still()?;
                self.give(
                    entry,
                    (ids.read(arguments[1]), ids.read(arguments[2])),
                    giver,
                )
            }
            Call::Fchown(ids) => {
                let entry = process.descriptor(descriptor(arguments[0]))?;
                still()?;
                self.give(
                    entry,
                    (ids.read(arguments[1]), ids.read(arguments[2])),
                    giver,
                )
            }
            Call::Fchownat => {
                let flags = AtFlags::from_bits_retain(arguments[4] as u32);
                let path = process.text(arguments[1])?;
                let directory = descriptor(arguments[0]);
                let entry = if path.is_empty() && flags.contains(AtFlags::EMPTY_PATH) {
                    process.descriptor(directory)?
                } else {
                    let follow = !flags.contains(AtFlags::SYMLINK_NOFOLLOW);
                    process.open(directory, &path, last(follow))?
                };
                still()?;
                let id = |argument| Ids::Wide.read(argument);
                self.give(entry, (id(arguments[2]), id(arguments[3])), giver)
            }
            Call::Mknod => {
                let path = process.text(arguments[0])?;
                let place = place(process, libc::AT_FDCWD, &path)?;
                still()?;
                let (mode, number) = (arguments[1] as u32, arguments[2] as u32);
                make_device(&place, mode & !standing.umask, number)
            }
            Call::Mknodat => {
                let path = process.text(arguments[1])?;
                let place = place(process, descriptor(arguments[0]), &path)?;
                still()?;
                let (mode, number) = (arguments[2] as u32, arguments[3] as u32);
                make_device(&place, mode & !standing.umask, number)
            }
        }
        .map(|()| Outcome::Done)
    }

    /// What was noted of an entry.
    fn noted(&self, entry: &OwnedFd, stat: &Stat) -> Option<Recorded> {
        if takes_notes(stat) {
            recorded(entry)
        } else {
            self.held.get(identity(stat))
        }
    }

    /// Gives an entry away, or records that. All ones leave what was. A `giver` has no power of
    /// root's.
    fn give(
        &mut self,
        entry: OwnedFd,
        (uid, gid): (u32, u32),
        giver: Option<&Credentials>,
    ) -> Result<()> {
        let stat = fstat(&entry)?;
        let takes_notes = takes_notes(&stat);
        let before = self.noted(&entry, &stat).unwrap_or(Recorded {
            uid: stat.st_uid,
            gid: stat.st_gid,
            device: None,
        });
        if giver.is_some_and(|giver| !giver.may_give((before.uid, before.gid), (uid, gid))) {
            return Err(Errno::PERM);
        }
        let after = Recorded {
            uid: if uid == u32::MAX { before.uid } else { uid },
            gid: if gid == u32::MAX { before.gid } else { gid },
            device: before.device,
        };
        // Also where nothing comes of it the kernel looks whether anything may be changed here,
        // copies the file up, and takes away set-user-id and capabilities.
        let real = if self.single {
            (0, 0)
        } else {
            (after.uid, after.gid)
        };
        let given = match change_owner(&entry, Some(real)) {
            Ok(()) => real == (after.uid, after.gid),
            // The kernel's own, such as `/proc`, which belongs to the root outside: packages that
            // hold it are installed all the same.
            Err(Errno::PERM) if stat.st_uid == OVERFLOW_ID => return Ok(()),
            Err(Errno::ROFS) if processes::is_proc(&entry) => return Ok(()),
            // The namespace does not have the id.
            Err(Errno::INVAL) => {
                change_owner(&entry, None)?;
                false
            }
            Err(errno) => return Err(errno),
        };
        // With a single id a note also says that the owner was not left to chance.
        let chosen = takes_notes && self.single;
        let note = (chosen || !given || after.device.is_some()).then_some(after);
        if takes_notes {
            return record(&entry, note);
        }
        // An overlay may have given it another number when it copied it up.
        let identity = identity(&fstat(&entry)?);
        match note {
            Some(note) => self
                .held
                .hold(identity, entry, note, &self.handles.eyes.proc),
            None => self.held.forget(identity),
        }
        Ok(())
    }
}

/// Whether an entry can have an extended attribute of a user's.
fn takes_notes(stat: &Stat) -> bool {
    let kind = FileType::from_raw_mode(stat.st_mode);
    matches!(kind, FileType::RegularFile | FileType::Directory)
}

/// What becomes of a question.
#[derive(Debug, Clone, Copy)]
enum Outcome {
    /// The call has been carried out.
    Done,
    /// It returns this.
    Number(i64),
    /// The kernel carries it out.
    Kernel,
}

/// Sets owner and group; `None` has the side effects alone.
fn change_owner(entry: &OwnedFd, owner: Option<(u32, u32)>) -> Result<()> {
    let uid = owner.map(|(uid, _)| Uid::from_raw(uid));
    let gid = owner.map(|(_, gid)| Gid::from_raw(gid));
    chownat(entry, "", uid, gid, AtFlags::EMPTY_PATH)
}

/// The last part of a path: followed, if it is a link, or not.
fn last(follow: bool) -> OFlags {
    if follow {
        OFlags::empty()
    } else {
        OFlags::NOFOLLOW
    }
}

fn descriptor(argument: u64) -> i32 {
    argument as i32
}

/// Device and inode.
fn identity(stat: &Stat) -> (u64, u64) {
    (stat.st_dev, stat.st_ino)
}

/// A path to what a handle refers to, relative to `/proc`, where pid 1 is.
fn own(handle: &OwnedFd) -> String {
    format!("self/fd/{}", handle.as_raw_fd())
}

/// What was recorded of a file or directory before.
fn recorded(entry: &OwnedFd) -> Option<Recorded> {
    let mut value = [0; 64];
    let length = getxattr(own(entry), Recorded::XATTR, &mut value[..]).ok()?;
    Recorded::from_value(&value[..length])
}

/// Notes at a file or directory what it should be; `None` if the disk says it.
fn record(entry: &OwnedFd, note: Option<Recorded>) -> Result<()> {
    let (path, name) = (own(entry), Recorded::XATTR);
    let result = match note {
        None => removexattr(path, name),
        Some(note) => setxattr(path, name, &note.to_value(), XattrFlags::empty()),
    };
    match result {
        // Nothing was noted, or the file is in memory and will not be part of the image.
        Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(()),
        other => other,
    }
}

/// A directory, and a name in it that is to be made.
type Place = (OwnedFd, Vec<u8>);

fn place(process: Process<'_>, directory: i32, path: &[u8]) -> Result<Place> {
    let (parent, name) = split(path)?;
    let parent = process.open(directory, parent, OFlags::DIRECTORY)?;
    Ok((parent, name.to_vec()))
}

/// The same from a directory that is open here.
fn place_below(process: Process<'_>, base: BorrowedFd<'_>, path: &[u8]) -> Result<Place> {
    let (parent, name) = split(path)?;
    let base = (!path.starts_with(b"/")).then_some(base);
    let parent = process.open_below(base, parent, OFlags::DIRECTORY)?;
    Ok((parent, name.to_vec()))
}

/// The directory of what is to be made at a path, and its name.
fn split(path: &[u8]) -> Result<(&[u8], &[u8])> {
    let (parent, name) = match path.iter().rposition(|byte| *byte == b'/') {
        Some(0) => (&b"/"[..], &path[1..]),
        Some(slash) => path.split_at(slash),
        None => (&b"."[..], path),
    };
    let name = name.strip_prefix(b"/").unwrap_or(name);
    match name {
        b"" if path.is_empty() => Err(Errno::NOENT),
        b"" | b"." | b".." => Err(Errno::EXIST),
        _ => Ok((parent, name)),
    }
}

/// Makes a file that stands for a device.
fn make_device((parent, name): &Place, mode: u32, number: u32) -> Result<()> {
    // As the kernel packs them (include/linux/kdev_t.h, `new_decode_dev`).
    let major = (number & 0xf_ff00) >> 8;
    let minor = (number & 0xff) | ((number >> 12) & 0xf_ff00);
    let device = match mode & libc::S_IFMT {
        // A whiteout, which an overlay lets nobody make.
        libc::S_IFCHR if (major, minor) == (0, 0) => return Err(Errno::PERM),
        libc::S_IFCHR => Device::Char(major, minor),
        _ => Device::Block(major, minor),
    };
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = openat(parent, name.as_slice(), flags, Mode::RUSR | Mode::WUSR)?;
    fchmod(&file, Mode::from_raw_mode(mode & 0o7777))?;
    let note = Recorded {
        device: Some(device),
        ..Recorded::default()
    };
    record(&file, Some(note))
}
