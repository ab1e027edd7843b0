//! System calls that pid 1 answers: as the kernel would have for root, and whatever is asked.

use super::python::python;
use super::{Caller, as_root, build};

/// Root's image, whoever runs the script.
#[track_caller]
fn same_for_all(script: &str) {
    let Some(work) = python(script) else {
        return;
    };
    let expected = as_root(&work);
    assert_eq!(build(&work, Caller::Single), expected);
    assert_eq!(build(&work, Caller::Subids), expected);
}

#[test]
fn every_call_is_answered() {
    same_for_all(
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
os.chown('/d/e', 70000, 4294967294)
os.unlink('/d/d')
def owner(stat): return stat.st_uid, stat.st_gid
assert owner(os.stat('/d/a')) == (1, 2)
assert owner(os.stat('/d/l')) == (1, 2)
assert owner(os.lstat('/d/l')) == (9, 10), os.lstat('/d/l')
assert owner(os.fstat(fd)) == (11, 7)
assert owner(os.stat('c', dir_fd=folder)) == (8, 0)
# A namespace with many ids, and not this one, shows what is on disk.
many = '65535' in open('/proc/self/uid_map').read()
entry = next(entry for entry in os.scandir('/d') if entry.name == 'e')
assert owner(entry.stat()) == (70000, 4294967294) or many and owner(entry.stat()) == (0, 0)
for path, error in [('/d/none', 2), ('/d/a/x', 20), ('', 2), ('x' * 5000, 36), ('/d/' + 'y' * 300, 36)]:
    try: os.chown(path, 1, 1); raise SystemExit(path)
    except OSError as e: assert e.errno == error, (path, e)
    try: os.stat(path); raise SystemExit(path)
    except OSError as e: assert e.errno == error, (path, e)
for broken in (99, -5):
    try: os.fchown(broken, 1, 1); raise SystemExit('descriptor')
    except OSError as e: assert e.errno == 9, e
os.symlink('loop', '/d/loop')
try: os.chown('/d/loop', 1, 1); raise SystemExit('loop')
except OSError as e: assert e.errno == 40, e
os.unlink('/d/loop')
os.setgroups([1, 2]); os.setgid(0); os.setuid(0)
",
    );
}

/// More links than pid 1 may have files open, whatever the caller's limits are.
#[test]
fn thousands_of_links_are_given_away() {
    same_for_all(
        "
import os
os.mkdir('/l')
for n in range(3000):
    os.symlink('to', '/l/%d' % n); os.lchown('/l/%d' % n, 5, 6)
for n in range(3000, 6000):
    os.symlink('to', '/l/%d' % n); os.lchown('/l/%d' % n, 0, 0)
for n in range(10): os.rename('/l/%d' % n, '/l/moved-%d' % n)
os.lchown('/l/20', 0, 0)
os.unlink('/l/21'); os.symlink('new', '/l/21')
",
    );
}

/// Set-user-id, set-group-id and capabilities go when a file is given away, as ever.
#[test]
fn giving_away_takes_powers_away() {
    same_for_all(
        "
import os
for name, mode in [('a', 0o6755), ('b', 0o6755), ('c', 0o6755), ('d', 0o2644)]:
    open('/' + name, 'w').close(); os.chmod('/' + name, mode)
os.chown('/a', 5, 5)
os.chown('/b', -1, -1)
os.setxattr('/c', 'security.capability', bytes.fromhex('0100000200200000000000000000000000000000'))
os.chown('/c', 0, 0)
assert os.listxattr('/c') in ([], ['user.onelayer.recorded']), os.listxattr('/c')
os.chown('/d', 0, 7)
os.mkdir('/folder'); os.chmod('/folder', 0o7777); os.chown('/folder', 8, 9)
",
    );
}

/// A hostile program asks pid 1: it gets errors, and reaches nothing but its own root.
#[test]
fn nothing_is_reached_by_asking() {
    same_for_all(
        "
import ctypes, errno, os, threading
c = ctypes.CDLL(None, use_errno=True)
def error(number, *arguments):
    return errno.errorcode.get(ctypes.get_errno()) if c.syscall(ctypes.c_long(number), *arguments) else 'done'
p = ctypes.c_void_p
CHOWN, FCHOWNAT = 92, 260
for bad in (1, 0xffff800000000000, 0x7ffffffff000, 2**64 - 1):
    assert error(CHOWN, p(bad), 1, 1) == 'EFAULT', bad
# What pid 1 has open, by every way to it.
for number in range(64):
    for path in ('/proc/1/fd/%d', '/proc/1/task/1/fd/%d', '/proc/self/task/../../1/fd/%d'):
        assert error(CHOWN, (path % number).encode(), 1, 1) != 'done', path % number
for path in (b'/proc/1/root/d', b'/proc/1/cwd/1/mem', b'/proc/1/exe'):
    assert error(CHOWN, path, 1, 1) != 'done', path
os.symlink('/proc/self/fd/3', '/link')
error(CHOWN, b'/link', 1, 1)
os.unlink('/link')
assert error(FCHOWNAT, -200, b'x', 1, 1, 0) == 'EBADF'
# A pipe's other end is never waited for.
os.mkfifo('/pipe'); os.chown('/pipe', 4, 4)
# Threads that ask, with folders of their own, and processes that are killed while they ask.
def hammer(name):
    for turn in range(200):
        os.chown('/many/' + name, turn, turn)
os.mkdir('/many')
names = [str(n) for n in range(8)]
for name in names: open('/many/' + name, 'w').close()
threads = [threading.Thread(target=hammer, args=[name]) for name in names]
for thread in threads: thread.start()
for turn in range(30):
    child = os.fork()
    if child == 0:
        while True: os.chown('/many', 7, 7)
    os.kill(child, 9); os.waitpid(child, 0)
for thread in threads: thread.join()
os.chown('/many', 7, 7)
assert os.stat('/many/3').st_uid == 199
# Left behind, asking for ever.
if os.fork() == 0:
    os.setsid()
    while True: os.stat('/many')
",
    );
}
