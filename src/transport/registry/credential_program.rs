//! Programs that keep credentials: docker's `docker-credential-NAME`.
//!
//! They are the user's own, from a file of the user, and so get the caller's environment: most ask
//! a running agent. What they print is read with limits.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::auth_file::Program;
use super::credentials::Secret;
use super::failure::RegistryError;
use super::told::shown;

/// Long enough for somebody to type a password.
const LONGEST: Duration = Duration::from_secs(60);
const LARGEST: u64 = 1 << 20;
const PAUSE: Duration = Duration::from_millis(20);

/// What a program says of itself in place of a name when it has a token.
const TOKEN: &str = "<token>";
const NOT_FOUND: &str = "credentials not found";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    username: String,
    secret: String,
}

/// Why a program gave nothing.
pub(super) enum NoSecret {
    /// It has none for this server.
    NotFound,
    /// It did not work: how, in the words of a warning.
    Failed(String),
    /// The caller wanted to stop.
    Stopped(RegistryError),
}

impl Program<'_> {
    /// Asks the program, which is looked for in `folders` (a list as in `PATH`), by the protocol of
    /// docker-credential-helpers: `get`, the server on standard input, an object on standard output.
    pub(super) fn ask(
        &self,
        folders: Option<&OsStr>,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Secret, NoSecret> {
        let failed = |how: &str| NoSecret::Failed(how.to_owned());
        let program = self.find(folders).ok_or_else(|| failed("is not there"))?;
        let mut child = Command::new(program)
            .arg("get")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| NoSecret::Failed(format!("cannot be started ({error})")))?;
        if let Some(mut stdin) = child.stdin.take() {
            // One that does not read says by its answer what it makes of that.
            let _ = stdin.write_all(self.server.as_bytes());
        }
        let (sender, printed) = mpsc::channel();
        if let Some(stdout) = child.stdout.take() {
            // A thread, since what the program left running may keep the pipe open.
            let read = move || {
                let mut bytes = Vec::new();
                let _ = stdout.take(LARGEST).read_to_end(&mut bytes);
                let _ = sender.send(bytes);
            };
            let _ = thread::Builder::new().spawn(read);
        }
        let end = Instant::now() + LONGEST;
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if cancelled() => {
                    let _ = child.kill().and_then(|()| child.wait());
                    return Err(NoSecret::Stopped(RegistryError::Cancelled));
                }
                Ok(None) if Instant::now() < end => thread::sleep(PAUSE),
                _ => {
                    let _ = child.kill().and_then(|()| child.wait());
                    return Err(failed("does not answer"));
                }
            }
        };
        let printed = printed
            .recv_timeout(Duration::from_secs(1))
            .unwrap_or_default();
        if !status.success() {
            let message = String::from_utf8_lossy(&printed);
            return Err(match message.contains(NOT_FOUND) {
                true => NoSecret::NotFound,
                false => NoSecret::Failed(format!("failed: {}", shown(&message, &[]))),
            });
        }
        // What it printed may hold the secret, so it is not shown.
        let printed: Printed =
            serde_json::from_slice(&printed).map_err(|_| failed("prints no credentials"))?;
        Ok(match printed.username == TOKEN {
            true => Secret::IdentityToken(printed.secret),
            false => Secret::Password {
                user: printed.username,
                password: printed.secret,
            },
        })
    }

    /// The whole name of the program.
    pub(super) fn program(&self) -> String {
        format!("docker-credential-{}", self.name)
    }

    fn find(&self, folders: Option<&OsStr>) -> Option<PathBuf> {
        // A name is a name and no path.
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if !self.name.chars().all(is_name) {
            return None;
        }
        let name = self.program();
        std::env::split_paths(folders?)
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join(&name))
            .find(|path| path.is_file())
    }
}
