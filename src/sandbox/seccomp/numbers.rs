//! Numbers of the system calls that are denied or answered, on the architectures that run them.
//!
//! The kernel's tables: arch/x86/entry/syscalls, include/uapi/asm-generic/unistd.h,
//! arch/arm/tools/syscall.tbl.

/// An architecture has no such call.
const NONE: u32 = u32::MAX;

/// A call: its numbers on x86-64, i386, the architectures with the generic table (arm64, riscv64),
/// and 32-bit arm.
pub(in crate::sandbox) type Numbers = [u32; 4];

/// A table of [`Numbers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "each machine has one or two of them")]
pub(in crate::sandbox) enum Table {
    X86_64 = 0,
    I386 = 1,
    Generic = 2,
    Arm = 3,
}

/// An architecture that this kernel may run programs of: its `AUDIT_ARCH_…` and its table.
pub(in crate::sandbox) type Architecture = (u32, Table);

#[cfg(target_arch = "x86_64")]
pub(in crate::sandbox) const ARCHITECTURES: &[Architecture] =
    &[(0xC000_003E, Table::X86_64), (0x4000_0003, Table::I386)];
#[cfg(target_arch = "aarch64")]
pub(in crate::sandbox) const ARCHITECTURES: &[Architecture] =
    &[(0xC000_00B7, Table::Generic), (0x4000_0028, Table::Arm)];
#[cfg(target_arch = "riscv64")]
pub(in crate::sandbox) const ARCHITECTURES: &[Architecture] = &[(0xC000_00F3, Table::Generic)];
#[cfg(not(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    target_arch = "riscv64"
)))]
compile_error!("no table of system calls for this architecture");

/// The number of a call in a table, if it is there.
pub(in crate::sandbox) fn number(numbers: &Numbers, table: Table) -> Option<u32> {
    let number = numbers[table as usize];
    (number != NONE).then_some(number)
}

/// Whether `number` is that of one of `calls`.
pub(in crate::sandbox) fn find<T>(
    calls: &[(Numbers, T)],
    architecture: u32,
    number: u32,
) -> Option<&T> {
    let (_, table) = ARCHITECTURES
        .iter()
        .find(|(audit, _)| *audit == architecture)?;
    let (_, found) = calls
        .iter()
        .find(|(numbers, _)| numbers[*table as usize] == number)?;
    Some(found)
}

/// What needs powers that no command has, and some of what has let commands out of containers.
/// Most fail without the filter too; it takes the kernel's code for them out of reach.
pub(super) const REFUSED: &[Numbers] = &[
    [163, 51, 89, 51],       // acct
    [248, 286, 217, 309],    // add_key
    [321, 357, 280, 386],    // bpf
    [305, 343, 266, 372],    // clock_adjtime
    [NONE, 405, NONE, 405],  // clock_adjtime64
    [227, 264, 112, 262],    // clock_settime
    [NONE, 404, NONE, 404],  // clock_settime64
    [174, 127, NONE, NONE],  // create_module
    [176, 129, 106, 129],    // delete_module
    [300, 338, 262, 367],    // fanotify_init
    [313, 350, 273, 379],    // finit_module
    [177, 130, NONE, NONE],  // get_kernel_syms
    [175, 128, 105, 128],    // init_module
    [173, 101, NONE, NONE],  // ioperm
    [172, 110, NONE, NONE],  // iopl
    [312, 349, 272, 378],    // kcmp
    [320, NONE, 294, 401],   // kexec_file_load
    [246, 283, 104, 347],    // kexec_load
    [250, 288, 219, 311],    // keyctl
    [212, 253, 18, 249],     // lookup_dcookie
    [256, 294, 238, 400],    // migrate_pages
    [165, 21, 40, 21],       // mount
    [429, 429, 429, 429],    // move_mount
    [279, 317, 239, 344],    // move_pages
    [180, 169, 42, 169],     // nfsservctl
    [304, 342, 265, 371],    // open_by_handle_at
    [298, 336, 241, 364],    // perf_event_open
    [155, 217, 41, 218],     // pivot_root
    [178, 167, NONE, NONE],  // query_module
    [179, 131, 60, 131],     // quotactl
    [443, 443, 443, 443],    // quotactl_fd
    [169, 88, 142, 88],      // reboot
    [249, 287, 218, 310],    // request_key
    [308, 346, 268, 375],    // setns
    [164, 79, 170, 79],      // settimeofday
    [NONE, 25, NONE, NONE],  // stime
    [168, 115, 225, 115],    // swapoff
    [167, 87, 224, 87],      // swapon
    [156, 149, NONE, 149],   // _sysctl
    [103, 103, 116, 103],    // syslog
    [NONE, 22, NONE, NONE],  // umount
    [166, 52, 39, 52],       // umount2
    [134, 86, NONE, 86],     // uselib
    [323, 374, 282, 388],    // userfaultfd
    [153, 111, 58, 111],     // vhangup
    [NONE, 166, NONE, NONE], // vm86
    [NONE, 113, NONE, NONE], // vm86old
];

