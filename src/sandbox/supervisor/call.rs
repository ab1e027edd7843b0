//! Which calls pid 1 answers, and what their arguments mean.

use crate::sandbox::capability::{Capability, CapabilitySet};
use crate::sandbox::seccomp::numbers::{
    CHOWN, CHOWN_16, CHOWN_32, CREAT, FCHOWN, FCHOWN_16, FCHOWN_32, FCHOWNAT, FSETXATTR, FSTAT,
    FSTATAT, GETEGID, GETEUID, GETGID, GETGROUPS, GETRESGID, GETRESUID, GETUID, LCHOWN, LCHOWN_16,
    LCHOWN_32, LSETXATTR, LSTAT, MKDIR, MKDIRAT, MKNOD, MKNODAT, Numbers, OPEN, OPENAT, OPENAT2,
    RENAME, RENAMEAT, RENAMEAT2, SETFSGID, SETFSUID, SETGID, SETGROUPS, SETREGID, SETRESGID,
    SETRESUID, SETREUID, SETUID, SETXATTR, STAT, STATX, SYMLINK, SYMLINKAT, find,
};
use crate::sandbox::seccomp::{ASK, Case, Rule};
use crate::sandbox::standing::{Isolation, OVERFLOW_ID};

/// A call that pid 1 answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    /// chown(2) and lchown(2).
    Chown { follow: bool, ids: Ids },
    /// fchown(2).
    Fchown(Ids),
    /// fchownat(2).
    Fchownat,
    /// mknod(2).
    Mknod,
    /// mknodat(2).
    Mknodat,
    /// getuid(2), setuid(2) and their kin.
    Identity(Asked, Ids),
    /// open(2) and whatever else makes files, with the numbers of its arguments: of the directory
    /// that a path is from, if there is one, and of the path.
    Make {
        directory: Option<usize>,
        path: usize,
        follow: bool,
    },
    /// rename(2).
    Move,
    /// setxattr(2) and lsetxattr(2).
    SetAttribute { follow: bool },
    /// fsetxattr(2).
    FsetAttribute,
    /// stat(2) and lstat(2).
    Stat { follow: bool },
    /// fstat(2).
    Fstat,
    /// fstatat(2).
    Fstatat,
    /// statx(2).
    Statx,
}

/// What a process asks about itself. Each of these is done to its users or to its groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// getuid(2), getgid(2).
    Real(Whose),
    /// geteuid(2), getegid(2).
    Effective(Whose),
    /// getresuid(2), getresgid(2).
    Three(Whose),
    /// getgroups(2).
    Memberships,
    /// setuid(2), setgid(2).
    Set(Whose),
    /// setreuid(2), setregid(2).
    SetTwo(Whose),
    /// setresuid(2), setresgid(2).
    SetThree(Whose),
    /// setfsuid(2), setfsgid(2).
    SetFile(Whose),
    /// setgroups(2).
    SetMemberships,
}

/// Users or groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    Users,
    Groups,
}

/// How wide ids are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ids {
    /// 16 bits, of which all ones leave an id as it is.
    Narrow,
    /// 32 bits.
    Wide,
}

impl Ids {
    /// An id in an argument.
    pub(super) fn read(self, argument: u64) -> u32 {
        match self {
            Ids::Wide => argument as u32,
            Ids::Narrow if argument as u16 == u16::MAX => u32::MAX,
            Ids::Narrow => u32::from(argument as u16),
        }
    }

    /// An id as it is told.
    pub(super) fn tell(self, id: u32) -> u32 {
        match self {
            Ids::Wide => id,
            Ids::Narrow if id > u32::from(u16::MAX) => OVERFLOW_ID,
            Ids::Narrow => id,
        }
    }

    /// Ids as they lie in memory.
    pub(super) fn to_bytes(self, ids: &[u32]) -> Vec<u8> {
        let ids = ids.iter().map(|id| self.tell(*id).to_ne_bytes());
        match self {
            Ids::Wide => ids.flatten().collect(),
            // Only machines of this order have them.
            Ids::Narrow => ids.flat_map(|[low, high, ..]| [low, high]).collect(),
        }
    }

    /// Ids that lie in memory.
    pub(super) fn read_all(self, bytes: &[u8]) -> Vec<u32> {
        let size = self.size();
        let id = |bytes: &[u8]| {
            bytes
                .iter()
                .rev()
                .fold(0, |id, byte| id << 8 | u64::from(*byte))
        };
        bytes.chunks(size).map(|one| self.read(id(one))).collect()
    }

    /// Bytes of one of them.
    pub(super) fn size(self) -> usize {
        match self {
            Ids::Wide => 4,
            Ids::Narrow => 2,
        }
    }
}

const fn chown(follow: bool, ids: Ids) -> Call {
    Call::Chown { follow, ids }
}

const fn make(directory: Option<usize>, path: usize, follow: bool) -> Call {
    Call::Make {
        directory,
        path,
        follow,
    }
}

/// With the number of the argument that has the flags.
const OPENS: [(Numbers, Call, u32); 2] = [
    (OPEN, make(None, 0, true), 1),
    (OPENAT, make(Some(0), 1, true), 2),
];

const MAKES: [(Numbers, Call); 9] = [
    (OPENAT2, make(Some(0), 1, true)),
    (CREAT, make(None, 0, true)),
    (MKDIR, make(None, 0, false)),
    (MKDIRAT, make(Some(0), 1, false)),
    (SYMLINK, make(None, 1, false)),
    (SYMLINKAT, make(Some(1), 2, false)),
    (RENAME, Call::Move),
    (RENAMEAT, Call::Move),
    (RENAMEAT2, Call::Move),
];

