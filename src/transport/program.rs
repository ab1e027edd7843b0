//! Programs of the host that put images where only they can.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::failure::TransportError;
use super::watch::Watch;

/// How often a running program is looked at.
const PERIOD: Duration = Duration::from_millis(20);
/// How long a program that was asked to end may take.
const GRACE: Duration = Duration::from_secs(5);
/// How much of what a program prints is kept: the end of it.
const KEPT: u64 = 4096;

/// An installed program.
#[derive(Debug)]
pub(super) struct Program {
    name: &'static str,
    path: PathBuf,
}

/// How a program ended.
pub(super) struct Ended {
    /// What was run, for messages.
    pub(super) command: String,
    pub(super) status: ExitStatus,
    /// The end of what it printed on either stream, without control characters.
    pub(super) told: String,
}

impl Program {
    /// Looks for `name` in the folders of `PATH`; those that are relative do not count, since
    /// anybody may have written what is in the folder that a build runs in.
    pub(super) fn find(name: &'static str) -> Option<Self> {
        let folders = std::env::var_os("PATH")?;
        std::env::split_paths(&folders)
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join(name))
            .find(|path| {
                path.metadata()
                    .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
            })
            .map(|path| Self { name, path })
    }

    /// Runs it in `directory` until it ends, with nothing on standard input. If the watch says so
    /// it is asked to end, and killed soon after.
    pub(super) fn run<S: AsRef<OsStr>>(
        &self,
        arguments: &[S],
        directory: &Path,
        watch: &Watch<'_>,
    ) -> Result<Ended, TransportError> {
        let words = arguments.iter().map(|word| word.as_ref().to_string_lossy());
        let words: Vec<String> = words.map(|word| printable(&word)).collect();
        let command = format!("{} {}", self.name, words.join(" "));
        let failed = |source| TransportError::Run {
            command: command.clone(),
            source,
        };
        // A file, not pipes: those would stay open with whatever the program leaves behind.
        let mut printed = tempfile::tempfile().map_err(failed)?;
        let stream = || printed.try_clone().map(Stdio::from);
        let mut child = Command::new(&self.path)
            .args(arguments)
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(stream().map_err(failed)?)
            .stderr(stream().map_err(failed)?)
            .spawn()
            .map_err(failed)?;
        let status = wait(&mut child, watch).map_err(failed)?;
        let status = status.ok_or(TransportError::Cancelled)?;
        let told = tail(&mut printed).map_err(failed)?;
        Ok(Ended {
            status,
            told: printable(told.trim()),
            command,
        })
    }

    /// As [`Program::run`]; that it fails is an error.
    pub(super) fn run_well<S: AsRef<OsStr>>(
        &self,
        arguments: &[S],
        directory: &Path,
        watch: &Watch<'_>,
    ) -> Result<(), TransportError> {
        let ended = self.run(arguments, directory, watch)?;
        match ended.status.success() {
            true => Ok(()),
            false => Err(TransportError::Tool {
                command: ended.command,
                status: ended.status,
                told: ended.told,
            }),
        }
    }
}

/// Waits for the end of `child`, which is reaped in any case; none if it was to be ended.
fn wait(child: &mut Child, watch: &Watch<'_>) -> io::Result<Option<ExitStatus>> {
    let mut asked: Option<Instant> = None;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(asked.is_none().then_some(status));
        }
        match asked {
            None if watch.check().is_err() => {
                // It is our child and was not reaped, so the number is still its own.
                let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
                let _ = pid.map(|pid| kill_process(pid, Signal::TERM));
                asked = Some(Instant::now());
            }
            Some(since) if since.elapsed() > GRACE => {
                child.kill()?;
                child.wait()?;
                return Ok(None);
            }
            _ => thread::sleep(PERIOD),
        }
    }
}

/// The end of what is in `file`.
fn tail(file: &mut File) -> io::Result<String> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(KEPT)))?;
    let mut kept = Vec::new();
    file.take(KEPT).read_to_end(&mut kept)?;
    Ok(String::from_utf8_lossy(&kept).into_owned())
}

/// Without what would move a terminal's cursor.
fn printable(text: &str) -> String {
    let shown = |c: char| if c == '\n' || !c.is_control() { c } else { ' ' };
    text.chars().map(shown).collect()
}