/// Answered as on a kernel without them: programs then do the same in another way.
pub(super) const UNKNOWN: &[Numbers] = &[
    [435, 435, 435, 435], // clone3, whose flags lie in memory
    [431, 431, 431, 431], // fsconfig
    [432, 432, 432, 432], // fsmount
    [430, 430, 430, 430], // fsopen
    [433, 433, 433, 433], // fspick
    [426, 426, 426, 426], // io_uring_enter
    [427, 427, 427, 427], // io_uring_register
    [425, 425, 425, 425], // io_uring_setup
    [442, 442, 442, 442], // mount_setattr
    [428, 428, 428, 428], // open_tree
    [467, 467, 467, 467], // open_tree_attr
];

pub(super) const CLONE: Numbers = [56, 120, 220, 120];
pub(super) const IOCTL: Numbers = [16, 54, 29, 54];
pub(super) const PERSONALITY: Numbers = [135, 136, 92, 136];
pub(super) const SOCKET: Numbers = [41, 359, 198, 281];
pub(super) const UNSHARE: Numbers = [272, 310, 97, 337];

/// Owners are given: by a path, a path of a link, a descriptor, a path in a directory. With `true`
/// the ids have 16 bits.
pub(in crate::sandbox) const CHOWN: Numbers = [92, NONE, NONE, NONE];
pub(in crate::sandbox) const CHOWN_32: Numbers = [NONE, 212, NONE, 212];
pub(in crate::sandbox) const CHOWN_16: Numbers = [NONE, 182, NONE, 182];
pub(in crate::sandbox) const LCHOWN: Numbers = [94, NONE, NONE, NONE];
pub(in crate::sandbox) const LCHOWN_32: Numbers = [NONE, 198, NONE, 198];
pub(in crate::sandbox) const LCHOWN_16: Numbers = [NONE, 16, NONE, 16];
pub(in crate::sandbox) const FCHOWN: Numbers = [93, NONE, 55, NONE];
pub(in crate::sandbox) const FCHOWN_32: Numbers = [NONE, 207, NONE, 207];
pub(in crate::sandbox) const FCHOWN_16: Numbers = [NONE, 95, NONE, 95];
pub(in crate::sandbox) const FCHOWNAT: Numbers = [260, 298, 54, 325];
/// Extended attributes are set: by a path, a path of a link, a descriptor.
pub(in crate::sandbox) const SETXATTR: Numbers = [188, 226, 5, 226];
pub(in crate::sandbox) const LSETXATTR: Numbers = [189, 227, 6, 227];
pub(in crate::sandbox) const FSETXATTR: Numbers = [190, 228, 7, 228];
pub(in crate::sandbox) const MKNOD: Numbers = [133, 14, NONE, 14];
pub(in crate::sandbox) const MKNODAT: Numbers = [259, 297, 33, 324];

