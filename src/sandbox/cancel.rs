//! The wish to stop, shared by everything that runs.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::pipe::PipeFlags;

/// A wish to stop that can be expressed from any thread, and waited for.
///
/// Clones share it. The first [`cancel`](Self::cancel) asks running commands to end and gives
/// them their grace; a second one kills them at once.
#[derive(Debug, Clone)]
pub struct Cancel(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    wishes: AtomicUsize,
    /// Readable from the first wish on; nobody reads it.
    signal: OwnedFd,
    writer: OwnedFd,
}

impl Cancel {
    /// A token that nobody has cancelled yet.
    ///
    /// # Errors
    /// When the process has no descriptor left.
    pub fn new() -> io::Result<Cancel> {
        let (signal, writer) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        Ok(Cancel(Arc::new(Shared {
            wishes: AtomicUsize::new(0),
            signal,
            writer,
        })))
    }

    /// Asks everything that holds a clone to stop; a second time: at once.
    pub fn cancel(&self) {
        self.0.wishes.fetch_add(1, Ordering::SeqCst);
        // A full pipe is readable already.
        let _ = rustix::io::write(&self.0.writer, b".");
    }

    /// How often [`cancel`](Self::cancel) was called.
    pub fn wishes(&self) -> usize {
        self.0.wishes.load(Ordering::SeqCst)
    }

    /// Whether anybody wants to stop.
    pub fn is_cancelled(&self) -> bool {
        self.wishes() > 0
    }

    /// Readable from the first wish on.
    pub(super) fn signal(&self) -> BorrowedFd<'_> {
        self.0.signal.as_fd()
    }
}
