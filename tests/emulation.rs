//! Recipes for a platform whose programs the kernel gives to an emulator.

use std::fs;

use crate::support::skip;
use crate::support::workspace::{Outcome, Workspace, require_root, require_tool, run};

/// Where the kernel lists who runs what.
const FORMATS: &str = "/proc/sys/fs/binfmt_misc";

/// What Debian's qemu-user-binfmt registers for aarch64. `F`: the emulator is opened now, by us.
const REGISTRATION: &str = r":qemu-aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:";

const RECIPE: &str = "name: x\nbase: scratch\nsteps:\n  - copy: program\n    to: /program\n    \
                      mode: '0755'\n  - run: [/program]\n    when: platform.arch == \"arm64\"\n";

/// A program for linux/arm64, with no library and no interpreter: it writes `/made`.
fn program() -> Vec<u8> {
    const PATH: &[u8] = b"/made\0";
    const TEXT: &[u8] = b"by arm64\n";
    // Arm Architecture Reference Manual: MOVZ Xd, #imm; ADR Xd, label.
    let mov = |register: u32, value: u32| 0xd280_0000 | value << 5 | register;
    let adr = |register: u32, from: usize, to: usize| {
        let distance = u32::try_from(to - from).unwrap();
        0x1000_0000 | (distance & 3) << 29 | distance >> 2 << 5 | register
    };
    const SYSCALL: u32 = 0xd400_0001;
    const LENGTH: usize = 13;
    let (path, text) = (LENGTH * 4, LENGTH * 4 + PATH.len());
    let code: [u32; LENGTH] = [
        // openat(AT_FDCWD, PATH, O_WRONLY | O_CREAT, 0644): MOVN gives -100.
        0x9280_0000 | 99 << 5,
        adr(1, 4, path),
        mov(2, 0o101),
        mov(3, 0o644),
        mov(8, 56),
        SYSCALL,
        // write(…, TEXT, …), into what openat gave.
        adr(1, 24, text),
        mov(2, u32::try_from(TEXT.len()).unwrap()),
        mov(8, 64),
        SYSCALL,
        // exit(0)
        mov(0, 0),
        mov(8, 93),
        SYSCALL,
    ];
    let code = code.iter().flat_map(|word| word.to_le_bytes());
    let body: Vec<u8> = code.chain(PATH.iter().chain(TEXT).copied()).collect();
    // elf(5): ET_EXEC, EM_AARCH64, one segment that is read and run.
    const HEADERS: u64 = 64 + 56;
    const ADDRESS: u64 = 0x40_0000;
    let size = HEADERS + body.len() as u64;
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(16, 0);
    let mut put = |value: u64, length: usize| file.extend(&value.to_le_bytes()[..length]);
    for (value, length) in [
        (2, 2),
        (183, 2),
        (1, 4),
        (ADDRESS + HEADERS, 8),
        (64, 8),
        (0, 8),
    ] {
        put(value, length);
    }
    for (value, length) in [(0, 4), (64, 2), (56, 2), (1, 2), (0, 2), (0, 2), (0, 2)] {
        put(value, length);
    }
    for (value, length) in [(1, 4), (5, 4), (0, 8), (ADDRESS, 8), (ADDRESS, 8)] {
        put(value, length);
    }
    for value in [size, size, 0x1_0000] {
        put(value, 8);
    }
    file.extend(body);
    file
}

fn workspace() -> Workspace {
    let workspace = Workspace::with(RECIPE);
    fs::write(workspace.context().join("program"), program()).unwrap();
    workspace
}

/// Runs the program where a script has settled what the kernel lists. The mounts are nobody else's.
fn below(workspace: &Workspace, script: &str, arguments: &[&str]) -> Outcome {
    let script = format!("set -eu; {script}; \"$@\"");
    let wrapper = ["unshare", "--mount", "--propagation", "private"];
    let shell = ["sh", "-c", &script, "sh"];
    run(&mut workspace.below(&[&wrapper[..], &shell].concat(), arguments))
}

