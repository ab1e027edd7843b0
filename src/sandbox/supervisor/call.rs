//! Which calls pid 1 answers, and what their arguments mean.

use crate::sandbox::capability::{Capability, CapabilitySet};
use crate::sandbox::seccomp::numbers::{
    CHOWN, CHOWN_16, CHOWN_32, FCHOWN, FCHOWN_16, FCHOWN_32, FCHOWNAT, FSTAT, FSTATAT, IDENTITY,
    LCHOWN, LCHOWN_16, LCHOWN_32, LSTAT, MKNOD, MKNODAT, Numbers, STAT, STATX, find,
};
use crate::sandbox::seccomp::{ASK, Case, Rule};
use crate::sandbox::standing::Isolation;

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
    /// setuid(2) and its kin.
    Identity,
    /// stat(2) and lstat(2).
    Stat { follow: bool },
    /// fstat(2).
    Fstat,
    /// fstatat(2).
    Fstatat,
    /// statx(2).
    Statx,
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
}

const fn chown(follow: bool, ids: Ids) -> Call {
    Call::Chown { follow, ids }
}

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
/// capabilities, and the namespace cannot.
pub(in crate::sandbox) fn asked(
    isolation: Isolation,
    uid: u32,
    capabilities: &CapabilitySet,
) -> Vec<Rule> {
    let mut rules = Vec::new();
    if isolation == Isolation::Root || uid != 0 {
        return rules;
    }
    if capabilities.has(Capability::Mknod) {
        let kinds = [libc::S_IFCHR, libc::S_IFBLK];
        rules.extend(DEVICES.map(|(numbers, _, argument)| {
            let device = |kind| Case::Bits {
                argument,
                mask: libc::S_IFMT,
                value: kind,
                answer: ASK,
            };
            (numbers, kinds.map(device).into())
        }));
    }
    let ask = |numbers: Numbers| (numbers, vec![Case::Any(ASK)]);
    if capabilities.has(Capability::Chown) {
        rules.extend(OWNERS.map(|(numbers, _)| ask(numbers)));
    }
    if isolation == Isolation::SingleId {
        rules.extend(LOOKS.map(|(numbers, _)| ask(numbers)));
        rules.extend(IDENTITY.iter().copied().map(ask));
    }
    rules
}

/// The call that a question is about.
pub(super) fn recognise(data: &libc::seccomp_data) -> Option<Call> {
    let (architecture, number) = (data.arch, data.nr.unsigned_abs());
    let devices = DEVICES.map(|(numbers, call, _)| (numbers, call));
    let tables = [&LOOKS[..], &OWNERS, &devices].into_iter();
    if let Some(call) = tables
        .filter_map(|table| find(table, architecture, number))
        .next()
    {
        return Some(*call);
    }
    let identity = IDENTITY.iter().map(|numbers| (*numbers, ()));
    let identity: Vec<_> = identity.collect();
    find(&identity, architecture, number).map(|()| Call::Identity)
}
