//! The rate that requests go out with: the generic cell rate algorithm (GCRA), evenly spaced, without bursts.
//!
//! The API counts for a project, whatever app or client a request comes from. So all clients of a process that have the same
//! project at the same address, and the same rate, share one line. Everybody takes a turn of their own in it and gives it back if
//! they leave: so a runtime that stands still holds up nobody, and a call that is called off costs nobody its turn. No lock is
//! waited for: a process that was forked while another thread held one goes on.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, TryLockError, Weak};
use std::time::Duration;

use tokio::time::Instant;

/// Whose requests are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) origin: String,
    pub(crate) project_id: String,
    pub(crate) requests_per_second: u32,
}

static SHARED: LazyLock<Mutex<Shared>> = LazyLock::new(Mutex::default);

/// The lines of the process, held weakly.
#[derive(Default)]
struct Shared {
    lines: HashMap<Key, Weak<Line>>,
    /// How many there are when those that nobody has any more are dropped.
    sweep_at: usize,
}

const SWEEP_AT_LEAST: usize = 16;

/// How often the list is asked for while another thread has it, which is for some instructions.
const PATIENCE: u32 = 10_000;

/// One client's way to ask for its turn.
pub(crate) struct Limiter {
    line: Arc<Line>,
    /// Between two requests, in nanoseconds.
    interval: u64,
}

/// Where the clients of one key line up. Moments are nanoseconds after `start`.
struct Line {
    start: Instant,
    /// The first moment that was never anybody's turn.
    next: AtomicU64,
    /// Turns to come that were given back, the earliest first.
    returned: Mutex<BinaryHeap<Reverse<u64>>>,
    /// Whether there may be any. Looked at first, since mostly there are none.
    some_returned: AtomicBool,
}

/// A turn that somebody has. Given back when it is dropped, unless it was used.
pub(crate) struct Turn {
    line: Arc<Line>,
    at: u64,
    interval: u64,
    used: bool,
    wait: Duration,
}

impl Limiter {
    pub(crate) fn shared(key: Key) -> Self {
        let interval = 1_000_000_000 / u64::from(key.requests_per_second.max(1));
        Self { line: line(key), interval }
    }

    /// Takes the next turn that is free. `None`, and nothing is taken, if it is not before the deadline.
    pub(crate) fn turn(&self, now: Instant, deadline: Instant) -> Option<Turn> {
        let (now, deadline) = (self.line.moment(now), self.line.moment(deadline));
        let at = self.line.returned(now, deadline).or_else(|| {
            let taken = self.line.next.fetch_update(Ordering::AcqRel, Ordering::Acquire, |next| {
                let turn = next.max(now);
                (turn < deadline).then(|| turn.saturating_add(self.interval))
            });
            Some(taken.ok()?.max(now))
        })?;
        let wait = Duration::from_nanos(at - now);
        Some(Turn { line: Arc::clone(&self.line), at, interval: self.interval, used: false, wait })
    }
}

impl Turn {
    /// How long it was until then when it was taken.
    pub(crate) fn wait(&self) -> Duration {
        self.wait
    }

    pub(crate) fn use_it(mut self) {
        self.used = true;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.used {
            self.line.give_back(self.at, self.interval);
        }
    }
}

impl Line {
    fn new() -> Self {
        Self {
            start: Instant::now(),
            next: AtomicU64::new(0),
            returned: Mutex::default(),
            some_returned: AtomicBool::new(false),
        }
    }

    fn moment(&self, moment: Instant) -> u64 {
        u64::try_from(moment.saturating_duration_since(self.start).as_nanos()).unwrap_or(u64::MAX)
    }

    /// The earliest turn that was given back and is still to come, if it is before the deadline.
    fn returned(&self, now: u64, deadline: u64) -> Option<u64> {
        if !self.some_returned.load(Ordering::Acquire) {
            return None;
        }
        let mut returned = without_waiting(&self.returned)?;
        while returned.peek().is_some_and(|Reverse(at)| *at < now) {
            returned.pop();
        }
        let turn = returned.peek().map(|Reverse(at)| *at).filter(|at| *at < deadline);
        if turn.is_some() {
            returned.pop();
        }
        self.some_returned.store(!returned.is_empty(), Ordering::Release);
        turn
    }

    fn give_back(&self, at: u64, interval: u64) {
        // The last one is as if it had never been taken.
        let last = at.saturating_add(interval);
        if self.next.compare_exchange(last, at, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            return;
        }
        if at >= self.moment(Instant::now())
            && let Some(mut returned) = without_waiting(&self.returned)
        {
            returned.push(Reverse(at));
            self.some_returned.store(true, Ordering::Release);
        }
    }
}

