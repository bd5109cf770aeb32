//! A lock that is waited for no longer than somebody has time.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Taken or free.
#[derive(Debug, Default)]
pub(super) struct WriterLock {
    is_taken: Mutex<bool>,
    freed: Condvar,
}

/// The lock, until it is dropped.
#[derive(Debug)]
pub(super) struct WriterGuard<'a>(&'a WriterLock);

impl WriterLock {
    /// The lock, or nothing when others have it for all of `longest`.
    pub(super) fn take(&self, longest: Duration) -> Option<WriterGuard<'_>> {
        let is_taken = self.is_taken.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .freed
            .wait_timeout_while(is_taken, longest, |taken| *taken);
        let (mut is_taken, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if *is_taken {
            return None;
        }
        *is_taken = true;
        Some(WriterGuard(self))
    }
}

impl Drop for WriterGuard<'_> {
    fn drop(&mut self) {
        let lock = &self.0.is_taken;
        *lock.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.0.freed.notify_one();
    }
}
