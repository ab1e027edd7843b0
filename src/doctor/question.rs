//! Asks a program something, for a while.

use std::fmt;
use std::io::{self, PipeReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, Signal, kill_process_group};

/// How often a running program is looked at.
const PERIOD: Duration = Duration::from_millis(5);
/// How much of what it prints is kept of each stream.
const KEPT: usize = 64 * 1024;

/// What a program said.
pub(super) struct Said {
    /// Whether it ended well.
    pub(super) success: bool,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// Why it said nothing.
#[derive(Debug)]
pub(super) enum Silent {
    /// It was ended after this time.
    TooLate(Duration),
    /// It was ended since somebody wished to stop.
    Cancelled,
    /// It could not be run.
    NotRun(io::Error),
}

impl fmt::Display for Silent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Silent::TooLate(patience) => {
                write!(f, "no answer within {} s", patience.as_secs_f32())
            }
            Silent::Cancelled => f.write_str("interrupted"),
            Silent::NotRun(error) => write!(f, "cannot be run: {error}"),
        }
    }
}

impl From<io::Error> for Silent {
    fn from(error: io::Error) -> Self {
        Silent::NotRun(error)
    }
}

/// Runs `command` until it ends, or for `patience`, or until nobody wants to know any more: then it
/// and all that it started are killed.
pub(super) fn ask(
    command: &mut Command,
    patience: Duration,
    is_cancelled: impl Fn() -> bool,
) -> Result<Said, Silent> {
    let (mut stdout, writer) = Stream::new()?;
    command.stdout(writer);
    let (mut stderr, writer) = Stream::new()?;
    command.stderr(writer);
    let child = command
        .stdin(Stdio::null())
        .current_dir("/")
        .env("LC_ALL", "C")
        .process_group(0)
        .spawn();
    // The command holds the writing ends; what it has left behind is not waited for.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = Group(child?);
    let start = Instant::now();
    loop {
        let ended = child.0.try_wait()?;
        stdout.drain();
        stderr.drain();
        if let Some(status) = ended {
            return Ok(Said {
                success: status.success(),
                stdout: stdout.text(),
                stderr: stderr.text(),
            });
        }
        if is_cancelled() {
            return Err(Silent::Cancelled);
        }
        if start.elapsed() > patience {
            return Err(Silent::TooLate(patience));
        }
        thread::sleep(PERIOD);
    }
}

/// A child with all that is in its process group.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(Some(_))) {
            return;
        }
        // It is our child and was not reaped, so the number is still its own.
        let pid = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
        let _ = pid.map(|pid| kill_process_group(pid, Signal::KILL));
        let _ = self.0.wait();
    }
}

/// One stream of a program, of which the beginning is kept.
struct Stream {
    reader: PipeReader,
    kept: Vec<u8>,
}

impl Stream {
    fn new() -> io::Result<(Stream, io::PipeWriter)> {
        let (reader, writer) = io::pipe()?;
        fcntl_setfl(&reader, fcntl_getfl(&reader)? | OFlags::NONBLOCK)?;
        let kept = Vec::new();
        Ok((Stream { reader, kept }, writer))
    }

    /// Takes what is there now; of a program that never stops, some of it.
    fn drain(&mut self) {
        let mut buffer = [0; 8192];
        for _ in 0..64 {
            match self.reader.read(&mut buffer) {
                Ok(0) | Err(_) => break,
                Ok(count) => {
                    let room = KEPT - self.kept.len();
                    self.kept.extend(&buffer[..count.min(room)]);
                }
            }
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.kept).trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, patience: u64) -> Result<Said, Silent> {
        let mut command = Command::new("/bin/sh");
        ask(
            command.args(["-c", script]),
            Duration::from_millis(patience),
            || false,
        )
    }

    #[test]
    fn what_is_said_is_kept() {
        let said = shell("echo out; echo err >&2; exit 3", 10_000).unwrap();
        assert!(!said.success);
        assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("out", "err"));
    }

    #[test]
    fn nobody_is_waited_for_too_long() {
        for script in [
            "sleep 100",
            "while :; do echo all work and no play; done",
            "trap '' TERM INT HUP; while :; do sleep 1; done",
        ] {
            let start = Instant::now();
            let silent = shell(script, 300);
            assert!(matches!(silent, Err(Silent::TooLate(_))), "{script}");
            assert!(start.elapsed() < Duration::from_secs(5), "{script}");
        }
        // Nor what a program leaves behind with its output.
        let start = Instant::now();
        assert_eq!(
            shell("sleep 100 & echo done", 10_000).unwrap().stdout,
            "done"
        );
        assert!(start.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn somebody_wishes_to_stop() {
        let (start, mut command) = (Instant::now(), Command::new("/bin/sh"));
        let command = command.args(["-c", "sleep 100"]);
        let wish = || start.elapsed() > Duration::from_millis(200);
        let silent = ask(command, Duration::from_secs(100), wish);
        assert!(matches!(silent, Err(Silent::Cancelled)));
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn only_the_beginning_is_kept() {
        let said = shell("head -c 1000000 /dev/zero | tr '\\0' x", 10_000).unwrap();
        assert_eq!(said.stdout.len(), KEPT);
    }
}
