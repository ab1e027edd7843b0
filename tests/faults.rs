//! System calls that fail now and then: told, or of no consequence, and never a wrong image.

use std::fs;

use crate::command_line::processes_with;
use crate::layouts::entries;
use crate::support::workspace::{Workspace, require_root, require_tool, run, tool_json};
use crate::support::{LONG, mounts, within};

/// What fails, how, and for which calls of each thread.
const FAULTS: [&str; 30] = [
    "openat:error=EMFILE:when=3",
    "openat:error=EMFILE:when=20+7",
    "openat:error=ENFILE:when=12",
    "openat:error=EIO:when=40",
    "openat:error=EINTR:when=9",
    "write:error=ENOSPC:when=1",
    "write:error=ENOSPC:when=5+3",
    "write:error=EDQUOT:when=2",
    "write:error=EIO:when=9",
    "write:error=EINTR:when=1+2",
    "write:retval=1:when=2",
    "fsync:error=EIO:when=1",
    "fsync,fdatasync:error=ENOSPC:when=2",
    "rename,renameat,renameat2:error=EIO:when=1",
    "rename,renameat,renameat2:error=ENOSPC:when=3",
    "mkdir,mkdirat:error=EDQUOT:when=2",
    "linkat,symlinkat:error=EIO:when=1",
    "mmap:error=ENOMEM:when=30",
    "mmap:error=ENOMEM:when=5..40+9",
    "read:error=EIO:when=6",
    "read:error=EINTR:when=1+2",
    "flock:error=ENOLCK:when=1",
    "memfd_create:error=ENOMEM:when=1",
    "statx,newfstatat:error=EIO:when=15",
    "clone,clone3,vfork:error=EAGAIN:when=1",
    "clone,clone3,vfork:error=ENOMEM:when=2",
    "clone,clone3,vfork:error=EAGAIN:when=3+2",
    "clone,clone3,vfork:error=EAGAIN:when=4",
    "clone,clone3,vfork:error=EAGAIN:when=5+",
    "clone,clone3,vfork:error=EAGAIN:when=2+",
];

/// The command looks at what it wrote: that its own calls fail is its own matter.
const RECIPE: &str = "
name: x
base: scratch
steps:
- copy: busybox
  to: /bin/sh
  mode: '0755'
- run: echo text > /made && test \"$(cat /made)\" = text && test \"$(stat -c %s /made)\" = 5 || exit 9
- write: /written
  content: text
";

#[test]
fn calls_that_fail_are_told_or_of_no_consequence() {
    let _engines = crate::support::engines_rest();
    if !require_root() || !require_tool("strace") || !require_tool("busybox") {
        return;
    }
    let workspace = Workspace::with(RECIPE);
    fs::copy("/bin/busybox", workspace.context().join("busybox")).unwrap();
    let digest = workspace.build(&["-o", "oci:first"]).digest();
    let (before, mut failed) = (mounts(), 0);
    for fault in FAULTS {
        let inject = format!("inject={fault}");
        let strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &inject];
        let out = workspace.path("out");
        let build = ["build", "context", "-o", "oci:out", "--no-cache"];
        let built = run(&mut workspace.below(&strace, &build));
        assert!(
            !built.stderr.contains("panicked"),
            "{fault}: {}",
            built.stderr
        );
        match built.code {
            Some(0) => assert_eq!(built.digest(), digest, "{fault}"),
            // The program's loader may be the one that is told.
            Some(127) if built.stderr.contains("shared libraries") => failed += 1,
            code => {
                assert!(
                    matches!(code, Some(3..=5)),
                    "{fault}: {code:?} {}",
                    built.stderr
                );
                assert!(built.stderr.contains("error"), "{fault}: {}", built.stderr);
                assert_eq!(built.stdout, "", "{fault}");
                failed += 1;
            }
        }
        let index = out.join("index.json");
        if index.exists() {
            // What has a name is whole.
            let name = format!("oci:{}:latest", out.display());
            let found = tool_json(std::process::Command::new("skopeo").args(["inspect", &name]));
            assert_eq!(found["Digest"], *digest, "{fault}");
        }
        let own = workspace.path("").display().to_string();
        assert!(within(LONG, || processes_with(&own).is_empty()), "{fault}");
        assert_eq!(mounts(), before, "{fault}");
        let _ = fs::remove_dir_all(out);
    }
    assert!(failed > FAULTS.len() / 4, "{failed}");
    // What could not be removed while nothing worked is removed now.
    let again = workspace.build(&["-o", "oci:out", "--no-cache"]);
    assert_eq!(again.digest(), digest);
    let mut drafts = entries(&workspace.cache().join("drafts"));
    drafts.retain(|name| !name.ends_with(".replaced"));
    assert!(drafts.is_empty(), "{drafts:?}");
}
