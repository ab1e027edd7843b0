//! Moves this process into a user namespace in which it is root.
//!
//! Everything that a build does then happens there: the change sets are read, written and removed
//! by the same process, and with the same ids, as the commands' own. Nothing outside becomes
//! reachable by it; what is made on disk belongs to the user, or to ids that are the user's to use.
//!
//! A process cannot go back, so the kernel is asked first by a child that makes the same steps.

use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use nix::sched::CloneFlags;
use nix::sys::wait::waitpid;
use nix::unistd::{Gid, Pid, Uid, getegid, geteuid, getpid};

use super::probe::{self, Place};
use super::processes::Processes;
use super::refusal::Refusal;
use super::standing::{IdMap, Isolation, is_first_namespace};
use super::subordinate::{NEEDED, Subordinate};
use super::syscall;

/// What a user asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WantedIsolation {
    /// The most exact that there is.
    #[default]
    Auto,
    /// This one and no other.
    Only(Isolation),
}

/// An isolation that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entered {
    /// Which one.
    pub isolation: Isolation,
    /// Why a more exact one was not to be had.
    pub instead: Option<String>,
    /// What commands see of other processes.
    pub processes: Processes,
}

/// Ids of the new namespace.
#[derive(Debug, Clone, Copy)]
enum Ids {
    /// As many as a root file system needs, of those that the caller has itself.
    Same,
    /// The caller's own as 0, and subordinate ones above.
    Subordinate(Subordinate),
    /// The caller's own as 0.
    Single,
}

/// Brings this process to where it can run foreign commands: where it stands, if it can do so
/// there, or into a user namespace of its own.
///
/// To be called while the process has one thread.
///
/// # Errors
/// When there is no such place, with the reason. What the process makes belongs to the same user
/// then as before.
pub fn enter(wanted: WantedIsolation) -> Result<Entered, Refusal> {
    let current = Isolation::current();
    let stay = |isolation: Isolation| {
        Ok(Entered {
            isolation,
            instead: None,
            processes: match isolation.is_namespace() {
                true => probe::probe(Place::Here)?,
                false => Processes::Own,
            },
        })
    };
    match (wanted, current) {
        (WantedIsolation::Auto, Some(current)) => return stay(current),
        (WantedIsolation::Only(wanted), Some(current)) if wanted == current => {
            return stay(current);
        }
        (WantedIsolation::Only(Isolation::Root), _) => {
            return Err(Refusal::new("this user is not root", "run it as root"));
        }
        _ => {}
    }
    let (ids, instead) = match wanted {
        WantedIsolation::Only(Isolation::SingleId) => (Ids::Single, None),
        _ => match many() {
            Ok(ids) => (ids, None),
            Err(reason) if wanted == WantedIsolation::Auto => (Ids::Single, Some(reason)),
            Err(reason) => {
                let cure = format!(
                    "as root: `usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {}`, \
                     and install newuidmap (package `uidmap` or `shadow-utils`)",
                    nix::unistd::User::from_uid(geteuid())
                        .ok()
                        .flatten()
                        .map_or_else(|| geteuid().to_string(), |user| user.name)
                );
                return Err(Refusal::new(reason, cure));
            }
        },
    };
    let processes = probe::probe(Place::Namespace)?;
    let failed = go(ids)?;
    let instead = instead.or(failed);
    let is_wanted = |isolation: &Isolation| {
        [WantedIsolation::Auto, WantedIsolation::Only(*isolation)].contains(&wanted)
    };
    match Isolation::current().filter(is_wanted) {
        Some(isolation) => Ok(Entered {
            isolation,
            instead,
            processes,
        }),
        None => Err(Refusal::new(
            instead.unwrap_or_else(|| "the user namespace lacks powers".to_owned()),
            "run it as root",
        )),
    }
}

/// Many ids, if the caller can have them.
fn many() -> Result<Ids, String> {
    let uid = geteuid();
    let enough = |map: &IdMap| map.outside(NEEDED).is_some() && map.outside(0).is_some();
    if uid.is_root() && (is_first_namespace() || IdMap::own().iter().all(enough)) {
        return Ok(Ids::Same);
    }
    let found = Subordinate::of(uid.as_raw())?;
    for program in [USERS, GROUPS] {
        if find(program).is_none() {
            return Err(format!("there is no `{program}`"));
        }
    }
    Ok(Ids::Subordinate(found))
}