const IDENTITY: [([Numbers; 2], Asked); 16] = [
    (GETUID, Asked::Real(Whose::Users)),
    (GETGID, Asked::Real(Whose::Groups)),
    (GETEUID, Asked::Effective(Whose::Users)),
    (GETEGID, Asked::Effective(Whose::Groups)),
    (GETRESUID, Asked::Three(Whose::Users)),
    (GETRESGID, Asked::Three(Whose::Groups)),
    (GETGROUPS, Asked::Memberships),
    (SETUID, Asked::Set(Whose::Users)),
    (SETGID, Asked::Set(Whose::Groups)),
    (SETREUID, Asked::SetTwo(Whose::Users)),
    (SETREGID, Asked::SetTwo(Whose::Groups)),
    (SETRESUID, Asked::SetThree(Whose::Users)),
    (SETRESGID, Asked::SetThree(Whose::Groups)),
    (SETFSUID, Asked::SetFile(Whose::Users)),
    (SETFSGID, Asked::SetFile(Whose::Groups)),
    (SETGROUPS, Asked::SetMemberships),
];

const OWNERS: [(Numbers, Call); 10] = [
    (CHOWN, chown(true, Ids::Wide)),
    (CHOWN_32, chown(true, Ids::Wide)),
    (CHOWN_16, chown(true, Ids::Narrow)),
    (LCHOWN, chown(false, Ids::Wide)),
    (LCHOWN_32, chown(false, Ids::Wide)),
    (LCHOWN_16, chown(false, Ids::Narrow)),
    (FCHOWN, Call::Fchown(Ids::Wide)),
    (FCHOWN_32, Call::Fchown(Ids::Wide)),
    (FCHOWN_16, Call::Fchown(Ids::Narrow)),
    (FCHOWNAT, Call::Fchownat),
];

const ATTRIBUTES: [(Numbers, Call); 3] = [
    (SETXATTR, Call::SetAttribute { follow: true }),
    (LSETXATTR, Call::SetAttribute { follow: false }),
    (FSETXATTR, Call::FsetAttribute),
];

const LOOKS: [(Numbers, Call); 5] = [
    (STAT, Call::Stat { follow: true }),
    (LSTAT, Call::Stat { follow: false }),
    (FSTAT, Call::Fstat),
    (FSTATAT, Call::Fstatat),
    (STATX, Call::Statx),
];

/// With the number of the argument that says what is made.
const DEVICES: [(Numbers, Call, u32); 2] = [(MKNOD, Call::Mknod, 1), (MKNODAT, Call::Mknodat, 2)];

/// What pid 1 has to be asked about, for a command of user `uid`: what root could do with these
/// capabilities, and the namespace cannot; with a single id, all that concerns users.
pub(in crate::sandbox) fn asked(
    isolation: Isolation,
    uid: u32,
    capabilities: &CapabilitySet,
) -> Vec<Rule> {
    let ask = |numbers: Numbers| (numbers, vec![Case::Any(ASK)]);
    let bits = |argument, mask: u32, value| Case::Bits {
        argument,
        mask,
        value,
        answer: ASK,
    };
    let mut rules = Vec::new();
    match isolation {
        Isolation::Root => {}
        Isolation::SubordinateIds if uid != 0 => {}
        Isolation::SubordinateIds => {
            if capabilities.has(Capability::Mknod) {
                let kinds = [libc::S_IFCHR, libc::S_IFBLK];
                rules.extend(DEVICES.map(|(numbers, _, argument)| {
                    let device = |kind| bits(argument, libc::S_IFMT, kind);
                    (numbers, kinds.map(device).into())
                }));
            }
            if capabilities.has(Capability::Chown) {
                rules.extend(OWNERS.map(|(numbers, _)| ask(numbers)));
            }
        }
        Isolation::SingleId => {
            let create = libc::O_CREAT.unsigned_abs();
            rules.extend(OPENS.map(|(numbers, _, flags)| {
                let creates = bits(flags, create, create);
                (numbers, vec![creates])
            }));
            let calls = [&LOOKS[..], &OWNERS, &MAKES, &ATTRIBUTES].concat();
            rules.extend(calls.into_iter().map(|(numbers, _)| ask(numbers)));
            rules.extend(DEVICES.map(|(numbers, ..)| ask(numbers)));
            rules.extend(IDENTITY.iter().flat_map(|(numbers, _)| numbers.map(ask)));
        }
    }
    rules
}

/// The call that a question is about.
pub(super) fn recognise(data: &libc::seccomp_data) -> Option<Call> {
    let (architecture, number) = (data.arch, data.nr.unsigned_abs());
    let devices = DEVICES.map(|(numbers, call, _)| (numbers, call));
    let opens = OPENS.map(|(numbers, call, _)| (numbers, call));
    let tables = [&LOOKS[..], &opens, &OWNERS, &MAKES, &ATTRIBUTES, &devices].into_iter();
    if let Some(call) = tables
        .filter_map(|table| find(table, architecture, number))
        .next()
    {
        return Some(*call);
    }
    [(0, Ids::Wide), (1, Ids::Narrow)]
        .into_iter()
        .find_map(|(width, ids)| {
            let table = IDENTITY.map(|(numbers, asked)| (numbers[width], asked));
            find(&table, architecture, number).map(|asked| Call::Identity(*asked, ids))
        })
}
