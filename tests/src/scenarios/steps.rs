//! The steps of a story.

use std::collections::VecDeque;
use std::sync::mpsc::channel;
use std::time::Instant;

use serde_json::Value;
use tidings_core::Error;
use tidings_core::receipts::{Recipient, Status};

use super::client::{Outcome, Started, StoryClient};
use super::matching::{compare, filled};
use super::receiver::Callback;
use super::story::Step;
use super::{Failure, PATIENCE, Play, pause, records};

impl<C: StoryClient> Play<C> {
    /// Makes a step, `times` times.
    pub(super) fn step(&mut self, written: &Value, place: &str) -> Result<(), Failure> {
        let times = written["times"].as_u64().unwrap_or(1);
        let mut under_way = VecDeque::<(Step, Started)>::new();
        for number in 1..=times {
            self.places.insert("number".to_owned(), number.into());
            let step = filled(written, &self.places).map_err(|error| Failure::new(place, error))?;
            let step: Step = serde_json::from_value(step).map_err(|error| Failure::new(place, error))?;
            match step.call.as_deref().filter(|_| step.until.is_none()) {
                Some(operation) => {
                    if under_way.len() >= step.at_once.unwrap_or(1)
                        && let Some((step, started)) = under_way.pop_front()
                    {
                        self.ends(&step, started.wait(PATIENCE), place)?;
                    }
                    let started = self.starts(&step, operation, place)?;
                    if let Some(name) = &step.start {
                        self.started.push((name.clone(), started));
                    } else {
                        under_way.push_back((step, started));
                    }
                }
                None => self.single(&step, place)?,
            }
        }
        let mut rest = under_way.into_iter();
        rest.try_for_each(|(step, started)| self.ends(&step, started.wait(PATIENCE), place))
    }

    /// Makes a step that is not a mere call.
    fn single(&mut self, step: &Step, place: &str) -> Result<(), Failure> {
        let fault = |error: &Error| Err(records::error(error));
        let outcome = match step {
            Step { call: Some(operation), until: Some(until), .. } => {
                return self.until(step, operation, until, place);
            }
            Step { pages: Some(operation), .. } => {
                let call = step.call_of(operation).map_err(|error| Failure::new(place, error))?;
                match self.client_for(operation).pages(call) {
                    Ok(pages) => Ok(pages.iter().map(records::answer).collect()),
                    Err(error) => fault(&error),
                }
            }
            Step { wait: Some(name), .. } => self.taken(name, place)?.wait(PATIENCE),
            Step { cancel: Some(name), .. } => match self.taken(name, place)?.call_off(PATIENCE) {
                Ok(Some(error)) => fault(&error),
                // A dropped future tells nothing, so there is nothing to compare.
                Ok(None) => return Ok(()),
                Err(outcome) => {
                    return Err(Failure::new(place, format!("it had ended before: {outcome:?}")));
                }
            },
            Step { callbacks: Some(expected), .. } => {
                let came: Value = self.receiver.callbacks(|came| came.iter().map(Callback::record).collect());
                compare(expected, &came, &format!("{place}/callbacks"))?;
                Ok(came)
            }
            Step { feed: Some(numbers), .. } => Ok(self.fed(numbers, place)?),
            Step { receipt: Some(message_id), wait_for: Some(status), .. } => {
                let started = self.waits_for(message_id, status);
                if let Some(name) = &step.start {
                    self.started.push((name.clone(), started));
                    return Ok(());
                }
                started.wait(PATIENCE)
            }
            Step { receipt: Some(message_id), .. } => {
                Ok(records::receipt(self.receipts.status(message_id).as_ref()))
            }
            Step { settle: Some(number), recipient: Some(recipient), .. } => {
                self.settled(*number, recipient, place)?
            }
            _ => return Err(Failure::new(place, "this is no step")),
        };
        self.ends(step, outcome, place)
    }

    /// Starts the call of a step.
    fn starts(&self, step: &Step, operation: &str, place: &str) -> Result<Started, Failure> {
        let call = step.call_of(operation).map_err(|error| Failure::new(place, error))?;
        Ok(self.client_for(operation).start(call))
    }