const USERS: &str = "newuidmap";
const GROUPS: &str = "newgidmap";

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/bin", "/bin", "/usr/local/bin"].map(PathBuf::from);
    std::env::split_paths(&path)
        .chain(usual)
        .map(|folder| folder.join(program))
        .find(|path| path.is_absolute() && path.is_file())
}

/// Makes the namespace and moves into it; why it has one id although more were wanted.
fn go(ids: Ids) -> Result<Option<String>, Refusal> {
    let failed = |error: std::io::Error| Refusal::by_kernel("start a process", error.into());
    let (process, uid, gid) = (getpid(), geteuid(), getegid());
    let (mut there, mut go_on) = std::io::pipe().map_err(failed)?;
    let (mut answer, mut say) = std::io::pipe().map_err(failed)?;
    // The maps are written by a process that is still outside.
    let child = match syscall::fork().map_err(|errno| failed(errno.into()))? {
        Some(child) => child,
        None => {
            drop(go_on);
            let mut byte = [0];
            if there.read_exact(&mut byte).is_ok() {
                let text = map(ids, process, uid, gid);
                let _ = say.write_all(text.as_bytes());
            }
            syscall::exit();
        }
    };
    drop((there, say));
    let moved = nix::sched::unshare(CloneFlags::CLONE_NEWUSER);
    if moved.is_ok() {
        let _ = go_on.write_all(b".");
    }
    drop(go_on);
    let mut text = String::new();
    let read = answer.read_to_string(&mut text);
    let _ = waitpid(child, None);
    moved.map_err(|errno| Refusal::by_kernel("make a user namespace", errno.into()))?;
    read.map_err(failed)?;
    syscall::announce_namespace(uid.as_raw(), gid.as_raw());
    Ok((!text.is_empty()).then_some(text))
}

/// Writes the maps of `process`; text says why there is one id only.
fn map(ids: Ids, process: Pid, uid: Uid, gid: Gid) -> String {
    let outcome = match ids {
        Ids::Single => Ok(()),
        Ids::Same => {
            let line = format!("0 0 {}\n", NEEDED + 1);
            let write = |name: &str| fs::write(format!("/proc/{process}/{name}"), &line);
            match write("gid_map").and_then(|()| write("uid_map")) {
                Ok(()) => return String::new(),
                Err(error) => Err(format!("cannot map ids into a user namespace: {error}")),
            }
        }
        Ids::Subordinate(found) => {
            let groups = give(GROUPS, process, gid.as_raw(), found.groups);
            match groups.and_then(|()| give(USERS, process, uid.as_raw(), found.users)) {
                Ok(()) => return String::new(),
                Err(reason) => Err(reason),
            }
        }
    };
    let mapped = single(process, uid, gid);
    match (outcome, mapped) {
        (Err(reason), _) => reason,
        (Ok(()), Err(error)) => format!("cannot map an id into a user namespace: {error}"),
        (Ok(()), Ok(())) => String::new(),
    }
}

/// Has the set-user-id program write one map: the caller's own id as 0, others above.
fn give(program: &str, process: Pid, own: u32, start: u32) -> Result<(), String> {
    let path = find(program).ok_or_else(|| format!("there is no `{program}`"))?;
    let numbers = [0, own, 1, 1, start, NEEDED].map(|number| number.to_string());
    let told = Command::new(path)
        .arg(process.to_string())
        .args(numbers.iter().map(OsStr::new))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot run `{program}`: {error}"))?;
    if told.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&told.stderr);
    Err(format!("`{program}` failed: {}", text.trim()))
}

/// Maps the caller's own ids to 0, which needs no privilege.
pub(super) fn single(process: Pid, uid: Uid, gid: Gid) -> std::io::Result<()> {
    let write = |name: &str, text: String| fs::write(format!("/proc/{process}/{name}"), text);
    // Before the map of groups; where that is written already, this is refused and needed no more.
    let _ = write("setgroups", "deny\n".to_owned());
    let groups = write("gid_map", format!("0 {gid} 1\n"));
    write("uid_map", format!("0 {uid} 1\n")).and(groups)
}
