//! The sandbox's time.

use jiff::{SignedDuration, Timestamp};

/// Where the sandbox's time comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Clock {
    /// The time of this machine. Receipts and callbacks go out when their time has come. `run-until-idle` moves the
    /// sandbox's clock ahead of the machine's.
    Real,
    /// A time that stands still at `start` and is moved by `run-until-idle` only. With sequential calls the same seed
    /// then gives the same ids, times, receipts and callbacks, byte for byte. Signatures of callbacks carry this time
    /// too, so a receiver that refuses stale ones must be told it.
    Virtual {
        /// The first moment, taken in whole milliseconds.
        start: Timestamp,
    },
}

/// A running [`Clock`], in whole milliseconds.
pub(crate) struct Time {
    clock: Clock,
    /// How far it was moved ahead.
    ahead: SignedDuration,
}

impl Time {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, ahead: SignedDuration::ZERO }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let base = match self.clock {
            Clock::Real => Timestamp::now(),
            Clock::Virtual { start } => start,
        };
        let now = base.saturating_add(self.ahead).unwrap_or(Timestamp::MAX);
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// Moves on to a moment; never back.
    pub(crate) fn move_to(&mut self, moment: Timestamp) {
        let step = moment.duration_since(self.now());
        if step.is_positive() {
            self.ahead = self.ahead.saturating_add(step);
        }
    }

    pub(crate) fn is_virtual(&self) -> bool {
        matches!(self.clock, Clock::Virtual { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_virtual_clock_stands_still_until_it_is_moved_and_never_goes_back() {
        let start: Timestamp = "2026-01-31T09:30:00.0005Z".parse().unwrap();
        let mut time = Time::new(Clock::Virtual { start });
        assert_eq!(time.now().to_string(), "2026-01-31T09:30:00Z");
        time.move_to("2026-01-31T09:31:00Z".parse().unwrap());
        time.move_to(start);
        assert_eq!(time.now().to_string(), "2026-01-31T09:31:00Z");
    }

    #[test]
    fn a_real_clock_goes_on_from_where_it_was_moved() {
        let mut time = Time::new(Clock::Real);
        let later = Timestamp::now().saturating_add(SignedDuration::from_hours(1)).unwrap();
        time.move_to(later);
        assert!(time.now().duration_since(later) >= SignedDuration::from_millis(-1));
    }
}
