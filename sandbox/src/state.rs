//! All that a sandbox remembers, and how its parts share it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::Notify;

use crate::accounts::Accounts;
use crate::callbacks::Outbox;
use crate::clock::{Agenda, Ticking};
use crate::faults::Faults;
use crate::identifiers::ulid;
use crate::journal::Journal;
use crate::options::Options;
use crate::receipts::Event;

/// What the tasks of a sandbox share. The lock is never held across an await.
pub(crate) struct Shared {
    state: Mutex<State>,
    /// Something was planned, or the clock was moved.
    pub(crate) planned: Notify,
    /// A handset got a message.
    pub(crate) arrived: Notify,
    /// A callback was answered or given up.
    pub(crate) called: Notify,
    pub(crate) http: reqwest::Client,
}

impl Shared {
    pub(crate) fn new(options: Options, http: reqwest::Client) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State::new(options)),
            planned: Notify::new(),
            arrived: Notify::new(),
            called: Notify::new(),
            http,
        })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) struct State {
    pub(crate) options: Options,
    pub(crate) clock: Ticking,
    pub(crate) chance: fastrand::Rng,
    pub(crate) accounts: Accounts,
    pub(crate) agenda: Agenda<Event>,
    /// Apps by id, with their project.
    pub(crate) apps: BTreeMap<String, (String, Value)>,
    /// Webhooks by id, with their project.
    pub(crate) webhooks: BTreeMap<String, (String, Value)>,
    /// Stored messages, oldest first, by the number of their acceptance.
    pub(crate) messages: BTreeMap<u64, Stored>,
    pub(crate) message_numbers: HashMap<String, u64>,
    pub(crate) accepted: u64,
    /// Contacts by project, channel and identity; conversations by app and contact.
    pub(crate) contacts: HashMap<(String, String, String), String>,
    pub(crate) conversations: HashMap<(String, String), String>,
    pub(crate) ledger: VecDeque<Value>,
    pub(crate) journal: Journal,
    pub(crate) faults: Faults,
    /// Callbacks on their way, by webhook.
    pub(crate) outboxes: HashMap<String, Outbox>,
    /// Callbacks that wait for an answer.
    pub(crate) calling: usize,
    /// How often the sandbox was reset. What began before a reset must not touch what came after.
    pub(crate) epoch: u64,
}

/// A stored message.
pub(crate) struct Stored {
    pub(crate) project: String,
    pub(crate) app_id: String,
    pub(crate) dispatched: bool,
    pub(crate) message: Value,
}

impl State {
    fn new(options: Options) -> Self {
        let accounts =
            Accounts::new(&options.key_id, &options.key_secret, options.seed, options.token_lifetime);
        Self {
            clock: Ticking::new(options.clock),
            chance: fastrand::Rng::with_seed(options.seed),
            accounts,
            agenda: Agenda::new(),
            apps: BTreeMap::new(),
            webhooks: BTreeMap::new(),
            messages: BTreeMap::new(),
            message_numbers: HashMap::new(),
            accepted: 0,
            contacts: HashMap::new(),
            conversations: HashMap::new(),
            ledger: VecDeque::new(),
            journal: Journal::default(),
            faults: Faults::default(),
            outboxes: HashMap::new(),
            calling: 0,
            epoch: 0,
            options,
        }
    }

    /// Forgets everything. Callbacks that still wait for an answer are strangers from now on.
    pub(crate) fn reset(&mut self) {
        *self = Self { epoch: self.epoch + 1, ..Self::new(self.options.clone()) };
    }

    pub(crate) fn new_id(&mut self) -> String {
        ulid(self.clock.now(), &mut self.chance)
    }

    /// The moment that lies a seeded number of milliseconds ahead.
    pub(crate) fn soon(&mut self, milliseconds: std::ops::RangeInclusive<u64>) -> Timestamp {
        // An empty range is taken the other way round.
        let (start, end) = (*milliseconds.start(), *milliseconds.end());
        let chosen = self.chance.u64(start.min(end)..=start.max(end));
        let wait = SignedDuration::from_millis(i64::try_from(chosen).unwrap_or_default());
        let now = self.clock.now();
        now.saturating_add(wait).unwrap_or(now)
    }

    pub(crate) fn app(&self, project: &str, id: &str) -> Option<&Value> {
        self.apps.get(id).filter(|(owner, _)| owner == project).map(|(_, app)| app)
    }
}
