//! Finished calls on their way to an event loop.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A queue from the thread that calls run on to the thread of an event loop.
///
/// Whoever puts something into an empty queue must wake the loop; the loop then takes everything at once. So under load
/// many calls share one wake-up.
///
/// ```
/// let finished = tidings_core::door::Completions::default();
/// assert!(finished.push(1), "the loop must be woken");
/// assert!(!finished.push(2), "it is on its way");
/// assert_eq!(finished.take(), [1, 2]);
/// ```
#[derive(Debug)]
pub struct Completions<T> {
    queue: Mutex<Vec<T>>,
}

impl<T> Default for Completions<T> {
    fn default() -> Self {
        Self { queue: Mutex::default() }
    }
}

impl<T> Completions<T> {
    /// Adds one. `true`: the loop must be woken.
    pub fn push(&self, finished: T) -> bool {
        let mut queue = self.queue();
        queue.push(finished);
        queue.len() == 1
    }

    /// Takes all there are. The loop's wake-up must have been taken back before, or the next one is lost.
    pub fn take(&self) -> Vec<T> {
        std::mem::take(&mut *self.queue())
    }

    fn queue(&self) -> MutexGuard<'_, Vec<T>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