/// A lock that is held for some instructions, if it can be had. It cannot where a process was forked while another thread had
/// it: nobody gives it back there.
fn without_waiting<T>(lock: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    for _ in 0..PATIENCE {
        match lock.try_lock() {
            Ok(guard) => return Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => return Some(PoisonError::into_inner(poisoned)),
            Err(TryLockError::WouldBlock) => std::thread::yield_now(),
        }
    }
    None
}

/// The line of a key. Lines that nobody has any more are dropped when the list has grown to twice what was in use.
fn line(key: Key) -> Arc<Line> {
    // Each client has its own line where the list cannot be had.
    let Some(mut shared) = without_waiting(&SHARED) else { return Arc::new(Line::new()) };
    if let Some(line) = shared.lines.get(&key).and_then(Weak::upgrade) {
        return line;
    }
    if shared.lines.len() >= shared.sweep_at {
        shared.lines.retain(|_, line| line.strong_count() > 0);
        shared.sweep_at = (2 * shared.lines.len()).max(SWEEP_AT_LEAST);
    }
    let line = Arc::new(Line::new());
    shared.lines.insert(key, Arc::downgrade(&line));
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(project: &str, requests_per_second: u32) -> Key {
        Key { origin: "https://limiter.test".to_owned(), project_id: project.to_owned(), requests_per_second }
    }

    fn limiter(project: &str, rate: u32) -> Limiter {
        Limiter::shared(key(project, rate))
    }

    /// Takes a turn and uses it: how long it is until then.
    fn wait(limiter: &Limiter, patience: Duration) -> Option<Duration> {
        let now = Instant::now();
        let turn = limiter.turn(now, now + patience)?;
        let wait = turn.wait();
        turn.use_it();
        Some(wait)
    }

    const MINUTE: Duration = Duration::from_mins(1);

    #[tokio::test(start_paused = true)]
    async fn clients_of_one_project_and_rate_share_it_and_others_have_their_own() {
        let (first, second) = (limiter("shared", 800), limiter("shared", 800));
        let (other, slow) = (limiter("other", 800), limiter("shared", 1));
        let waits = [&first, &second, &first, &other, &slow].map(|limiter| wait(limiter, MINUTE).unwrap());
        assert_eq!(waits, [0, 1250, 2500, 0, 0].map(Duration::from_micros));
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_after_the_deadline_is_not_taken() {
        let limiter = limiter("deadline", 1);
        let soon = Duration::from_millis(500);
        assert_eq!(wait(&limiter, soon), Some(Duration::ZERO));
        assert_eq!((wait(&limiter, soon), wait(&limiter, soon)), (None, None));
        assert_eq!(wait(&limiter, MINUTE), Some(Duration::from_secs(1)));
    }

    #[tokio::test(start_paused = true)]
    async fn time_that_nobody_used_is_no_credit() {
        let limiter = limiter("no credit", 10);
        tokio::time::advance(MINUTE).await;
        let waits = [(); 3].map(|()| wait(&limiter, MINUTE).unwrap());
        assert_eq!(waits, [0, 100, 200].map(Duration::from_millis));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_leaves_gives_their_turn_to_the_next() {
        let limiter = limiter("leaving", 10);
        let now = Instant::now();
        let mut turns: Vec<Turn> = (0..6).map(|_| limiter.turn(now, now + MINUTE).unwrap()).collect();
        // The second, the fourth and the last one leave.
        for leaving in [5, 3, 1] {
            drop(turns.remove(leaving));
        }
        let waits = [(); 4].map(|()| wait(&limiter, MINUTE).unwrap());
        assert_eq!(waits, [100, 300, 500, 600].map(Duration::from_millis));
        turns.into_iter().for_each(Turn::use_it);
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_is_over_is_nobodys() {
        let limiter = limiter("over", 10);
        let now = Instant::now();
        let turns: Vec<Turn> = (0..3).map(|_| limiter.turn(now, now + MINUTE).unwrap()).collect();
        tokio::time::advance(Duration::from_millis(150)).await;
        drop(turns);
        // The third was still to come; the first two are over, and no credit.
        let waits = [(); 2].map(|()| wait(&limiter, MINUTE).unwrap());
        assert_eq!(waits, [50, 150].map(Duration::from_millis));
    }

    #[tokio::test(start_paused = true)]
    async fn lines_are_held_weakly() {
        let key = || key("weak", 7);
        let first = Limiter::shared(key());
        let known = || SHARED.lock().unwrap().lines.get(&key()).is_some_and(|line| line.strong_count() > 0);
        assert!(known());
        drop(first);
        assert!(!known());
    }
}
