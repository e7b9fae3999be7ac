//! The rate that requests go out with: the generic cell rate algorithm (GCRA), evenly spaced, without bursts.
//!
//! The API counts for a project, whatever app or client a request comes from. So all clients of a process that have the same
//! project at the same address share one limiter. It is an atomic number, without a lock: a process that forks cannot catch it
//! half-way, and a runtime that stands still holds up nobody.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, TryLockError, Weak};
use std::time::Duration;

use tokio::time::Instant;

/// Whose requests are counted together: the address and the project.
pub(crate) type Key = (String, String);

static SHARED: LazyLock<Mutex<HashMap<Key, Weak<Line>>>> = LazyLock::new(Mutex::default);

/// How often the list is asked for while another thread has it, which is for some instructions.
const PATIENCE: u32 = 10_000;

/// One client's way to ask for its turn.
pub(crate) struct Limiter {
    line: Arc<Line>,
    /// Between two requests, in nanoseconds.
    interval: u64,
}

/// Where the clients of one key line up.
struct Line {
    start: Instant,
    /// When the next request may go out, in nanoseconds after `start`.
    next: AtomicU64,
}

impl Limiter {
    pub(crate) fn shared(key: Key, requests_per_second: u32) -> Self {
        let interval = 1_000_000_000 / u64::from(requests_per_second.max(1));
        Self { line: line(key), interval }
    }

    /// Takes the next turn and says how long to wait for it from `now` on. `None`, and nothing is taken, if it is not before
    /// the deadline.
    pub(crate) fn turn(&self, now: Instant, deadline: Instant) -> Option<Duration> {
        let since_start = |moment: Instant| {
            u64::try_from(moment.saturating_duration_since(self.line.start).as_nanos()).unwrap_or(u64::MAX)
        };
        let (now, deadline) = (since_start(now), since_start(deadline));
        let taken = self.line.next.fetch_update(Ordering::AcqRel, Ordering::Acquire, |next| {
            let turn = next.max(now);
            (turn < deadline).then(|| turn.saturating_add(self.interval))
        });
        taken.ok().map(|next| Duration::from_nanos(next.saturating_sub(now)))
    }
}

/// The line of a key. Lines that nobody has any more are dropped when a new one is made.
fn line(key: Key) -> Arc<Line> {
    for _ in 0..PATIENCE {
        let mut shared = match SHARED.try_lock() {
            Ok(shared) => shared,
            Err(TryLockError::Poisoned(poisoned)) => PoisonError::into_inner(poisoned),
            Err(TryLockError::WouldBlock) => {
                std::thread::yield_now();
                continue;
            }
        };
        if let Some(line) = shared.get(&key).and_then(Weak::upgrade) {
            return line;
        }
        shared.retain(|_, line| line.strong_count() > 0);
        let line = Arc::new(Line::new());
        shared.insert(key, Arc::downgrade(&line));
        return line;
    }
    // A process was forked while another thread had the list: nobody gives it back here. Each client has its own line then.
    Arc::new(Line::new())
}

impl Line {
    fn new() -> Self {
        Self { start: Instant::now(), next: AtomicU64::new(0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(project: &str, rate: u32) -> Limiter {
        Limiter::shared(("https://limiter.test".to_owned(), project.to_owned()), rate)
    }

    #[tokio::test(start_paused = true)]
    async fn clients_of_one_project_share_the_rate_and_others_have_their_own() {
        let (first, second) = (limiter("shared", 800), limiter("shared", 800));
        let other = limiter("other", 800);
        let now = Instant::now();
        let deadline = now + Duration::from_mins(1);
        let waits: Vec<Duration> = [&first, &second, &first, &other]
            .iter()
            .map(|limiter| limiter.turn(now, deadline).unwrap())
            .collect();
        assert_eq!(waits, [0, 1250, 2500, 0].map(Duration::from_micros));
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_after_the_deadline_is_not_taken() {
        let limiter = limiter("deadline", 1);
        let now = Instant::now();
        let soon = now + Duration::from_millis(500);
        assert_eq!(limiter.turn(now, soon), Some(Duration::ZERO));
        assert_eq!((limiter.turn(now, soon), limiter.turn(now, soon)), (None, None));
        assert_eq!(limiter.turn(now, now + Duration::from_secs(5)), Some(Duration::from_secs(1)));
    }

    #[tokio::test(start_paused = true)]
    async fn time_that_nobody_used_is_no_credit() {
        let limiter = limiter("no credit", 10);
        tokio::time::advance(Duration::from_mins(1)).await;
        let now = Instant::now();
        let deadline = now + Duration::from_secs(1);
        let waits: Vec<Duration> = (0..3).map(|_| limiter.turn(now, deadline).unwrap()).collect();
        assert_eq!(waits, [0, 100, 200].map(Duration::from_millis));
    }

    #[tokio::test(start_paused = true)]
    async fn lines_are_held_weakly() {
        let key = || ("https://weak.test".to_owned(), "project".to_owned());
        let first = Limiter::shared(key(), 1);
        let known = || SHARED.lock().unwrap().get(&key()).is_some_and(|line| line.strong_count() > 0);
        assert!(known());
        drop(first);
        assert!(!known());
    }
}
