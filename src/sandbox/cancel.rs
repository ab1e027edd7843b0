//! The wish to stop, shared by everything that runs.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

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
    /// Tokens that are cancelled with this one.
    children: Mutex<Vec<Weak<Shared>>>,
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
            children: Mutex::default(),
        })))
    }

    /// A token that is cancelled with this one, and can be cancelled without it.
    ///
    /// # Errors
    /// When the process has no descriptor left.
    pub fn child(&self) -> io::Result<Cancel> {
        let child = Cancel::new()?;
        let mut children = self.0.children();
        children.retain(|child| child.strong_count() > 0);
        children.push(Arc::downgrade(&child.0));
        // Under the lock nobody cancels in between.
        for _ in 0..self.wishes() {
            child.cancel();
        }
        drop(children);
        Ok(child)
    }

    /// Asks everything that holds a clone to stop; a second time: at once.
    pub fn cancel(&self) {
        self.0.cancel();
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

impl Shared {
    fn children(&self) -> std::sync::MutexGuard<'_, Vec<Weak<Self>>> {
        self.children.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cancel(&self) {
        let children = self.children();
        self.wishes.fetch_add(1, Ordering::SeqCst);
        // A full pipe is readable already.
        let _ = rustix::io::write(&self.writer, b".");
        for child in children.iter().filter_map(Weak::upgrade) {
            child.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_go_down_and_not_up() {
        let parent = Cancel::new().unwrap();
        let (first, second) = (parent.child().unwrap(), parent.child().unwrap());
        first.cancel();
        assert_eq!(
            (parent.wishes(), first.wishes(), second.wishes()),
            (0, 1, 0)
        );
        parent.cancel();
        assert_eq!(
            (parent.wishes(), first.wishes(), second.wishes()),
            (1, 2, 1)
        );
        assert_eq!(parent.child().unwrap().wishes(), 1);
    }
}
