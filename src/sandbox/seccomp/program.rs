//! Filters of system calls, in the kernel's form (seccomp(2), "Filters").

use libc::sock_filter;

use super::numbers::{ARCHITECTURES, Numbers, Table, number};

/// What the kernel does with a call.
pub(in crate::sandbox) type Answer = u32;

pub(in crate::sandbox) const ALLOW: Answer = libc::SECCOMP_RET_ALLOW;
/// Pid 1 is asked.
pub(in crate::sandbox) const ASK: Answer = libc::SECCOMP_RET_USER_NOTIF;

/// The call fails with this error number.
pub(in crate::sandbox) const fn fail(errno: i32) -> Answer {
    libc::SECCOMP_RET_ERRNO | errno.unsigned_abs()
}

/// When an answer is given.
#[derive(Debug, Clone, Copy)]
pub(in crate::sandbox) enum Case {
    /// Always.
    Any(Answer),
    /// If these bits of an argument, by its number, have this value. Only the lower half of an
    /// argument is looked at: none that is asked for is larger.
    Bits {
        argument: u32,
        mask: u32,
        value: u32,
        answer: Answer,
    },
}

/// A call and its cases, the first that fits first; allowed if none does.
pub(in crate::sandbox) type Rule = (Numbers, Vec<Case>);

// Offsets in `struct seccomp_data`.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const ARGUMENTS: u32 = 16;
const LOWER_HALF: u32 = if cfg!(target_endian = "big") { 4 } else { 0 };

/// From this bit on, numbers on x86-64 are those of its variant with 32-bit pointers, which nobody
/// uses.
const X32: u32 = 0x4000_0000;

fn load(offset: u32) -> sock_filter {
    plain(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset)
}

fn answer(answer: Answer) -> sock_filter {
    plain(libc::BPF_RET | libc::BPF_K, answer)
}

fn plain(code: u32, k: u32) -> sock_filter {
    jump(code, k, 0, 0)
}

fn equal(k: u32, yes: u8, no: u8) -> sock_filter {
    jump(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, k, yes, no)
}

fn jump(code: u32, k: u32, yes: u8, no: u8) -> sock_filter {
    sock_filter {
        code: u16::try_from(code).unwrap_or_default(),
        jt: yes,
        jf: no,
        k,
    }
}

/// The program that carries out `rules`. Calls of architectures that are not in the table are
/// unknown.
pub(in crate::sandbox) fn assemble(rules: &[Rule]) -> Vec<sock_filter> {
    let mut program = vec![load(ARCHITECTURE)];
    for (audit, table) in ARCHITECTURES {
        let block = block(rules, *table);
        let length = u32::try_from(block.len()).unwrap_or(u32::MAX);
        // A jump on a condition reaches 255 instructions, one without any number of them.
        program.push(equal(*audit, 1, 0));
        program.push(plain(libc::BPF_JMP | libc::BPF_JA, length));
        program.extend(block);
    }
    program.push(answer(fail(libc::ENOSYS)));
    program
}

/// The rules for one architecture.
fn block(rules: &[Rule], table: Table) -> Vec<sock_filter> {
    let mut block = vec![load(NUMBER)];
    if table == Table::X86_64 {
        block.push(jump(libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K, X32, 0, 1));
        block.push(answer(fail(libc::ENOSYS)));
    }
    for (numbers, cases) in rules {
        let Some(number) = number(numbers, table) else {
            continue;
        };
        let mut body = Vec::new();
        for case in cases {
            match *case {
                Case::Any(given) => body.push(answer(given)),
                Case::Bits {
                    argument,
                    mask,
                    value,
                    answer: given,
                } => body.extend([
                    load(ARGUMENTS + 8 * argument + LOWER_HALF),
                    plain(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K, mask),
                    equal(value, 0, 1),
                    answer(given),
                ]),
            }
        }
        body.push(answer(ALLOW));
        // Bodies have a few cases each.
        let length = u8::try_from(body.len()).unwrap_or(u8::MAX);
        block.push(equal(number, 0, length));
        block.extend(body);
    }
    block.push(answer(ALLOW));
    block
}

#[cfg(test)]
mod tests {
    use crate::sandbox::seccomp::numbers::ARCHITECTURES;

    use super::*;

    /// What the program says, as the kernel would run it.
    fn run(program: &[sock_filter], data: &[u32; 16]) -> Answer {
        let (mut at, mut value) = (0, 0_u32);
        loop {
            let step = program[at];
            at += 1;
            let code = u32::from(step.code);
            match code & 7 {
                libc::BPF_LD => value = data[step.k as usize / 4],
                libc::BPF_ALU => value &= step.k,
                libc::BPF_RET => return step.k,
                _ if code & 0xf0 == libc::BPF_JA => at += step.k as usize,
                _ => {
                    let holds = match code & 0xf0 {
                        libc::BPF_JEQ => value == step.k,
                        _ => value >= step.k,
                    };
                    at += usize::from(if holds { step.jt } else { step.jf });
                }
            }
        }
    }

    #[test]
    fn cases_are_tried_in_order() {
        let call: Numbers = [7, 8, 7, 8];
        let bits = |value, given| Case::Bits {
            argument: 1,
            mask: 0xf0,
            value,
            answer: given,
        };
        let rules = [(
            call,
            vec![bits(0x10, ALLOW), bits(0x20, ASK), Case::Any(fail(1))],
        )];
        let program = assemble(&rules);
        for (audit, table) in ARCHITECTURES {
            let of = |number, argument| {
                let mut data = [0; 16];
                (data[0], data[1], data[6]) = (number, *audit, argument);
                run(&program, &data)
            };
            let number = call[*table as usize];
            assert_eq!(of(number, 0x1f), ALLOW);
            assert_eq!(of(number, 0x12f), ASK);
            assert_eq!(of(number, 0x30), fail(1));
            assert_eq!(of(number + 1, 0x30), ALLOW);
        }
        let mut other = [0; 16];
        other[1] = 0xC000_0015;
        assert_eq!(run(&program, &other), fail(libc::ENOSYS));
    }
}
