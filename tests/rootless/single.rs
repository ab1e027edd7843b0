//! A namespace with one id: owners and devices are recorded.

use super::{
    Caller, OWNERS, as_root, attributes, build, devices_of_packages_are_in_the_image, ready,
    recipe, same_as_root,
};
use crate::support::require_tool;

#[test]
fn every_owner_is_the_one_that_root_makes() {
    if !ready() {
        return;
    }
    for caller in [Caller::Single, Caller::Mapped] {
        same_as_root(&recipe(OWNERS), caller);
    }
}

#[test]
fn packages_are_the_ones_that_root_installs() {
    if !ready() {
        return;
    }
    let Some(workspace) = attributes() else {
        return;
    };
    let expected = as_root(&workspace);
    assert_eq!(build(&workspace, Caller::Single), expected);
}

#[test]
fn devices_are_recorded() {
    if ready() {
        devices_of_packages_are_in_the_image(Caller::Single);
    }
}

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

/// The same for all that a C library can say, by Python's functions.
#[test]
fn every_call_is_answered() {
    if !ready() || !require_tool("python3") {
        return;
    }
    let work = super::workspace(&format!(
        "name: x\nbase: rootfs:root\nsteps:\n  - run:\n      - /usr/bin/python3\n      - -c\n      - |\n{}",
        "
          import os
          os.mkdir('/d')
          for name in 'abcde': open('/d/' + name, 'w').close()
          os.symlink('a', '/d/l')
          os.chown('/d/a', 1, 2)
          os.lchown('/d/l', 3, 4)
          fd = os.open('/d/b', os.O_RDONLY)
          os.fchown(fd, 5, 6)
          os.chown(fd, -1, 7)
          folder = os.open('/d', os.O_RDONLY)
          os.chown('c', 8, -1, dir_fd=folder)
          os.chown('l', 9, 10, dir_fd=folder, follow_symlinks=False)
          os.chown('/proc/self/fd/%d' % fd, 11, -1)
          os.unlink('/d/d')
          for path, error in [('/d/none', 2), ('/d/a/x', 20), ('', 2), ('x' * 5000, 36)]:
              try: os.chown(path, 1, 1); raise SystemExit(path)
              except OSError as e: assert e.errno == error, (path, e)
          try: os.fchown(99, 1, 1); raise SystemExit('descriptor')
          except OSError as e: assert e.errno == 9, e
          os.setgroups([1, 2]); os.setgid(3); os.setuid(0)
"
        .trim_start_matches('\n')
    ));
    // Python of the host, in a root of its own.
    let root = work.context().join("root");
    std::fs::create_dir_all(root.join("usr")).unwrap();
    for name in ["bin", "lib", "lib64"] {
        std::os::unix::fs::symlink(format!("usr/{name}"), root.join(name)).unwrap();
    }
    let list = "import sys, os, sysconfig; print(os.path.realpath(sys.executable)); \
                print(sysconfig.get_path('stdlib'))";
    let found = crate::support::run("/usr/bin/python3", &["-c", list]);
    let found = String::from_utf8(found.stdout).unwrap();
    let (program, library) = found.trim().split_once('\n').unwrap();
    let script = format!(
        "set -e; cd '{root}'; mkdir -p usr/bin usr/lib usr/lib64 .{library}; cp {program} usr/bin/python3
         cp -r {library}/*.py {library}/encodings {library}/collections {library}/re .{library} 2>/dev/null || true
         ldd {program} | grep -o '/[^ ]*' | while read -r file; do
             mkdir -p \".$(dirname \"$file\")\"; cp -L \"$file\" \".$file\"; done
         chown -R 65534:65534 .; chmod -R a+rX .",
        root = root.display()
    );
    crate::support::run("sh", &["-c", &script]);
    let expected = as_root(&work);
    assert_eq!(build(&work, Caller::Single), expected);
    assert_eq!(build(&work, Caller::Subids), expected);
}
