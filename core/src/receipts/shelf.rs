//! The messages that are kept: bounded by count and age, and every step of the same short length.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::history::History;

/// Messages by their ids. Those that nobody waits for stand in a list from the one that was touched least recently to the
/// newest, and go from its front.
pub(super) struct Shelf {
    limit: usize,
    age: Duration,
    places: HashMap<Arc<str>, usize>,
    slots: Vec<Slot>,
    /// Slots that nothing is in.
    free: Vec<usize>,
    oldest: Option<usize>,
    newest: Option<usize>,
}

struct Slot {
    id: Arc<str>,
    history: History,
    touched: Instant,
    waiting: Option<Waiting>,
    older: Option<usize>,
    newer: Option<usize>,
}

/// Those who wait for a message.
struct Waiting {
    count: usize,
    changed: Arc<Notify>,
}

impl Shelf {
    pub(super) fn new(limit: usize, age: Duration) -> Self {
        Self {
            limit,
            age,
            places: HashMap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            oldest: None,
            newest: None,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn get(&self, id: &str) -> Option<&History> {
        self.places.get(id).map(|place| &self.slots[*place].history)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &History)> {
        self.places.iter().map(|(id, place)| (&**id, &self.slots[*place].history))
    }

    /// Changes what is known of a message, and tells those who wait for it. The answer is that of `change`.
    pub(super) fn change(&mut self, id: &str, change: impl FnOnce(&mut History) -> bool) -> bool {
        let place = self.place(id);
        let slot = &mut self.slots[place];
        let changed = change(&mut slot.history);
        slot.touched = Instant::now();
        if let Some(waiting) = &slot.waiting {
            waiting.changed.notify_waiters();
        } else {
            self.unlink(place);
            self.link(place);
        }
        self.trim();
        changed
    }

    /// Keeps a message until [`Shelf::release`], and tells of its changes.
    pub(super) fn hold(&mut self, id: &str) -> Arc<Notify> {
        let place = self.place(id);
        if self.slots[place].waiting.is_none() {
            self.unlink(place);
        }
        let waiting = self.slots[place]
            .waiting
            .get_or_insert_with(|| Waiting { count: 0, changed: Arc::new(Notify::new()) });
        waiting.count += 1;
        let changed = Arc::clone(&waiting.changed);
        self.trim();
        changed
    }

    /// Ends one [`Shelf::hold`].
    pub(super) fn release(&mut self, id: &str) {
        let Some(place) = self.places.get(id).copied() else { return };
        let slot = &mut self.slots[place];
        let Some(waiting) = &mut slot.waiting else { return };
        waiting.count -= 1;
        if waiting.count > 0 {
            return;
        }
        slot.waiting = None;
        slot.touched = Instant::now();
        if slot.history.is_empty() {
            self.remove(place);
        } else {
            self.link(place);
            self.trim();
        }
    }

    /// Lets go of what is too old or too much. What somebody waits for stays.
    pub(super) fn trim(&mut self) {
        let now = Instant::now();
        while let Some(place) = self.oldest {
            let too_old = now.saturating_duration_since(self.slots[place].touched) > self.age;
            if !too_old && self.places.len() <= self.limit {
                return;
            }
            self.unlink(place);
            self.remove(place);
        }
    }

    /// Where a message is. A new one stands in the list as its newest.
    fn place(&mut self, id: &str) -> usize {
        if let Some(place) = self.places.get(id) {
            return *place;
        }
        let id: Arc<str> = id.into();
        let slot = Slot {
            id: Arc::clone(&id),
            history: History::default(),
            touched: Instant::now(),
            waiting: None,
            older: None,
            newer: None,
        };
        let place = if let Some(place) = self.free.pop() {
            self.slots[place] = slot;
            place
        } else {
            self.slots.push(slot);
            self.slots.len() - 1
        };
        self.places.insert(id, place);
        self.link(place);
        place
    }

    /// Takes away a message that is out of the list.
    fn remove(&mut self, place: usize) {
        let slot = &mut self.slots[place];
        slot.history = History::default();
        self.places.remove(&slot.id);
        self.free.push(place);
    }

    fn link(&mut self, place: usize) {
        self.slots[place].older = self.newest;
        self.slots[place].newer = None;
        match self.newest.replace(place) {
            Some(before) => self.slots[before].newer = Some(place),
            None => self.oldest = Some(place),
        }
    }

    fn unlink(&mut self, place: usize) {
        let (older, newer) = (self.slots[place].older.take(), self.slots[place].newer.take());
        match older {
            Some(older) => self.slots[older].newer = newer,
            None => self.oldest = newer,
        }
        match newer {
            Some(newer) => self.slots[newer].older = older,
            None => self.newest = older,
        }
    }
}
