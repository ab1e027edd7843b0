//! Which system calls a command may make.
//!
//! A list of what is denied, and not of what is allowed: a build runs whatever compilers and
//! package managers there are. Nothing is killed for asking; it is told that it may not (EPERM) or
//! that there is no such call (ENOSYS).

pub(super) mod numbers;
mod program;

pub(super) use program::{ASK, Case, Rule};

use std::io;
use std::os::fd::OwnedFd;

use super::error::{SandboxError, Tried};
use super::syscall;
use numbers::{CLONE, IOCTL, PERSONALITY, REFUSED, SOCKET, UNKNOWN, UNSHARE};
use program::{ALLOW, assemble, fail};

/// `CLONE_NEW…` flags of clone(2). That of time namespaces means a signal there.
const NEW_NAMESPACES: u32 = 0x7E02_0000;
/// The same of unshare(2).
const NEW_TIME_NAMESPACE: u32 = 0x80;
/// Requests that write into a terminal's input (tty_ioctl(4), ioctl_console(2)).
const TERMINAL_INPUT: [u32; 2] = [0x5412, 0x541C];
/// Kinds of sockets that lead to a hypervisor and to the kernel's ciphers.
const SOCKETS: [u32; 2] = [40, 38];
/// Execution domains of Linux itself, which differ in the name of the machine and one old habit of
/// signals, and the question which one it is.
const PERSONALITIES: [u32; 5] = [0, 8, 0x2_0000, 0x2_0008, u32::MAX];

/// Has the kernel deny what is on the list, and ask about what `asked` says, for this process and
/// all that it starts. The descriptor is where the kernel asks; none if there is nothing to ask.
pub(super) fn install(asked: &[Rule]) -> Result<Option<OwnedFd>, SandboxError> {
    let program = assemble(&[&denied()[..], asked].concat());
    let operation = || "filter system calls".to_owned();
    let missing =
        |error: &io::Error| matches!(error.raw_os_error(), Some(libc::EINVAL | libc::ENOSYS));
    match syscall::filter(&program, !asked.is_empty()) {
        Err(error) if missing(&error) => Err(SandboxError::Unsupported {
            operation: operation(),
            cure: "a kernel of Linux 5.12 or later that is built with `CONFIG_SECCOMP_FILTER` can"
                .to_owned(),
            source: error.into(),
        }),
        other => other.tried(operation),
    }
}

fn denied() -> Vec<Rule> {
    let refuse = Case::Any(fail(libc::EPERM));
    let unknown = Case::Any(fail(libc::ENOSYS));
    let mut rules: Vec<Rule> = REFUSED.iter().map(|call| (*call, vec![refuse])).collect();
    rules.extend(UNKNOWN.iter().map(|call| (*call, vec![unknown])));
    let no_bit = |mask, errno| {
        let none = Case::Bits {
            argument: 0,
            mask,
            value: 0,
            answer: ALLOW,
        };
        vec![none, Case::Any(fail(errno))]
    };
    rules.push((CLONE, no_bit(NEW_NAMESPACES, libc::EPERM)));
    let flags = NEW_NAMESPACES | NEW_TIME_NAMESPACE;
    rules.push((UNSHARE, no_bit(flags, libc::EPERM)));
    let equal = |argument, answer| {
        move |value: u32| Case::Bits {
            argument,
            mask: u32::MAX,
            value,
            answer,
        }
    };
    rules.push((
        IOCTL,
        TERMINAL_INPUT.map(equal(1, fail(libc::EPERM))).into(),
    ));
    rules.push((
        SOCKET,
        SOCKETS.map(equal(0, fail(libc::EAFNOSUPPORT))).into(),
    ));
    let mut personalities: Vec<Case> = PERSONALITIES.map(equal(0, ALLOW)).into();
    personalities.push(refuse);
    rules.push((PERSONALITY, personalities));
    rules
}
