//! System calls that have no safe form elsewhere: all `unsafe` of the crate.

#![allow(
    unsafe_code,
    reason = "fork, and system calls without a wrapper; every other file is safe"
)]

use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
use nix::unistd::{ForkResult, Pid};

/// Duplicates this process; the child gets `None`, the parent the child's id.
///
/// Guard and pid 1 call it, which have one thread from their first instruction on.
pub(super) fn fork() -> nix::Result<Option<Pid>> {
    // SAFETY: the process has a single thread (it was executed to be a guard and starts none), so
    // the child owns a consistent copy of every lock and may do what its parent could.
    match unsafe { nix::unistd::fork()? } {
        ForkResult::Parent { child } => Ok(Some(child)),
        ForkResult::Child => Ok(None),
    }
}

/// Closes every descriptor from `first` on, whoever left it open (close_range(2)).
pub(super) fn close_from(first: u32) -> io::Result<()> {
    close(first, u32::MAX)
}

/// Closes every descriptor but the standard three and `kept`.
pub(super) fn close_all_but(kept: impl AsFd) -> io::Result<()> {
    let kept = kept.as_fd().as_raw_fd().unsigned_abs();
    close(3, kept.saturating_sub(1))?;
    close(kept.max(2) + 1, u32::MAX)
}

fn close(first: u32, last: u32) -> io::Result<()> {
    if first > last {
        return Ok(());
    }
    // SAFETY: plain integers. Callers hold no owned descriptor in the range that they use, or
    // drop, afterwards: the guard calls it before opening any, the command before it executes or
    // exits without destructors.
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0_u32) };
    check(result)
}

/// Ends the process at once: without destructors, whose values belong to its parent.
pub(super) fn exit() -> ! {
    // SAFETY: takes an integer and does not return.
    unsafe { libc::_exit(127) }
}

/// What mount_setattr(2) changes: `MOUNT_ATTR_…` bits.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Attributes {
    pub(super) set: u64,
    pub(super) clear: u64,
}

/// Changes the flags of the mount whose root is `mount`, and of those below it.
pub(super) fn set_mount_attributes(
    mount: impl AsFd,
    attributes: Attributes,
    recursive: bool,
) -> io::Result<()> {
    let attributes = libc::mount_attr {
        attr_set: attributes.set,
        attr_clr: attributes.clear,
        propagation: 0,
        userns_fd: 0,
    };
    let mut flags = libc::AT_EMPTY_PATH;
    if recursive {
        flags |= libc::AT_RECURSIVE;
    }
    // SAFETY: the path is a NUL-terminated literal, the structure outlives the call, and its
    // size is passed with it.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_fd().as_raw_fd(),
            c"".as_ptr(),
            flags,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    check(result)
}

/// Gives the process an anonymous session keyring of its own (keyctl(2)), away from the caller's
/// keys.
pub(super) fn join_new_keyring() -> io::Result<()> {
    // SAFETY: the operation reads its second argument as a pointer, and null means anonymous.
    let result = unsafe {
        libc::syscall(
            libc::SYS_keyctl,
            libc::KEYCTL_JOIN_SESSION_KEYRING,
            std::ptr::null::<libc::c_char>(),
        )
    };
    check(result)
}

/// Brings the loopback device of this network namespace up (netdevice(7)).
pub(super) fn raise_loopback() -> io::Result<()> {
    let socket: OwnedFd = socket(
        AddressFamily::Inet,
        SockType::Datagram,
        SockFlag::SOCK_CLOEXEC,
        None,
    )?;
    // SAFETY: all-zero bytes are a valid `ifreq`, which is integers and a union of integers.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = libc::c_char::from_ne_bytes([*from]);
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: SIOCSIFFLAGS reads an `ifreq`, which outlives the call.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) };
    check(result.into())
}

