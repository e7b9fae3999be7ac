//! What is planned, and what makes it happen.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::callbacks::{self, LaneKey, Post};
use crate::receipts;
use crate::server::Shared;
use crate::state::World;
use crate::state::messages::Sent;

/// Something that is planned.
pub(crate) enum Job {
    /// The message is handed to its channel, or fails.
    Queue(Arc<Sent>),
    /// The handset gets the message.
    Deliver(Arc<Sent>),
    /// The next callback of a lane is posted.
    Callback(LaneKey),
}

/// What is planned, by its moment and then in the order it was planned.
#[derive(Default)]
pub(crate) struct Schedule {
    planned: BTreeMap<(Timestamp, u64), Job>,
    count: u64,
}

impl World {
    /// Plans a job.
    pub(crate) fn plan(&mut self, due: Timestamp, job: Job) {
        self.schedule.count += 1;
        self.schedule.planned.insert((due, self.schedule.count), job);
        self.signals.work.send_replace(());
    }

    fn next_due(&self) -> Option<Timestamp> {
        self.schedule.planned.first_key_value().map(|((due, _), _)| *due)
    }

    /// Does the next job, and gives the callback that is to be posted for it.
    fn step(&mut self) -> Option<Post> {
        match self.schedule.planned.pop_first()?.1 {
            Job::Queue(sent) => receipts::queue(self, &sent),
            Job::Deliver(sent) => receipts::deliver(self, &sent),
            Job::Callback(lane) => return callbacks::next(self, &lane),
        }
        None
    }
}

/// Does what is planned when its time has come, by the real clock. A virtual clock needs no driver: it only moves
/// when [`run_until_idle`] moves it.
pub(crate) async fn drive(shared: Arc<Shared>) {
    let mut work = shared.signals.work.subscribe();
    loop {
        work.borrow_and_update();
        let pause = {
            let mut world = shared.world();
            loop {
                let now = world.now();
                match world.next_due() {
                    Some(due) if due <= now => {
                        if let Some(post) = world.step() {
                            tokio::spawn(callbacks::post(shared.clone(), post));
                        }
                    }
                    Some(due) => break Some(due.duration_since(now).unsigned_abs()),
                    None => break None,
                }
            }
        };
        match pause {
            Some(pause) => {
                let _ = tokio::time::timeout(pause, work.changed()).await;
            }
            None => {
                let _ = work.changed().await;
            }
        }
    }
}

/// Moves the clock on from job to job until nothing is planned and no callback is under way, and gives the time then.
///
/// One job at a time, its callback included, so that the order of everything is the same in every run. Dropping the
/// future stops between two jobs.
pub(crate) async fn run_until_idle(shared: &Arc<Shared>) -> Timestamp {
    let _turn = shared.turn.lock().await;
    let mut work = shared.signals.work.subscribe();
    let generation = shared.world().generation;
    loop {
        work.borrow_and_update();
        let under_way = {
            let mut world = shared.world();
            // What a reset has begun anew is not for this run.
            if world.generation != generation {
                return world.now();
            }
            if world.lanes.under_way() == 0 {
                let Some(due) = world.next_due() else { return world.now() };
                world.time.move_to(due);
                if let Some(post) = world.step() {
                    tokio::spawn(callbacks::post(shared.clone(), post));
                }
            }
            world.lanes.under_way() > 0
        };
        if under_way {
            let _ = work.changed().await;
        } else {
            // Lets other requests in between.
            tokio::task::yield_now().await;
        }
    }
}

/// Waits in real time until a handset has a message that fits, and gives its arrival.
pub(crate) async fn wait_for_arrival(
    shared: &Arc<Shared>,
    to: &str,
    contains: &str,
    within: Duration,
) -> Option<serde_json::Value> {
    let mut arrived = shared.signals.arrived.subscribe();
    let found = async {
        loop {
            arrived.borrow_and_update();
            if let Some(found) = shared.world().ledger.newest(to, contains) {
                return Some(found);
            }
            arrived.changed().await.ok()?;
        }
    };
    tokio::time::timeout(within, found).await.ok().flatten()
}
