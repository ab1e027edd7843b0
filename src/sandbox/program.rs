//! Finds the program of a command, executes it, and explains why that failed.

use std::ffi::{CString, OsStr};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, openat, statat};

use super::error::SandboxError;

/// Where a command may be.
pub(super) struct Search {
    command: String,
    candidates: Vec<PathBuf>,
    /// For a name without a folder: the `PATH` that it is looked for in.
    path: Option<String>,
}

impl Search {
    /// As execvp(3) does, but with the command's own `PATH` and no default for it.
    pub(super) fn new(command: &OsStr, path: Option<&OsStr>) -> Search {
        let text = command.to_string_lossy().into_owned();
        if command.as_bytes().contains(&b'/') {
            return Search {
                command: text,
                candidates: vec![PathBuf::from(command)],
                path: None,
            };
        }
        let path = path.unwrap_or_default();
        let candidates = path
            .as_bytes()
            .split(|byte| *byte == b':')
            // An empty entry means the working directory; nobody who writes one wants that.
            .filter(|folder| !folder.is_empty() && !command.is_empty())
            .map(|folder| Path::new(OsStr::from_bytes(folder)).join(command))
            .collect();
        Search {
            command: text,
            candidates,
            path: Some(path.to_string_lossy().into_owned()),
        }
    }
}

/// Becomes the first candidate that can be executed; returns only the reason why none can.
pub(super) fn execute(
    search: &Search,
    arguments: &[CString],
    environment: &[CString],
) -> SandboxError {
    let mut refused = None;
    for candidate in &search.candidates {
        let Ok(path) = CString::new(candidate.as_os_str().as_bytes()) else {
            continue;
        };
        let Err(errno) = nix::unistd::execve(&path, arguments, environment);
        match errno {
            Errno::ENOENT | Errno::ENOTDIR if !exists(candidate) => {}
            _ => {
                refused.get_or_insert_with(|| explain(candidate, errno));
                // Another folder may have a better one.
                if !matches!(errno, Errno::EACCES) {
                    break;
                }
            }
        }
    }
    refused.unwrap_or_else(|| SandboxError::CommandNotFound {
        command: search.command.clone(),
        path: search.path.clone(),
    })
}

fn exists(path: &Path) -> bool {
    statat(CWD, path, AtFlags::empty()).is_ok()
}

fn explain(path: &Path, errno: Errno) -> SandboxError {
    let command = path.display().to_string();
    if errno == Errno::ENOENT
        && let Some(interpreter) = interpreter(path)
    {
        return SandboxError::InterpreterNotFound {
            command,
            interpreter,
        };
    }
    let is_directory = statat(CWD, path, AtFlags::empty())
        .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory);
    let cure = match errno {
        Errno::EACCES if is_directory => "name a program in that directory",
        Errno::EACCES => "make it executable (mode 0755), and its folders searchable for the user",
        Errno::ENOEXEC => {
            "begin it with a line such as `#!/bin/sh`, or build it for this architecture"
        }
        Errno::E2BIG => "shorten the command or its environment; a long script belongs in a file",
        _ => "check the file",
    };
    SandboxError::NotExecutable {
        command,
        cure: cure.to_owned(),
        source: errno.into(),
    }
}

/// The program that the kernel starts to read `path`.
fn interpreter(path: &Path) -> Option<String> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = openat(CWD, path, flags, Mode::empty()).ok()?;
    let mut bytes = Vec::new();
    // The program headers, and the string they lead to, are at the beginning by custom.
    std::fs::File::from(file)
        .take(64 << 10)
        .read_to_end(&mut bytes)
        .ok()?;
    if let Some(line) = bytes.strip_prefix(b"#!") {
        let line = line.split(|byte| *byte == b'\n').next()?;
        let line = String::from_utf8_lossy(line).into_owned();
        return line.split_whitespace().next().map(str::to_owned);
    }
    bytes.starts_with(b"\x7fELF").then(|| {
        dynamic_loader(&bytes).unwrap_or_else(|| "the dynamic loader of its C library".to_owned())
    })
}

/// The contents of `PT_INTERP` of a 64-bit little-endian program (elf(5)).
fn dynamic_loader(elf: &[u8]) -> Option<String> {
    const PROGRAM_HEADERS: usize = 32;
    const HEADER_SIZE: usize = 54;
    const HEADER_COUNT: usize = 56;
    const PT_INTERP: u64 = 3;
    let number = |at: usize, length: usize| -> Option<u64> {
        let bytes = elf.get(at..at.checked_add(length)?)?;
        Some(
            bytes
                .iter()
                .rev()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
        )
    };
    if elf.get(4..6)? != [2, 1] {
        return None;
    }
    let start = usize::try_from(number(PROGRAM_HEADERS, 8)?).ok()?;
    let size = usize::try_from(number(HEADER_SIZE, 2)?).ok()?;
    let count = usize::try_from(number(HEADER_COUNT, 2)?).ok()?;
    (0..count).find_map(|index| {
        let header = start.checked_add(index * size)?;
        if number(header, 4)? != PT_INTERP {
            return None;
        }
        let offset = usize::try_from(number(header.checked_add(8)?, 8)?).ok()?;
        let length = usize::try_from(number(header.checked_add(32)?, 8)?).ok()?;
        let text = elf.get(offset..offset.checked_add(length)?)?;
        let text = text.split(|byte| *byte == 0).next()?;
        Some(String::from_utf8_lossy(text).into_owned())
    })
}