/// Gives every signal its default action again: what the caller ignores is no business of the
/// command's.
pub(super) fn reset_signals() {
    /// Signals of Linux on the architectures that Rust's standard library supports but MIPS.
    const SIGNALS: libc::c_int = 64;
    /// All zero: the default action, no flags, an empty mask. No kernel structure is larger.
    const DEFAULT: [u64; 8] = [0; 8];
    for number in 1..=SIGNALS {
        // SAFETY: reads a `struct sigaction` of the kernel and the size of its mask; setting a
        // default action runs no handler. The system call and not the C library's function,
        // which refuses its own two signals. SIGKILL and SIGSTOP fail without effect.
        unsafe {
            libc::syscall(
                libc::SYS_rt_sigaction,
                number,
                DEFAULT.as_ptr(),
                std::ptr::null_mut::<u64>(),
                size_of::<u64>(),
            )
        };
    }
}

/// Tells engines of containers/storage that a user namespace is set up and whose it is, as podman
/// tells itself when it executes itself in one: they then use the user's storage.
pub(super) fn announce_namespace(uid: u32, gid: u32) {
    if uid == 0 {
        return;
    }
    for (name, value) in [
        ("_CONTAINERS_USERNS_CONFIGURED", "done".to_owned()),
        ("_CONTAINERS_ROOTLESS_UID", uid.to_string()),
        ("_CONTAINERS_ROOTLESS_GID", gid.to_string()),
    ] {
        // SAFETY: the process has one thread, or it could not have made the namespace.
        unsafe { std::env::set_var(name, value) };
    }
}

/// Filters the system calls of this process and all that it starts (seccomp(2)); where `asks`,
/// gives the descriptor by which the kernel asks.
pub(super) fn filter(program: &[libc::sock_filter], asks: bool) -> io::Result<Option<OwnedFd>> {
    let program = libc::sock_fprog {
        len: u16::try_from(program.len()).map_err(|_| io::ErrorKind::InvalidInput)?,
        filter: program.as_ptr().cast_mut(),
    };
    let install = |flags: libc::c_ulong| {
        // SAFETY: the structure and the instructions that it points to outlive the call, which only
        // reads them; the length is theirs.
        let result = unsafe {
            libc::syscall(
                libc::SYS_seccomp,
                libc::SECCOMP_SET_MODE_FILTER,
                flags,
                &raw const program,
            )
        };
        check(result).map(|()| result)
    };
    if !asks {
        return install(0).map(|_| None);
    }
    let listen = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER;
    // A signal must not make a call begin anew that was answered half. Since Linux 5.19.
    let descriptor = match install(listen | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) {
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => install(listen)?,
        other => other?,
    };
    let descriptor = i32::try_from(descriptor).map_err(|_| io::ErrorKind::InvalidData)?;
    // SAFETY: the kernel just made this descriptor for nobody else.
    Ok(Some(unsafe { OwnedFd::from_raw_fd(descriptor) }))
}

/// What stat(2) says of an entry, changed, in the kernel's form.
pub(super) fn stat_bytes(
    entry: impl AsFd,
    change: impl FnOnce(&mut libc::stat),
) -> io::Result<Vec<u8>> {
    // SAFETY: all-zero bytes are a valid `stat`, which is integers.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: the path is a NUL-terminated literal; writes a `stat`, which outlives the call. The
    // system call and not the C library's function: on machines with one `struct stat` both have
    // the same form, and the bytes are for a program that speaks to the kernel.
    let result = unsafe {
        libc::syscall(
            libc::SYS_newfstatat,
            entry.as_fd().as_raw_fd(),
            c"".as_ptr(),
            &raw mut stat,
            libc::AT_EMPTY_PATH,
        )
    };
    check(result)?;
    change(&mut stat);
    Ok(bytes_of(&stat))
}

/// What statx(2) says of an entry, changed, in the kernel's form.
pub(super) fn statx_bytes(
    entry: impl AsFd,
    mask: u32,
    change: impl FnOnce(&mut libc::statx),
) -> io::Result<Vec<u8>> {
    // SAFETY: all-zero bytes are a valid `statx`, which is integers.
    let mut stat: libc::statx = unsafe { std::mem::zeroed() };
    // SAFETY: the path is a NUL-terminated literal; writes a `statx`, which outlives the call.
    let result = unsafe {
        libc::syscall(
            libc::SYS_statx,
            entry.as_fd().as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH,
            mask,
            &raw mut stat,
        )
    };
    check(result)?;
    change(&mut stat);
    Ok(bytes_of(&stat))
}

