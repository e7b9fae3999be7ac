//! When to try again: pauses with full jitter, what `Retry-After` asks for, and how many retries there may be at all.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use tokio::time::Instant;

use crate::limits;

/// How often and after which pauses a call is retried. Full jitter: a pause is a random time between zero and a bound that
/// doubles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// The most retries of one call; 0 switches them off.
    pub max_retries: u32,
    /// Bound of the first pause.
    pub base: Duration,
    /// Bound of every pause.
    pub cap: Duration,
    /// The retries that a client has in reserve, for all its calls together. In an outage they are soon used up, and most
    /// calls are then tried once: a server that is down does not get four times the load. One comes back every second,
    /// and one for every ten calls that are accepted. Retries after 429 are not counted: the API asks for those itself.
    pub budget: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_retries: limits::MAX_RETRIES,
            base: limits::BACKOFF_BASE,
            cap: limits::BACKOFF_CAP,
            budget: limits::RETRY_BUDGET,
        }
    }
}

impl RetryPolicy {
    /// At most this many retries.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// Bounds of the first and of every pause.
    pub fn pauses(mut self, base: Duration, cap: Duration) -> Self {
        (self.base, self.cap) = (base, cap);
        self
    }

    /// The retries in reserve for all calls together.
    pub fn budget(mut self, retries: u32) -> Self {
        self.budget = retries;
        self
    }
}

/// The retries that are left. See [`RetryPolicy::budget`].
pub(crate) struct Budget {
    most: u64,
    left: Mutex<(u64, Instant)>,
    /// Whether there may be less left than the most. Most clients retry seldom, and then nothing is to be counted.
    used: AtomicBool,
}

/// One retry, in the parts that are counted. As many as nanoseconds in a second, so that time can be counted without loss.
const RETRY: u64 = 1_000_000_000;

impl Budget {
    pub(crate) fn new(policy: &RetryPolicy) -> Self {
        let most = u64::from(policy.budget) * RETRY;
        Self { most, left: Mutex::new((most, Instant::now())), used: AtomicBool::new(false) }
    }

    /// Takes one retry. `false`: there is none.
    pub(crate) fn take(&self) -> bool {
        self.change(|left| left.checked_sub(RETRY))
    }

    /// A call was accepted.
    pub(crate) fn accepted(&self) {
        if !self.used.load(Ordering::Acquire) {
            return;
        }
        self.change(|left| Some((left + RETRY / limits::RETRY_BUDGET_ACCEPTED_CALLS).min(self.most)));
    }

    fn change(&self, change: impl FnOnce(u64) -> Option<u64>) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let passed = now.saturating_duration_since(left.1).as_nanos().try_into().unwrap_or(u64::MAX);
        let refilled =
            left.0.saturating_add(limits::RETRY_BUDGET_PER_SECOND.saturating_mul(passed)).min(self.most);
        let changed = change(refilled);
        *left = (changed.unwrap_or(refilled), now);
        self.used.store(left.0 < self.most, Ordering::Release);
        changed.is_some()
    }
}

/// Beyond this, no pause makes sense, and the arithmetic stays in range.
const LONGEST: Duration = Duration::from_hours(24);

/// A wait that no call has the time for, and that every language's clock can still count: a hundred years.
const FAR_AWAY: Duration = Duration::from_hours(100 * 365 * 24);

/// A random pause before retry number `retry` (from 0): full jitter between zero and a bound that doubles.
pub(crate) fn backoff(policy: &RetryPolicy, retry: u32) -> Duration {
    let bound = policy.base.saturating_mul(2_u32.saturating_pow(retry)).min(policy.cap).min(LONGEST);
    bound.mul_f64(fastrand::f64())
}

/// What `Retry-After` asks for, in both forms: seconds, or a date (RFC 9110, section 10.2.3). A date in the past asks
/// for no wait, more than [`FAR_AWAY`] counts as that; anything else is as good as no header.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds).min(FAR_AWAY));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default().min(FAR_AWAY))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::RETRY_AFTER, value.parse().unwrap());
        headers
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
        let wait = |value| retry_after(&headers(value), now);
        assert_eq!(wait("7"), Some(Duration::from_secs(7)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::from_secs(7)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:00 GMT"), Some(Duration::ZERO));
        assert_eq!(wait("18446744073709551615"), Some(FAR_AWAY));
        assert_eq!(wait("Fri, 01 Jan 2100 00:00:00 GMT"), Some(FAR_AWAY));
        assert_eq!(wait("soon"), None);
        assert_eq!(wait("-1"), None);
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    #[tokio::test(start_paused = true)]
    async fn the_budget_runs_out_and_comes_back_with_time_and_with_success() {
        let budget = Budget::new(&RetryPolicy::default().budget(2));
        assert!(budget.take() && budget.take() && !budget.take());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(budget.take() && !budget.take());
        for _ in 0..10 {
            budget.accepted();
        }
        assert!(budget.take() && !budget.take());
        tokio::time::advance(Duration::from_hours(1)).await;
        assert!(budget.take() && budget.take() && !budget.take(), "never more than the reserve");
    }

    proptest! {
        #[test]
        fn a_pause_never_passes_its_bound(retry in 0_u32..200, base in 0_u64..10_000, cap in 0_u64..60_000) {
            let policy = RetryPolicy::default().pauses(Duration::from_millis(base), Duration::from_millis(cap));
            let pause = backoff(&policy, retry);
            prop_assert!(pause <= policy.cap);
            prop_assert!(retry > 30 || pause <= policy.base * 2_u32.pow(retry));
        }

        #[test]
        fn no_retry_after_header_panics(value in "[ -~]{0,40}") {
            let _ = retry_after(&headers(&value), SystemTime::now());
        }
    }
}
