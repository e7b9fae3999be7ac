//! Everything a sandbox knows, as plain data behind one lock. Nothing in here waits.

pub(crate) mod apps;
pub(crate) mod directory;
pub(crate) mod ledger;
pub(crate) mod messages;
pub(crate) mod store;
pub(crate) mod webhooks;

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::auth::Gate;
use crate::callbacks::Lanes;
use crate::clock::Time;
use crate::faults::Faults;
use crate::identifiers::{Chance, ulid};
use crate::journal::Journal;
use crate::options::Options;
use crate::scheduler::Schedule;
use apps::App;
use directory::Directory;
use ledger::Ledger;
use store::Store;

/// What waiting tasks are woken by. It outlives a reset.
pub(crate) struct Signals {
    /// A message reached a handset.
    pub(crate) arrived: watch::Sender<()>,
    /// Something was planned, or a callback was answered.
    pub(crate) work: watch::Sender<()>,
}

/// The whole state.
pub(crate) struct World {
    pub(crate) options: Arc<Options>,
    pub(crate) signals: Arc<Signals>,
    /// Grows with every reset, so that what was begun before does not touch what came after.
    pub(crate) generation: u64,
    pub(crate) time: Time,
    pub(crate) chance: Chance,
    pub(crate) gate: Gate,
    pub(crate) apps: IndexMap<String, App>,
    pub(crate) directory: Directory,
    pub(crate) store: Store,
    pub(crate) schedule: Schedule,
    pub(crate) lanes: Lanes,
    pub(crate) ledger: Ledger,
    pub(crate) journal: Journal,
    pub(crate) faults: Faults,
}

impl World {
    pub(crate) fn new(options: Arc<Options>, signals: Arc<Signals>) -> Self {
        let retained = &options.retained;
        Self {
            generation: 0,
            time: Time::new(options.clock),
            chance: Chance::new(options.seed),
            gate: Gate::new(&options),
            apps: IndexMap::new(),
            directory: Directory::new(retained.contacts),
            store: Store::new(retained.messages),
            schedule: Schedule::default(),
            lanes: Lanes::new(retained.callbacks),
            ledger: Ledger::new(retained.arrivals),
            journal: Journal::new(retained.requests),
            faults: Faults::default(),
            signals,
            options,
        }
    }

    /// Back to the state of the start. Tokens that were handed out stay good: they carry their own proof.
    pub(crate) fn reset(&mut self) {
        let mut fresh = Self::new(self.options.clone(), self.signals.clone());
        fresh.generation = self.generation + 1;
        *self = fresh;
        self.signals.work.send_replace(());
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.time.now()
    }

    /// An id for something new.
    pub(crate) fn new_id(&mut self) -> String {
        ulid(self.time.now(), &mut self.chance.resources)
    }
}
