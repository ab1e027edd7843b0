//! The caller's side: starts sandboxes and listens to them.

use std::io::{self, PipeReader, Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::thread;

use serde::{Deserialize, Serialize};

use super::cancel::Cancel;
use super::conversation::Conversation;
use super::error::{SandboxError, Tried};
use super::request::{Captured, Exit, Sandbox, Stream};
use super::supervisor::Owned;
use super::{INIT_ARGUMENT, control, filesystem, handover};

/// Starts sandboxes by executing a binary that calls [`init`](super::init).
///
/// Clones share what there is to share; one launcher serves many threads.
#[derive(Debug, Clone)]
pub struct Launcher {
    program: PathBuf,
    sealed: Arc<OnceLock<Option<OwnedFd>>>,
}

/// How a command ended, and what it left that only a list can say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// How it ended.
    pub exit: Exit,
    /// Who it ran as: user and group.
    pub identity: (u32, u32),
    /// Links and pipes that belong to others than the disk says.
    pub owned: Vec<Owned>,
}

impl Default for Launcher {
    /// Executes the running binary again.
    fn default() -> Self {
        Launcher::new("/proc/self/exe")
    }
}

impl Launcher {
    /// Executes `program`, whose `main` must call [`init`](super::init).
    pub fn new(program: impl Into<PathBuf>) -> Launcher {
        Launcher {
            program: program.into(),
            sealed: Arc::default(),
        }
    }

    /// Runs the command of `sandbox` to its end, and the end of everything it started.
    ///
    /// `output` receives standard output and error together, in lines without their newline; a
    /// longer line comes in pieces of at most 64 KiB. While it works the command waits.
    ///
    /// # Errors
    /// When the command could not be started; a command that fails is an [`Exit`].
    pub fn run(
        &self,
        sandbox: &Sandbox,
        output: &mut dyn FnMut(&[u8]),
        cancel: &Cancel,
    ) -> Result<Exit, SandboxError> {
        let ended = self.run_recording(sandbox, output, cancel)?;
        Ok(ended.exit)
    }

    /// As [`run`](Self::run), with what the command gave away and only a list can say.
    ///
    /// # Errors
    /// When the command could not be started.
    pub fn run_recording(
        &self,
        sandbox: &Sandbox,
        output: &mut dyn FnMut(&[u8]),
        cancel: &Cancel,
    ) -> Result<Ended, SandboxError> {
        let operation = || "start the sandbox".to_owned();
        let (stream, writer) = io::pipe().tried(operation)?;
        let copy = writer.try_clone().tried(operation)?;
        let writers = (writer.into(), copy.into());
        self.hold(sandbox, None, writers, stream.into(), output, cancel)
    }

