//! A map that keeps only the newest entries.

use std::borrow::Borrow;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// A map with a limit: when it is full, the entry that was put first goes.
pub(crate) struct Shelf<K, V> {
    limit: usize,
    entries: HashMap<K, (u64, V)>,
    /// Keys in the order they were put. A key that was taken out leaves its mark here until its turn comes.
    order: VecDeque<(u64, K)>,
    puts: u64,
}

impl<K: Clone + Eq + Hash, V> Shelf<K, V> {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, entries: HashMap::new(), order: VecDeque::new(), puts: 0 }
    }

    pub(crate) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entries.get(key).map(|(_, value)| value)
    }

    pub(crate) fn get_mut<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.entries.get_mut(key).map(|(_, value)| value)
    }

    /// Puts an entry as the newest, in the place of one with the same key.
    pub(crate) fn put(&mut self, key: K, value: V) {
        self.puts += 1;
        self.entries.insert(key.clone(), (self.puts, value));
        self.order.push_back((self.puts, key));
        while self.entries.len() > self.limit {
            let Some((put, key)) = self.order.pop_front() else { return };
            if self.entries.get(&key).is_some_and(|(newest, _)| *newest == put) {
                self.entries.remove(&key);
            }
        }
        // Sweeping only once half are empty marks makes it cheap over time.
        if self.order.len() > 2 * self.entries.len() + 16 {
            let entries = &self.entries;
            self.order.retain(|(put, key)| entries.get(key).is_some_and(|(newest, _)| newest == put));
        }
    }

    pub(crate) fn take<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.entries.remove(key).map(|(_, value)| value)
    }

    /// The entries, newest first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &V> {
        self.order.iter().rev().filter_map(|(put, key)| {
            self.entries.get(key).filter(|(newest, _)| newest == put).map(|(_, value)| value)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_when_it_is_full() {
        let mut shelf = Shelf::new(2);
        for (key, value) in [("a", 1), ("b", 2), ("a", 3), ("c", 4)] {
            shelf.put(key, value);
        }
        assert_eq!(shelf.newest_first().copied().collect::<Vec<_>>(), [4, 3]);
        assert_eq!(shelf.get("b"), None);
    }

    #[test]
    fn it_stays_small_however_much_goes_in_and_out() {
        let mut shelf = Shelf::new(10);
        shelf.put(0, ());
        for key in 1..1000 {
            shelf.put(key, ());
            shelf.take(&key);
        }
        assert!(shelf.order.len() <= 20);
        assert!(shelf.get(&0).is_some());
        assert_eq!(shelf.newest_first().count(), 1);
    }
}
