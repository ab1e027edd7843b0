//! System calls that are denied: they fail, and nobody is killed for them.

use super::attacks::python;
use super::run;

/// Defines `call(name or number, …)`, the error number or 0.
const PRELUDE: &str = "
import ctypes, errno, mmap, os
c = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    ctypes.set_errno(0)
    return ctypes.get_errno() if c.syscall(ctypes.c_long(number), *arguments) == -1 else 0
def is_(name, number, *arguments):
    found = errno.errorcode.get(call(number, *arguments), 'done')
    if found != name: print(number, arguments, found)
";

#[cfg(target_arch = "x86_64")]
#[test]
fn denied_calls_fail_as_if_they_were_not_there_or_not_allowed() {
    let program = format!(
        "{PRELUDE}
for number in [163, 248, 321, 227, 176, 300, 313, 175, 172, 173, 312, 246, 320, 250, 256, 165, 429, 279,
               304, 298, 155, 179, 443, 169, 249, 308, 164, 168, 167, 103, 166, 323, 153]:
    is_('EPERM', number, 0, 0, 0, 0, 0)
for number in [435, 430, 431, 432, 433, 425, 426, 427, 428, 442, 467]:
    is_('ENOSYS', number, 0, 0, 0, 0, 0)
# Namespaces, all at once and each by itself; without them the two calls are as ever.
for bit in [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]:
    is_('EPERM', 272, bit)
    is_('EPERM', 56, bit | 17, 0, 0, 0, 0)
is_('EPERM', 272, 0x80)
is_('done', 272, 0x200)
# A terminal's input, sockets to a hypervisor and to the kernel's ciphers, other execution domains.
is_('EPERM', 16, 0, 0x5412, 0)
is_('EPERM', 16, 0, ctypes.c_long(0x100005412), 0)
is_('EPERM', 16, 0, 0x541C, 0)
is_('ENOTTY', 16, 0, 0x5401, 0)
is_('EAFNOSUPPORT', 41, 40, 1, 0)
is_('EAFNOSUPPORT', 41, 38, 5, 0)
is_('done', 41, 1, 1, 0)
is_('EPERM', 135, 0x40000)
is_('done', 135, 0x20008)
is_('done', 135, 0xffffffff)
# The variant with 32-bit pointers.
is_('ENOSYS', 0x40000000 | 39)
status = dict(line.split(':', 1) for line in open('/proc/self/status'))
print(status['Seccomp'].strip(), status['NoNewPrivs'].strip())"
    );
    let Some(sandbox) = python(&program) else {
        return;
    };
    assert_eq!(run(&sandbox), "2 1\n");
}

/// Programs of i386 run, and are denied the same by its own numbers.
#[cfg(target_arch = "x86_64")]
#[test]
fn the_other_architecture_has_the_same_denied() {
    let program = format!(
        "{PRELUDE}
def i386(number):
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    # push rbx; xor ebx, ebx; mov eax, number; int 0x80; pop rbx; ret
    code.write(b'\\x53\\x31\\xdb\\xb8' + number.to_bytes(4, 'little') + b'\\xcd\\x80\\x5b\\xc3')
    function = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
    return errno.errorcode.get(-function(), 'done')
# A kernel without i386 ends the process by a signal.
child = os.fork()
if child == 0:
    i386(20)
    os._exit(0)
if os.waitpid(child, 0)[1] == 0:
    found = [i386(number) for number in (21, 52, 217, 288, 357, 336, 25, 22)]
    assert found == ['EPERM'] * 8, found
    assert [i386(number) for number in (435, 425, 430)] == ['ENOSYS'] * 3
    assert i386(20) != 'ENOSYS'
print('end')"
    );
    let Some(sandbox) = python(&program) else {
        return;
    };
    assert_eq!(run(&sandbox), "end\n");
}

/// What ordinary programs do goes on: threads, processes, pipes, sockets, sessions.
#[test]
fn ordinary_programs_notice_nothing() {
    let Some(sandbox) = python(
        "import os, subprocess, threading, socket, multiprocessing, tempfile\n\
         threads = [threading.Thread(target=os.getpid) for _ in range(8)]\n\
         [t.start() for t in threads]; [t.join() for t in threads]\n\
         assert subprocess.run(['/usr/bin/env', 'true']).returncode == 0\n\
         a, b = socket.socketpair(); a.send(b'x'); assert b.recv(1) == b'x'\n\
         socket.create_server(('127.0.0.1', 0)).close()\n\
         p = multiprocessing.Process(target=os.getpid); p.start(); p.join(); assert p.exitcode == 0\n\
         print('end')",
    ) else {
        return;
    };
    assert_eq!(run(&sandbox), "end\n");
}
