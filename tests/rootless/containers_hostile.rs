//! In podman's default container commands find other processes in `/proc`: with these they can do
//! nothing but read their command lines.

use std::fs;

use super::as_root;
use super::containers::{COVERED, build_below, isolation, possible, prepare};
use super::python::python;
use crate::support::workspace::Workspace;
use crate::support::{self, engines_mount};

/// In the environment of the builder and of a process beside it, as of a container's.
const CANARY: &str = "canary-7d1f";

/// Tries all that one process can do to another, and says what worked.
const ATTACK: &str = r#"
import ctypes, errno, os, signal, stat, sys, time
CANARY = b'canary-' + b'7d1f'
libc = ctypes.CDLL(None, use_errno=True)
own = {'self', 'thread-self', os.readlink('/proc/self'), os.readlink('/proc/thread-self').split('/')[0]}
reached = []

def attempt(what, action):
    try: got = action()
    except OSError: return
    if got: reached.append(what)

def call(function, *arguments):
    if function(*arguments) < 0: raise OSError(ctypes.get_errno(), 'refused')
    return True

def read(path):
    with open(path, 'rb', buffering=0) as file: return file.read(1 << 20)

def command(process):
    try: return read('/proc/%s/cmdline' % process)
    except OSError: return b''

def others(): return [name for name in os.listdir('/proc') if name.isdigit() and name not in own]

def write(path, text):
    with open(path, 'wb', buffering=0) as file: return file.write(text) > 0

def enter(path):
    here = os.open('.', os.O_PATH)
    os.chdir(path); os.fchdir(here)
    return True

def attack(process):
    at = '/proc/' + process + '/'
    for name in 'environ', 'maps', 'smaps', 'auxv', 'mem', 'io', 'pagemap', 'timers':
        attempt(at + name, lambda: name == 'pagemap' and os.open(at + name, os.O_RDONLY) or read(at + name))
    for name in 'stack', 'syscall', 'personality', 'mountstats':
        attempt(at + name, lambda: CANARY in read(at + name))
    attempt(at + 'mem, written', lambda: os.open(at + 'mem', os.O_RDWR))
    for name, text in [('comm', 'x'), ('oom_score_adj', '1000'), ('oom_adj', '15'), ('clear_refs', '1'), ('coredump_filter', '0'),
                       ('timerslack_ns', '1'), ('sched', '0'), ('autogroup', '5'), ('setgroups', 'deny'), ('loginuid', '0'),
                       ('uid_map', '0 0 1'), ('gid_map', '0 0 1'), ('projid_map', '0 0 1'), ('attr/exec', 'x'), ('make-it-fail', '1')]:
        attempt(at + name + ', written', lambda: write(at + name, text.encode()))
    for name in 'root', 'cwd', 'exe':
        attempt(at + name, lambda: os.readlink(at + name))
        attempt(at + name + ', opened', lambda: os.open(at + name, os.O_PATH))
    attempt(at + 'root, entered', lambda: enter(at + 'root'))
    attempt(at + 'root, changed into', lambda: os.chroot(at + 'root') or True)
    for name in 'fdinfo', 'map_files':
        attempt(at + name, lambda: os.listdir(at + name))
    # Whoever has the same user sees how many there are.
    for number in range(40):
        for path in at + 'fd/%d' % number, at + 'task/%s/fd/%d' % (process, number):
            attempt(path, lambda: os.readlink(path))
            attempt(path + ', opened', lambda: os.open(path, os.O_PATH))
    try: namespaces = os.listdir(at + 'ns')
    except OSError: namespaces = []
    for name in set(namespaces) | {'mnt', 'user', 'pid', 'net', 'ipc', 'uts', 'cgroup'}:
        attempt(at + 'ns/' + name, lambda: os.open(at + 'ns/' + name, os.O_RDONLY))
    def handle(signal_number):
        folder = os.open(at, os.O_RDONLY | os.O_DIRECTORY)
        try: signal.pidfd_send_signal(folder, signal_number)
        finally: os.close(folder)
        return True
    # Pid 1 of the own namespace takes signals from there, as ever, and only those that it asks for.
    if not is_inside(process):
        for number in 0, signal.SIGSTOP, signal.SIGKILL:
            attempt(at + 'signalled by its folder', lambda: handle(number))
    # Numbers mean processes of the own namespace, or none.
    if int(process) not in inner:
        number = int(process)
        for name in 'kill', 'getpgid', 'getsid', 'sched_getscheduler':
            attempt(name + ' ' + process, lambda: call(getattr(libc, name), number, 0))
        attempt('pidfd ' + process, lambda: os.pidfd_open(number))
        attempt('PTRACE_SEIZE ' + process, lambda: call(libc.ptrace, 0x4206, number, 0, 0))
        attempt('process_vm_readv ' + process, lambda: sees_memory(number))