/// Adds to the list what it lacks, and takes away what was added. The list is the whole kernel's:
/// only one at a time may do that.
fn emulated(emulator: &str) -> String {
    format!(
        "exec 9< {emulator}; flock 9
         [ -e {FORMATS}/register ] || mount -t binfmt_misc binfmt_misc {FORMATS}
         if ! [ -e {FORMATS}/qemu-aarch64 ]; then
            trap 'echo -1 > {FORMATS}/qemu-aarch64; ! [ -e {FORMATS}/qemu-aarch64 ] || exit 99' EXIT
            printf %s '{REGISTRATION}{emulator}:F' > {FORMATS}/register
         fi"
    )
}

#[test]
fn a_step_runs_by_an_emulator() {
    if !require_root() || !require_tool("unshare") {
        return;
    }
    let is_own = cfg!(target_arch = "aarch64");
    let path = "/usr/bin/qemu-aarch64-static";
    if !is_own && !require_tool("qemu-aarch64-static") {
        return;
    }
    let kernel = fs::read_to_string("/proc/filesystems").unwrap();
    if !is_own && !kernel.contains("binfmt_misc") {
        skip("a kernel with binfmt_misc");
        return;
    }
    let script = if is_own {
        "true".to_owned()
    } else {
        emulated(path)
    };
    let workspace = workspace();
    let words = ["build", "context", "--platform", "linux/arm64", "-o"];
    let root = [&words[..], &["rootfs:one", "-o", "oci:one-layout"]].concat();
    let built = below(&workspace, &script, &root).expect(0);
    let made = fs::read_to_string(workspace.path("one/made")).unwrap();
    assert_eq!(made, "by arm64\n", "{}", built.stderr);
    // With another platform beside it, and again: the step is the same.
    let both = [
        "build",
        "context",
        "--platform",
        "linux/amd64,linux/arm64",
        "-o",
        "oci:both",
    ];
    let digest = below(&workspace, &script, &both).digest();
    let anew = [&both[..], &["--no-cache"]].concat();
    assert_eq!(below(&workspace, &script, &anew).digest(), digest);
    let named =
        |layout: &str| crate::layouts::entries(&workspace.path(layout).join("blobs/sha256"));
    // All that the image alone has is in the index too.
    assert!(named("one-layout").is_subset(&named("both")));
}

#[test]
fn without_an_emulator_it_is_told_before_any_work() {
    if !require_root() || !require_tool("unshare") {
        return;
    }
    if cfg!(target_arch = "aarch64") {
        // This machine is its own emulator.
        below(&workspace(), "true", &["build", "context", "-o", "oci:out"]).expect(0);
        return;
    }
    let list = format!("mount -t tmpfs tmpfs {FORMATS}");
    let entry = |text: &str| format!("{list}; printf '{text}' > {FORMATS}/qemu-aarch64");
    for script in [
        list.clone(),
        // It is to be found in a root that does not hold it, or is switched off.
        entry("enabled\\ninterpreter /usr/bin/qemu-aarch64-static\\nflags: \\n"),
        entry("disabled\\ninterpreter /usr/bin/qemu-aarch64-static\\nflags: F\\n"),
    ] {
        let workspace = workspace();
        let words = [
            "build",
            "context",
            "--platform",
            "linux/arm64",
            "-o",
            "oci:out",
        ];
        let told = below(&workspace, &script, &words).expect(4);
        assert_eq!(told.stdout, "");
        for part in ["linux/arm64", "qemu-user-static", "help: "] {
            assert!(told.stderr.contains(part), "no `{part}`: {}", told.stderr);
        }
        assert!(!told.stderr.contains("copy: program"), "{}", told.stderr);
        assert!(!workspace.path("out").exists() && !workspace.cache().join("steps").exists());
        // Where nothing of it runs, nothing is asked.
        let words = words.map(|word| word.replace("arm64", "riscv64"));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        below(&workspace, &script, &words).expect(0);
    }
}
