//! What must be so when a story has come to its end.

use serde_json::{Value, json};
use tidings_core::door::CallRecord;

use super::client::StoryClient;
use super::matching::{compare, filled};
use super::story::Story;
use super::{Failure, PATIENCE, Play, records};

impl<C: StoryClient> Play<C> {
    pub(super) fn end(mut self, story: &Story) -> Result<(), Failure> {
        if let Some((name, _)) = self.started.first() {
            return Err(Failure::new("/steps", format!("{name} was started and never waited for")));
        }
        self.compare_ledger(story)?;

        let told: Value = self.told().iter().map(records::error).collect();
        compare(&json!(story.unknown), &told, "/unknown")?;

        if let Some(expected) = &story.statistics {
            compare(expected, &records::statistics(self.client.statistics()), "/statistics")?;
        }
        match self.receiver.refusals().first() {
            Some(reason) => Err(Failure::new("", format!("a callback was refused: {reason}"))),
            None => Ok(()),
        }
    }

    /// Every arrival is one that the story names, and all of those came.
    fn compare_ledger(&mut self, story: &Story) -> Result<(), Failure> {
        let control = |operation: &str| {
            let call = CallRecord { operation: operation.to_owned(), ..CallRecord::default() };
            self.control.start(call).wait(PATIENCE).map_err(|error| Failure::new("/ledger", error))
        };
        control("sandbox.run_until_idle")?;
        let ledger = control("sandbox.ledger")?;
        let mut arrivals = ledger["body"]["arrivals"].as_array().cloned().unwrap_or_default();
        for (index, entry) in story.ledger.iter().enumerate() {
            let place = format!("/ledger/{index}");
            let mut entry = entry.clone();
            let times = entry.as_object_mut().and_then(|entry| entry.remove("times"));
            for number in 1..=times.as_ref().and_then(Value::as_u64).unwrap_or(1) {
                self.places.insert("number".to_owned(), number.into());
                let expected = filled(&entry, &self.places).map_err(|error| Failure::new(&place, error))?;
                let found = arrivals.iter().position(|arrival| compare(&expected, arrival, "").is_ok());
                let missing = || {
                    let rest = Value::from(arrivals.clone());
                    Failure::new(&place, format!("no arrival is {expected}; there are {rest}"))
                };
                arrivals.remove(found.ok_or_else(missing)?);
            }
        }
        if arrivals.is_empty() {
            return Ok(());
        }
        Err(Failure::new("/ledger", format!("these came beside: {}", Value::from(arrivals))))
    }
}