    /// Makes a call until its answer is the one that is waited for.
    fn until(&mut self, step: &Step, operation: &str, until: &Value, place: &str) -> Result<(), Failure> {
        let since = Instant::now();
        loop {
            let answer = self.starts(step, operation, place)?.wait(PATIENCE);
            let answer = answer.map_err(|error| Failure::new(place, format!("it failed: {error}")))?;
            match compare(until, &answer, &format!("{place}/until")) {
                Ok(()) => return self.ends(step, Ok(answer), place),
                Err(failure) if since.elapsed() > PATIENCE => return Err(failure),
                Err(_) => pause(),
            }
        }
    }

    /// Compares what came of a step with what it expects, and keeps what is needed later.
    fn ends(&mut self, step: &Step, outcome: Outcome, place: &str) -> Result<(), Failure> {
        let record = match (&step.fails, outcome) {
            (None, Ok(record)) => {
                if let Some(expected) = &step.expect {
                    compare(expected, &record, &format!("{place}/expect"))?;
                }
                record
            }
            (Some(expected), Err(record)) => {
                compare(expected, &record, &format!("{place}/fails"))?;
                record
            }
            (None, Err(record)) => return Err(Failure::new(place, format!("it failed: {record}"))),
            (Some(_), Ok(record)) => return Err(Failure::new(place, format!("it did not fail: {record}"))),
        };
        for (name, pointer) in &step.captures {
            let kept = pointer.as_str().and_then(|pointer| record.pointer(pointer));
            let missing =
                || Failure::new(format!("{place}/as/{name}"), format!("nothing is there in {record}"));
            self.places.insert(name.clone(), kept.ok_or_else(missing)?.clone());
        }
        Ok(())
    }

    fn taken(&mut self, name: &str, place: &str) -> Result<Started, Failure> {
        let index = self.started.iter().position(|(started, _)| started == name);
        let index = index.ok_or_else(|| Failure::new(place, format!("nothing was started as {name}")))?;
        Ok(self.started.remove(index).1)
    }

    /// Feeds the receipts with callbacks, by their numbers from 1 on.
    fn fed(&self, numbers: &[usize], place: &str) -> Result<Value, Failure> {
        self.receiver.callbacks(|callbacks| {
            let feed = |number: &usize| {
                let callback = number.checked_sub(1).and_then(|index| callbacks.get(index));
                let callback =
                    callback.ok_or_else(|| Failure::new(place, format!("callback {number} has not come")))?;
                Ok(self.receipts.feed(&callback.body))
            };
            numbers.iter().map(feed).collect()
        })
    }

    /// Waits in the background until a message has come so far.
    fn waits_for(&self, message_id: &str, status: &str) -> Started {
        let (sender, outcome) = channel();
        let (receipts, message_id, status) =
            (self.receipts.clone(), message_id.to_owned(), Status::from(status));
        let task = self.runtime.spawn(async move {
            let reached = receipts.wait_for(&message_id, status, PATIENCE).await;
            let record = reached.map(|receipt| records::receipt(Some(&receipt)));
            let _ = sender.send(record.map_err(|error| records::error(&error)));
        });
        let cancel = move || {
            task.abort();
            None
        };
        Started { outcome, cancel: Box::new(cancel) }
    }

    /// Looks for the call that `on_unknown` was told of, among the receipts.
    fn settled(&self, number: usize, recipient: &str, place: &str) -> Result<Outcome, Failure> {
        let told = self.told();
        let evidence = number.checked_sub(1).and_then(|index| told.get(index)?.evidence());
        let evidence = evidence
            .ok_or_else(|| Failure::new(place, format!("on_unknown was not told of call {number}")))?;
        let recipient = Recipient::from(recipient);
        Ok(match self.runtime.block_on(self.receipts.settle(evidence, &recipient, None)) {
            Ok(settlement) => Ok(records::settlement(&settlement)),
            Err(error) => Err(records::error(&error)),
        })
    }
}
