//! A namespace with one id: owners and devices are recorded.

use super::{Caller, as_root, ready, recipe, same_as_root};
use crate::support::workspace::run;

/// Programs that change their owner, and then themselves, go on.
#[test]
fn becoming_another_user_is_answered() {
    if !ready() {
        return;
    }
    let steps = "
  - run: |
      touch /given
      chown app /given
      su app -c true
      su -s /bin/sh app -c 'touch /tmp/x'
";
    same_as_root(&recipe(steps), Caller::Single);
}

/// A file moved by way of a chroot, through a relative link and by a descriptor is the right one.
#[test]
fn owners_go_to_the_file_that_the_command_means() {
    if !ready() {
        return;
    }
    let steps = "
  - run: |
      mkdir -p /jail/bin /jail/etc /etc
      cp /bin/busybox /jail/bin/busybox
      touch /jail/etc/file /etc/file /jail/etc/absolute /etc/absolute
      ln -s /etc/absolute /jail/link
      chroot /jail /bin/busybox chown 11:12 /etc/file
      chroot /jail /bin/busybox chown 13:14 /link
      cd /jail
      ln -s ../etc outside
      chown 15 outside/absolute
      rm bin/busybox
";
    same_as_root(&recipe(steps), Caller::Single);
}

/// Where few files may be open, links are found by their paths.
#[test]
fn few_descriptors_are_enough() {
    if !ready() || !crate::support::require_tool("prlimit") {
        return;
    }
    let steps = "
  - run: |
      mkdir /l
      for n in $(seq 1500); do ln -s to /l/$n; done
      chown -h 5:6 /l/*
      rm /l/1400
";
    let workspace = super::workspace(&recipe(steps));
    let expected = as_root(&workspace);
    let wrapper = ["prlimit", "--nofile=600:600"];
    let arguments = ["build", "context", "--isolation", "single", "-o", "oci:out"];
    let built = run(&mut workspace.below(&wrapper, &arguments));
    assert_eq!(built.digest(), expected);
}

/// Looking for a program is asking, before the program is there that is waited for.
#[test]
fn a_program_that_is_missing_is_named() {
    if !ready() {
        return;
    }
    let workspace = super::workspace(&recipe("  - run: [nothing-like-this]\n"));
    let arguments = ["build", "context", "-o", "oci:out"];
    let told = super::onelayer(&workspace, Caller::Single, &arguments).expect(3);
    let part = "command `nothing-like-this` not found in the root's `/bin`";
    assert!(told.stderr.contains(part), "{}", told.stderr);
}