/// The bytes of a structure of the kernel's.
fn bytes_of<T>(structure: &T) -> Vec<u8> {
    // SAFETY: callers pass structures that began as zeros, padding included, and that the kernel
    // and assignments to integers have written since.
    unsafe {
        std::slice::from_raw_parts(std::ptr::from_ref(structure).cast::<u8>(), size_of::<T>())
    }
    .to_vec()
}

/// Has the kernel wake asker and asked on one processor, since one of them always waits
/// (`SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP`). Only faster; before Linux 6.6 there is no such thing.
pub(super) fn ask_in_turns(listener: impl AsFd) -> io::Result<()> {
    const SYNC_WAKE_UP: libc::c_ulong = 1;
    let fd = listener.as_fd().as_raw_fd();
    // SAFETY: the argument is a number.
    let result = unsafe { libc::ioctl(fd, libc::SECCOMP_IOCTL_NOTIF_SET_FLAGS, SYNC_WAKE_UP) };
    check(result.into())
}

/// The limit of file locks of a process, which Linux has not enforced since 2.4 (getrlimit(2)), and
/// every process has and hands to those that it starts; with `new`, sets the lower one of the two.
pub(super) fn lock_limit(process: u32, new: Option<u64>) -> io::Result<u64> {
    let process = libc::pid_t::try_from(process).map_err(|_| io::ErrorKind::InvalidInput)?;
    let mut old = libc::rlimit64 {
        rlim_cur: 0,
        rlim_max: 0,
    };
    let none = std::ptr::null();
    // SAFETY: writes a `rlimit64`, which outlives the call, and reads none.
    let result = unsafe { libc::prlimit64(process, libc::RLIMIT_LOCKS, none, &raw mut old) };
    check(result.into())?;
    let Some(current) = new else {
        return Ok(old.rlim_cur);
    };
    let limit = libc::rlimit64 {
        rlim_cur: current,
        rlim_max: old.rlim_max,
    };
    let nowhere = std::ptr::null_mut();
    // SAFETY: reads a `rlimit64`, which outlives the call, and writes none.
    let result = unsafe { libc::prlimit64(process, libc::RLIMIT_LOCKS, &raw const limit, nowhere) };
    check(result.into()).map(|()| old.rlim_cur)
}

/// The next question of the kernel (seccomp_unotify(2)).
pub(super) fn receive_question(listener: impl AsFd) -> io::Result<libc::seccomp_notif> {
    // SAFETY: all-zero bytes are a valid `seccomp_notif`, which is integers; the kernel wants them.
    let mut question: libc::seccomp_notif = unsafe { std::mem::zeroed() };
    let fd = listener.as_fd().as_raw_fd();
    // SAFETY: writes a `seccomp_notif`, which outlives the call.
    let result = unsafe { libc::ioctl(fd, libc::SECCOMP_IOCTL_NOTIF_RECV, &raw mut question) };
    check(result.into()).map(|()| question)
}

/// Answers a question of the kernel.
pub(super) fn answer_question(
    listener: impl AsFd,
    mut answer: libc::seccomp_notif_resp,
) -> io::Result<()> {
    let fd = listener.as_fd().as_raw_fd();
    // SAFETY: reads a `seccomp_notif_resp`, which outlives the call.
    let result = unsafe { libc::ioctl(fd, libc::SECCOMP_IOCTL_NOTIF_SEND, &raw mut answer) };
    check(result.into())
}

/// Whether the process that a question is about still waits for the answer: its number may be
/// another's by now.
pub(super) fn question_is_open(listener: impl AsFd, id: u64) -> bool {
    let fd = listener.as_fd().as_raw_fd();
    // SAFETY: reads a `u64`, which outlives the call.
    let result = unsafe { libc::ioctl(fd, libc::SECCOMP_IOCTL_NOTIF_ID_VALID, &raw const id) };
    result == 0
}

fn check(result: libc::c_long) -> io::Result<()> {
    if result == -1 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}
