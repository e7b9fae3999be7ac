//! The sandbox's clock, and what is planned to happen by it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Which time a sandbox lives in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Clock {
    /// This machine's time. `run_until_idle` moves the sandbox ahead of it.
    Real,
    /// Time that begins at a given moment and moves only with `run_until_idle`. With the same seed and the same calls
    /// in the same order everything that happens is the same, byte for byte.
    Virtual {
        /// The moment at which time begins.
        start: Timestamp,
    },
}

/// A clock that runs.
#[derive(Debug)]
pub(crate) enum Ticking {
    Real { ahead: SignedDuration },
    Virtual { now: Timestamp },
}

impl Ticking {
    pub(crate) fn new(clock: Clock) -> Self {
        match clock {
            Clock::Real => Self::Real { ahead: SignedDuration::ZERO },
            Clock::Virtual { start } => Self::Virtual { now: start },
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        match self {
            Self::Real { ahead } => Timestamp::now().saturating_add(*ahead).unwrap_or(Timestamp::MAX),
            Self::Virtual { now } => *now,
        }
    }

    /// Moves on to a moment; never back.
    pub(crate) fn move_to(&mut self, moment: Timestamp) {
        let missing = moment.duration_since(self.now());
        if missing.is_positive() {
            match self {
                Self::Real { ahead } => *ahead = ahead.saturating_add(missing),
                Self::Virtual { now } => *now = moment,
            }
        }
    }

    /// Real time until a moment; `None` if time does not pass by itself.
    pub(crate) fn until(&self, moment: Timestamp) -> Option<Duration> {
        match self {
            Self::Real { .. } => {
                Some(Duration::try_from(moment.duration_since(self.now())).unwrap_or_default())
            }
            Self::Virtual { .. } => None,
        }
    }
}

/// Things to come, in the order of their time, and of their planning where that is the same.
#[derive(Debug)]
pub(crate) struct Agenda<T> {
    planned: BTreeMap<(Timestamp, u64), T>,
    count: u64,
}

impl<T> Agenda<T> {
    pub(crate) fn new() -> Self {
        Self { planned: BTreeMap::new(), count: 0 }
    }

    pub(crate) fn plan(&mut self, moment: Timestamp, what: T) {
        self.count += 1;
        self.planned.insert((moment, self.count), what);
    }

    pub(crate) fn next_moment(&self) -> Option<Timestamp> {
        self.planned.first_key_value().map(|((moment, _), _)| *moment)
    }

    /// Takes the first thing whose time has come.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Option<T> {
        let entry = self.planned.first_entry()?;
        if entry.key().0 <= now { Some(entry.remove()) } else { None }
    }
}