    /// As [`run`](Self::run), with the command's output and error apart, and at most `most` bytes of
    /// each.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn capture(
        &self,
        sandbox: &Sandbox,
        most: usize,
        cancel: &Cancel,
    ) -> Result<Captured, SandboxError> {
        let operation = || "start the sandbox".to_owned();
        let (output, output_writer) = io::pipe().tried(operation)?;
        let (error, error_writer) = io::pipe().tried(operation)?;
        // Ends at once: nobody writes to it.
        let (nothing, _) = io::pipe().tried(operation)?;
        thread::scope(|scope| {
            let begin = |stream| {
                let collect = move || collect(stream, most);
                let begun = thread::Builder::new().spawn_scoped(scope, collect);
                begun.tried(|| "start a thread".to_owned())
            };
            let output = begin(output)?;
            let error = begin(error)?;
            let writers = (output_writer.into(), error_writer.into());
            let ended = self.hold(sandbox, None, writers, nothing.into(), &mut |_| {}, cancel);
            let output = output.join().unwrap_or_default();
            let error = error.join().unwrap_or_default();
            Ok(Captured {
                exit: ended?.exit,
                output,
                error,
            })
        })
    }

    /// Starts the sandbox with what its command reads, if it is attached, and the two streams that
    /// it writes to, and listens to `stream`.
    pub(super) fn hold(
        &self,
        sandbox: &Sandbox,
        input: Option<OwnedFd>,
        writers: (OwnedFd, OwnedFd),
        stream: OwnedFd,
        output: &mut dyn FnMut(&[u8]),
        cancel: &Cancel,
    ) -> Result<Ended, SandboxError> {
        if cancel.is_cancelled() {
            return Ok(Ended {
                exit: Exit::Cancelled,
                identity: (0, 0),
                owned: Vec::new(),
            });
        }
        let operation = || "start the sandbox".to_owned();
        let description = control::encode(sandbox).tried(operation)?;
        let (ours, theirs) = UnixStream::pair().tried(operation)?;
        let mut guard = self.spawn(theirs, writers, ours)?;
        // A guard that dies meanwhile is found out below, with its report if it left one.
        let _ = guard.control.write_all(&description);
        drop(description);
        if let Some(input) = input {
            // As above.
            let _ = handover::send(&guard.control, &input);
        }
        let ended = Conversation::new(sandbox, &guard.control, stream, cancel).hold(output);
        guard.reap();
        ended
    }

    fn spawn(
        &self,
        control: UnixStream,
        (output, error): (OwnedFd, OwnedFd),
        ours: UnixStream,
    ) -> Result<Guard, SandboxError> {
        let operation = || format!("execute `{}`", self.program.display());
        let sealed = self.sealed.get_or_init(|| seal(&self.program).ok());
        let mut command = match sealed {
            Some(copy) => Command::new(filesystem::path(copy)),
            None => Command::new(&self.program),
        };
        let child = command
            .arg0("onelayer")
            .arg(INIT_ARGUMENT)
            .env_clear()
            .current_dir("/")
            // Signals of the terminal are for the caller, who decides what they mean.
            .process_group(0)
            .stdin(Stdio::from(OwnedFd::from(control)))
            .stdout(output)
            .stderr(error)
            .spawn()
            .tried(operation)?;
        Ok(Guard {
            control: ours,
            child,
        })
    }
}

/// A copy of the program in memory that nobody can change: whatever a command finds to overwrite
/// the program it was started by, it is not the one on disk (CVE-2019-5736).
fn seal(program: &PathBuf) -> io::Result<OwnedFd> {
    use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let copy = memfd_create("onelayer", flags | MemfdFlags::EXEC)
        // Before Linux 6.3 every one of them is executable.
        .or_else(|_| memfd_create("onelayer", flags))?;
    let mut copy = std::fs::File::from(copy);
    io::copy(&mut std::fs::File::open(program)?, &mut copy)?;
    let copy = OwnedFd::from(copy);
    let seals = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
    fcntl_add_seals(&copy, seals)?;
    Ok(copy)
}

/// Reads to the end, and keeps the beginning: whoever writes more is not to wait for ever.
fn collect(mut from: PipeReader, most: usize) -> Stream {
    let mut stream = Stream {
        bytes: Vec::new(),
        is_whole: true,
    };
    let mut block = [0; 16 << 10];
    loop {
        match from.read(&mut block) {
            Ok(0) => return stream,
            Ok(length) => {
                let kept = length.min(most - stream.bytes.len());
                stream.bytes.extend_from_slice(&block[..kept]);
                stream.is_whole &= kept == length;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => {
                stream.is_whole = false;
                return stream;
            }
        }
    }
}

/// The guard's process, and the socket that tells it whether its caller still lives.
struct Guard {
    control: UnixStream,
    child: Child,
}

impl Guard {
    /// Waits for the guard, which ends after everything else.
    fn reap(&mut self) {
        let _ = self.child.wait();
    }
}

impl Drop for Guard {
    /// Also when `output` panics.
    fn drop(&mut self) {
        let _ = self.control.shutdown(Shutdown::Both);
        self.reap();
    }
}