def is_inside(process):
    status = read('/proc/%s/status' % process).decode()
    return len(next(line for line in status.splitlines() if line.startswith('NSpid:')).split()) > 2

def sees_memory(number):
    buffer = (ctypes.c_ulong * 2)(0x1000, 8)
    result = libc.process_vm_readv(number, buffer, 1, buffer, 1, 0)
    return result >= 0 or ctypes.get_errno() not in (errno.ESRCH, errno.EPERM, errno.ENOSYS)

def search(folder, depth=0):
    "Every file that can be read, for the canary."
    try: entries = list(os.scandir(folder))
    except OSError: return
    for entry in entries:
        path = entry.path
        if entry.is_symlink() or path.split('/')[2] in own or path.endswith(('/kmsg', '/trace_pipe', '/clear_refs', '/seccomp_cache')): continue
        if entry.is_dir(follow_symlinks=False):
            if depth < 4: search(path, depth + 1)
            continue
        def found():
            file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            try: return CANARY in os.read(file, 1 << 20)
            finally: os.close(file)
        attempt(path + ' has the canary', found)

def inside():
    "Numbers of this namespace, which are those that can be signalled."
    found = set()
    for number in range(1, 400):
        try: os.kill(number, 0); found.add(number)
        except ProcessLookupError: pass
        except PermissionError: found.add(number)
    return found

inner = inside()
"#;

/// Gives the root that commands run in to whoever builds.
fn own(workspace: &Workspace, owner: &str) {
    let root = workspace.context().join("root");
    support::run("chown", &["-R", owner, root.to_str().unwrap()]);
}

/// The builder, its guard and pid 1, and what else runs in the container: the attack, from each
/// rung, by a command that may trace as far as the kernel lets it.
#[test]
fn processes_that_are_seen_are_out_of_reach() {
    let _engines = engines_mount();
    if !possible() {
        return;
    }
    let script = format!(
        "{ATTACK}
seen = [command(process) for process in others()]
for what in b'onelayer\\0build', b'sleep\\00029.25', b'onelayer\\0__sandbox':
    assert any(what in line for line in seen), (what, seen)
for round in range(2):
    for process in others(): attack(process)
search('/proc')
assert not reached, reached
assert any(b'sleep\\00029.25' in command(process) for process in others())
for path, mode in [('/proc', 'r'), ('/proc/self', 'r')]:
    assert os.statvfs(path).f_flag & os.ST_RDONLY, path
"
    );
    let Some(workspace) = python(&script) else {
        return;
    };
    prepare(&workspace);
    fs::write(
        workspace.path("beside"),
        "sleep 29.25 & \"$@\"; code=$?; kill $!; exit $code\n",
    )
    .unwrap();
    for (name, owner, options) in [("root", "0:0", ""), ("user", "1000:0", "--user 1000")] {
        own(&workspace, owner);
        let options = format!("{options} --env CANARY={CANARY}");
        let built = build_below(&workspace, &options, "sh /build/beside", name).expect(0);
        assert!(isolation(&built).contains(COVERED), "{}", built.stderr);
    }
}

