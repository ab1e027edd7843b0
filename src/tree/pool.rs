//! The threads that list and read change sets.

use std::sync::OnceLock;

use rayon::{ThreadPool, ThreadPoolBuilder};

/// The threads of all walks, made once; none while there can be no thread.
///
/// The pool that rayon makes by itself panics then.
pub(super) fn pool() -> Option<&'static ThreadPool> {
    static POOL: OnceLock<ThreadPool> = OnceLock::new();
    if POOL.get().is_none() {
        let pool = ThreadPoolBuilder::new().build().ok()?;
        // Another walk may have made one meanwhile; this one ends then.
        let _ = POOL.set(pool);
    }
    POOL.get()
}
