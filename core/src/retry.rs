//! When to try again: pauses with full jitter, and what `Retry-After` asks for.

use std::time::{Duration, SystemTime};

use http::HeaderMap;

use crate::config::RetryPolicy;

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
