//! Folders in memory.

use super::{listing, seen, unpacked, with_shell};

#[test]
fn a_folder_in_memory_has_size_and_mode_and_is_gone_afterwards() {
    let Some(workspace) = with_shell(
        "
  - run: |
      stat -c '%a' /scratch /own > /seen
      if dd if=/dev/zero of=/own/big bs=64k count=32 2> /dev/null; then exit 1; fi
      rm /own/big; dd if=/dev/zero of=/own/fits bs=64k count=8 2> /dev/null
      echo x > /scratch/file
    mounts: [{tmpfs: /scratch}, {tmpfs: /own, size: 1MiB, mode: '0700'}]
  - run: if test -e /own || test -e /scratch; then exit 1; fi
",
    ) else {
        return;
    };
    assert_eq!(seen(&workspace, &[]), "1777\n700\n");
    assert_eq!(listing(&unpacked(&workspace)), ["seen"]);
}

#[test]
fn what_is_covered_comes_back_unchanged() {
    let Some(workspace) = with_shell(
        "
  - write: /data/kept
    content: kept
  - run: ls -A /data > /seen; echo x > /data/new; mkdir /other
    mounts: [{tmpfs: /data}]
",
    ) else {
        return;
    };
    assert_eq!(seen(&workspace, &[]), "");
    assert_eq!(
        listing(&unpacked(&workspace)),
        ["data", "data/kept", "other", "seen"]
    );
}
