//! Ctrl-C and SIGTERM end a build in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use onelayer::sandbox::Cancel;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::exit::Exit;

/// The first signal that came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Caught(Arc<AtomicUsize>);

impl Caught {
    /// The exit status of the signal, if one came.
    pub(crate) fn exit(&self) -> Option<Exit> {
        match i32::try_from(self.0.load(Ordering::SeqCst)) {
            Ok(SIGINT) => Some(Exit::Interrupted),
            Ok(SIGTERM | SIGHUP) => Some(Exit::Terminated),
            _ => None,
        }
    }
}

/// Cancels `cancel` when SIGINT, SIGTERM or SIGHUP comes.
pub(crate) fn watch(cancel: &Cancel) -> std::io::Result<Caught> {
    let caught = Caught::default();
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let (first, cancel) = (caught.clone(), cancel.clone());
    // Who has no process left is told so.
    std::thread::Builder::new().spawn(move || {
        for signal in signals.forever() {
            let number = usize::try_from(signal).unwrap_or_default();
            let _ = (first.0).compare_exchange(0, number, Ordering::SeqCst, Ordering::SeqCst);
            cancel.cancel();
        }
    })?;
    Ok(caught)
}
