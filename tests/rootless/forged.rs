//! Notes of owners that others have written mean nothing.

use super::{Caller, as_root, build, ready, workspace};
use crate::support::run;

/// A root of the context whose file claims to be another's, and a device.
#[test]
fn a_root_cannot_bring_notes() {
    if !ready() {
        return;
    }
    let workspace =
        workspace("name: x\nbase: rootfs:root\nsteps:\n  - run: [/busybox, touch, /made]\n");
    workspace.write("root/claims", "bytes");
    let root = workspace.context().join("root");
    std::fs::copy("/bin/busybox", root.join("busybox")).unwrap();
    run("chown", &["-R", "65534:65534", root.to_str().unwrap()]);
    let expected = as_root(&workspace);
    rustix::fs::setxattr(
        root.join("claims"),
        "user.onelayer.recorded",
        b"7 8 c 1 3",
        rustix::fs::XattrFlags::empty(),
    )
    .unwrap();
    for caller in [Caller::Single, Caller::Subids] {
        assert_eq!(build(&workspace, caller), expected, "{caller:?}");
    }
    assert_eq!(as_root(&workspace), expected);
}