/// Commands of two stages, which run side by side as the same user.
#[test]
fn commands_of_other_steps_are_out_of_reach() {
    let _engines = engines_mount();
    if !possible() {
        return;
    }
    let Some(workspace) = python("") else {
        return;
    };
    let victim = format!(
        "import time, os
MARK = 'victim-9c'; SECRET = '{CANARY}'
def is_done(name):
    try: return b'attack-' + b'done' in open('/proc/%s/cmdline' % name, 'rb').read()
    except OSError: return False
end = time.time() + 30
while not any(is_done(name) for name in os.listdir('/proc') if name.isdigit()):
    assert time.time() < end
    time.sleep(.05)
"
    );
    let attacker = format!(
        "{ATTACK}
def victims(): return [name for name in others() if b'victim-' + b'9c' in command(name)]
end = time.time() + 30
while not any(b'import time, os' in command(name) for name in victims()):
    assert time.time() < end
    time.sleep(.05)
for process in others(): attack(process)
# Its command line, which everybody sees, has the canary too.
search('/proc')
reached = [what for what in reached if not what.endswith('/cmdline has the canary')]
assert not reached, reached
assert victims()
os.execv('/usr/bin/python3', ['python3', '-c', 'import time; time.sleep(2)', 'attack-' + 'done'])
"
    );
    let stage = |name: &str, script: &str| {
        let lines = script.trim().lines();
        let lines = lines.map(|line| format!("            {line}\n"));
        let text: String = lines.collect();
        format!(
            "  {name}:\n    base: rootfs:root\n    steps:\n      - run:\n          - /usr/bin/python3\n          \
             - -c\n          - |\n{text}        env: {{ CANARY: {CANARY} }}\n      - write: /{name}\n        \
             content: x\n"
        )
    };
    let recipe = format!(
        "name: x\nbase: scratch\nstages:\n{}{}steps:\n  - {{ copy: /victim, from: stage:victim, to: /victim }}\n  \
         - {{ copy: /attacker, from: stage:attacker, to: /attacker }}\n",
        stage("victim", &victim),
        stage("attacker", &attacker),
    );
    workspace.write("recipe.yaml", &recipe);
    prepare(&workspace);
    for (name, owner, options) in [("root", "0:0", ""), ("user", "1000:0", "--user 1000")] {
        own(&workspace, owner);
        build_below(&workspace, options, "", name).expect(0);
    }
}

/// Threads and children, whose numbers in this `/proc` are others, get their files and nobody else's.
#[test]
fn questions_are_answered_whoever_asks() {
    let _engines = engines_mount();
    if !possible() {
        return;
    }
    let script = "
import os, threading
os.mkdir('/d')
def give(number):
    path = '/d/%d' % number
    with open(path, 'w') as file:
        os.fchown(file.fileno(), number, -1)
    os.chown(path, -1, number + 1)
    os.symlink(path, path + '-link')
    os.lchown(path + '-link', number + 2, 7)
    for stat in os.stat(path), os.stat(path + '-link'):
        assert (stat.st_uid, stat.st_gid) == (number, number + 1), stat
failed = []
def work(number):
    try: give(number)
    except BaseException as error: failed.append((number, error))
threads = [threading.Thread(target=work, args=(number,)) for number in range(100, 160)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert not failed, failed
children = []
for number in range(200, 240):
    child = os.fork()
    if child == 0:
        thread = threading.Thread(target=work, args=(number,))
        thread.start(); thread.join()
        os._exit(1 if failed else 0)
    children.append(child)
for child in children: assert os.waitpid(child, 0)[1] == 0
";
    let Some(workspace) = python(script) else {
        return;
    };
    prepare(&workspace);
    for (name, owner, options) in [("root", "0:0", ""), ("user", "1000:0", "--user 1000")] {
        own(&workspace, owner);
        let expected = as_root(&workspace);
        let built = build_below(&workspace, options, "", name);
        assert_eq!(built.digest(), expected, "{name}");
    }
}