/// A file is looked at. Only programs of the machine's own width are answered, but for statx(2), whose
/// form is the same for all.
pub(in crate::sandbox) const STAT: Numbers = [4, NONE, NONE, NONE];
pub(in crate::sandbox) const LSTAT: Numbers = [6, NONE, NONE, NONE];
pub(in crate::sandbox) const FSTAT: Numbers = [5, NONE, 80, NONE];
pub(in crate::sandbox) const FSTATAT: Numbers = [262, NONE, 79, NONE];
pub(in crate::sandbox) const STATX: Numbers = [332, 383, 291, 397];

/// Files are made: their path alone, or in a directory. Of open(2) those calls that may make one.
pub(in crate::sandbox) const OPEN: Numbers = [2, 5, NONE, 5];
pub(in crate::sandbox) const OPENAT: Numbers = [257, 295, 56, 322];
pub(in crate::sandbox) const OPENAT2: Numbers = [437, 437, 437, 437];
pub(in crate::sandbox) const CREAT: Numbers = [85, 8, NONE, 8];
pub(in crate::sandbox) const MKDIR: Numbers = [83, 39, NONE, 39];
pub(in crate::sandbox) const MKDIRAT: Numbers = [258, 296, 34, 323];
pub(in crate::sandbox) const SYMLINK: Numbers = [88, 83, NONE, 83];
pub(in crate::sandbox) const SYMLINKAT: Numbers = [266, 304, 36, 331];
/// Files are moved.
pub(in crate::sandbox) const RENAME: Numbers = [82, 38, NONE, 38];
pub(in crate::sandbox) const RENAMEAT: Numbers = [264, 302, 38, 329];
pub(in crate::sandbox) const RENAMEAT2: Numbers = [316, 353, 276, 382];

/// A process asks who it is. The second of two has 16 bits.
pub(in crate::sandbox) const GETUID: [Numbers; 2] = [[102, 199, 174, 199], [NONE, 24, NONE, 24]];
pub(in crate::sandbox) const GETGID: [Numbers; 2] = [[104, 200, 176, 200], [NONE, 47, NONE, 47]];
pub(in crate::sandbox) const GETEUID: [Numbers; 2] = [[107, 201, 175, 201], [NONE, 49, NONE, 49]];
pub(in crate::sandbox) const GETEGID: [Numbers; 2] = [[108, 202, 177, 202], [NONE, 50, NONE, 50]];
pub(in crate::sandbox) const GETRESUID: [Numbers; 2] =
    [[118, 209, 148, 209], [NONE, 165, NONE, 165]];
pub(in crate::sandbox) const GETRESGID: [Numbers; 2] =
    [[120, 211, 150, 211], [NONE, 171, NONE, 171]];
pub(in crate::sandbox) const GETGROUPS: [Numbers; 2] = [[115, 205, 158, 205], [NONE, 80, NONE, 80]];

/// A process becomes another user, or a member of groups. The second of two has 16 bits.
pub(in crate::sandbox) const SETUID: [Numbers; 2] = [[105, 213, 146, 213], [NONE, 23, NONE, 23]];
pub(in crate::sandbox) const SETGID: [Numbers; 2] = [[106, 214, 144, 214], [NONE, 46, NONE, 46]];
pub(in crate::sandbox) const SETREUID: [Numbers; 2] = [[113, 203, 145, 203], [NONE, 70, NONE, 70]];
pub(in crate::sandbox) const SETREGID: [Numbers; 2] = [[114, 204, 143, 204], [NONE, 71, NONE, 71]];
pub(in crate::sandbox) const SETGROUPS: [Numbers; 2] = [[116, 206, 159, 206], [NONE, 81, NONE, 81]];
pub(in crate::sandbox) const SETRESUID: [Numbers; 2] =
    [[117, 208, 147, 208], [NONE, 164, NONE, 164]];
pub(in crate::sandbox) const SETRESGID: [Numbers; 2] =
    [[119, 210, 149, 210], [NONE, 170, NONE, 170]];
pub(in crate::sandbox) const SETFSUID: [Numbers; 2] =
    [[122, 215, 151, 215], [NONE, 138, NONE, 138]];
pub(in crate::sandbox) const SETFSGID: [Numbers; 2] =
    [[123, 216, 152, 216], [NONE, 139, NONE, 139]];
