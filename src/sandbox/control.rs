//! What caller and sandbox say to each other over the control socket.
//!
//! The caller sends the description, preceded by its length, then single bytes. The sandbox sends
//! one report, which ends with the connection; and the connection ends when guard and pid 1 have.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use super::error::SandboxError;
use super::launcher::Ended;
use super::request::Sandbox;

/// Asks the command to end.
pub(super) const TERMINATE: u8 = b'T';
/// Kills everything but pid 1, which then reports.
pub(super) const KILL: u8 = b'K';

/// The one thing a sandbox reports.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Report {
    /// The command ran and ended.
    Exited(Ended),
    /// It could not be run.
    Failed(SandboxError),
}

/// The description with its length before it.
pub(super) fn encode(sandbox: &Sandbox) -> io::Result<Vec<u8>> {
    let text = serde_json::to_vec(sandbox)?;
    let mut message = u64::to_le_bytes(text.len() as u64).to_vec();
    message.extend(text);
    Ok(message)
}

/// Reads what [`encode`] made.
pub(super) fn receive(mut from: impl Read) -> io::Result<Sandbox> {
    let mut length = [0; 8];
    from.read_exact(&mut length)?;
    let mut text = Vec::new();
    from.take(u64::from_le_bytes(length))
        .read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}

/// Sends the report; a caller that is gone does not want it.
pub(super) fn report(mut to: impl Write, report: &Report) {
    if let Ok(text) = serde_json::to_vec(report) {
        let _ = to.write_all(&text);
    }
}
