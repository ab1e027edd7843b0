//! Users in a namespace that has one: programs are told that they are who they have become, and
//! their files are theirs.

use super::python::python;
use super::{Caller, as_root, build, ready, recipe, same_as_root};

const CALLERS: [Caller; 3] = [Caller::Single, Caller::Mapped, Caller::Subids];

/// Folders for everybody, and what is there of root's.
const PLACES: &str = "
  - run: |
      mkdir -m 777 /open
      echo old > /open/roots
      echo old > /open/replaced
      chmod 666 /open/roots
      mkdir /open/group
      chown 0:5000 /open/group
      chmod 2777 /open/group
";

/// What makes files in every way, and says whose they are.
const MAKING: &str = "
      cd /open
      id > id
      whoami > whoami
      id -G >> id
      touch touched
      mkdir -p folder/below
      ln -s touched link
      ln -s nowhere dangling
      echo x > dangling
      ln touched linked
      cp -p roots copied
      cp -a folder folder-copied
      tar -c -f archive touched folder link
      mkdir unpacked
      tar -x -f archive -C unpacked
      cp touched setuid
      chmod 4750 setuid
      echo new > replacing
      mv replacing replaced
      mkfifo pipe
      cp roots group/copied
      mkdir group/folder
      echo > group/folder/deep
      ln -s to group/link
      echo 1 > gone
      rm gone
      echo more >> roots
      ! chown 0 touched
      ! chown 0:0 touched
      ! chown :77 touched
      ! chgrp 1000 roots
      chown 1000:5000 linked
      stat -c '%u:%g %n' * group/* group/folder/* > shown
      rm archive
";

#[test]
fn a_step_of_another_user_is_its_own() {
    if !ready() {
        return;
    }
    for caller in CALLERS {
        let steps = format!("{PLACES}  - run: |{MAKING}    user: app\n");
        same_as_root(&recipe(&steps), caller);
    }
}

#[test]
fn a_program_that_becomes_another_user_is_that_one() {
    if !ready() {
        return;
    }
    let making = MAKING.trim_end().replace('\n', "\n  ");
    let steps = format!(
        "{PLACES}  - write: /making\n    content: |{making}
  - run: |
      touch /open/before
      su app -c 'set -e; . /making'
      id > /open/roots-id
      touch /open/after /open/group/after
      chown app /open/after
      rm /open/touched
      echo again > /open/touched
      stat -c '%u:%g %n' /open/* > /open/shown-to-root
"
    );
    for caller in CALLERS {
        same_as_root(&recipe(&steps), caller);
    }
}

/// Every way to ask and to become.
#[test]
fn processes_are_told_who_they_are() {
    let script = "
import ctypes, os, threading
c = ctypes.CDLL(None, use_errno=True)
def refused(call, *arguments):
    try: call(*arguments)
    except PermissionError: return
    raise SystemExit((call, arguments))
def child(work):
    pid = os.fork()
    if pid == 0:
        try: work()
        except BaseException as error: print(repr(error), flush=True); os._exit(1)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
os.umask(0)
os.mkdir('/w', 0o777)
assert os.getresuid() == os.getresgid() == (0, 0, 0) and os.getgroups() == []
def away():
    os.setgroups([7, 5])
    assert sorted(os.getgroups()) == [5, 7]
    os.setresgid(8, 9, 10)
    os.setresuid(1, 2, 0)
    assert os.getresuid() == (1, 2, 0) and os.getresgid() == (8, 9, 10)
    assert (os.getuid(), os.geteuid(), os.getgid(), os.getegid()) == (1, 2, 8, 9)
    refused(os.setgroups, [1]); refused(os.setuid, 3); refused(os.setgid, 3)
    open('/w/two', 'x').close()
    os.rename('/w/two', '/w/second'); os.mkdir('/w/folder')
    stat = os.stat('/w/second')
    assert (stat.st_uid, stat.st_gid) == (2, 9), stat
    os.seteuid(0)
    open('/w/roots', 'x').close()
    assert os.stat('/w/roots').st_uid == 0
    os.setuid(60000)
    assert os.getresuid() == (60000,) * 3
    refused(os.setuid, 0); refused(os.seteuid, 0); refused(os.setresuid, 0, 0, 0)
    def thread(): assert os.getuid() == 60000
    one = threading.Thread(target=thread); one.start(); one.join()
    child(lambda: os.symlink('to', '/w/link'))
    stat = os.lstat('/w/link')
    assert (stat.st_uid, stat.st_gid) == (60000, 9)
    os.chown('/w/link', -1, 5, follow_symlinks=False)
    refused(os.chown, '/w/second', 60000, -1)
child(away)
def of_files():
    assert c.setfsgid(6) == 0 and c.setfsuid(5) == 0 and c.setfsuid(-1) == 5
    os.mkfifo('/w/pipe')
    assert os.getresuid() == (0, 0, 0)
child(of_files)
def two():
    os.setregid(4, 4); os.setreuid(3, 3)
    assert os.getresuid() == (3, 3, 3) and os.getresgid() == (4, 4, 4)
    open('/w/mine', 'x').close(); os.link('/w/mine', '/w/also')
    os.execv('/usr/bin/python3', ['python3', '-c', 'import os; assert os.getuid() == 3; open(\"/w/executed\", \"x\")'])
child(two)
open('/w/last', 'x').close()
assert os.getuid() == 0 and os.stat('/w/last').st_uid == 0
";
    let Some(work) = python(script) else {
        return;
    };
    let expected = as_root(&work);
    // The root's files are an ordinary user's.
    for caller in [Caller::Single, Caller::Subids] {
        assert_eq!(build(&work, caller), expected, "{caller:?}");
    }
}

/// To the kernel all are one user: what that may do, and what the kernel itself tells.
#[test]
fn what_stays_different_is_known() {
    if !ready() {
        return;
    }
    let steps = "
  - write: /secret
    content: s
    mode: '0600'
  - run: |
      cat /secret
      touch /new
      test $(stat -c %u:%g /new) = 1000:1000
      chmod 0 /new
      ! cat /new
      test \"$(id -u)\" = 1000
      grep -q 'Uid:.0.0.0.0' /proc/self/status
    user: app
  - run: su app -c 'cat /secret'; su app -c 'cat /new'
";
    let workspace = super::workspace(&recipe(steps));
    workspace.build(&["-o", "oci:root"]).expect(3);
    for caller in [Caller::Single, Caller::Mapped] {
        build(&workspace, caller);
    }
}
