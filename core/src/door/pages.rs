//! The pages of a list, for callers that have no runtime.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::call::{Call, Response};
use crate::contract::Operation;
use crate::engine::Engine;
use crate::error::{Error, ErrorKind};
use crate::paging::Follower;
use crate::watch::Watch;

use super::calls::unless_interrupted;
use super::{CallHandle, Door};

/// The pages of a list, one call after the other. From [`Door::pages`].
pub struct Pages {
    door: Door,
    operation: &'static Operation,
    /// Away while a page is on its way.
    follower: Arc<Mutex<Option<Follower>>>,
}

impl Door {
    /// The pages of a list. Fails with `config` if the operation has none.
    pub fn pages(&self, call: Call) -> Result<Pages, Error> {
        let follower = Follower::new(call)?;
        let operation = follower.operation();
        Ok(Pages { door: self.clone(), operation, follower: Arc::new(Mutex::new(Some(follower))) })
    }
}

impl Pages {
    /// Asks for the next page; `None` after the last one. Everything else is as in [`Door::start`]. After an error, or if it
    /// is called off, the next call asks for the same page again. One page at a time: another one before that is an error.
    pub fn next(
        &self,
        done: impl FnOnce(Result<Option<Response>, Error>) + Send + 'static,
    ) -> Option<CallHandle> {
        let Some(follower) = lock(&self.follower).take() else {
            let text = "a page of this list is on its way: ask for the next one when it has come";
            done(Err(Error::facade(ErrorKind::Config, self.operation.id, text)));
            return None;
        };
        // Whatever becomes of the page, the follower comes back before anybody is told.
        let mut away = Away { follower: Some(follower), home: Arc::clone(&self.follower) };
        let work = |engine: Engine, watch: Arc<Watch>| async move {
            let Some(follower) = &mut away.follower else { return Ok(None) };
            unless_interrupted(follower.next(&engine, &watch), &watch).await
        };
        self.door.run(self.operation, work, done)
    }
}

/// A follower that goes home when its page has come.
struct Away {
    follower: Option<Follower>,
    home: Arc<Mutex<Option<Follower>>>,
}

impl Drop for Away {
    fn drop(&mut self) {
        *lock(&self.home) = self.follower.take();
    }
}

fn lock(follower: &Mutex<Option<Follower>>) -> MutexGuard<'_, Option<Follower>> {
    follower.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Pages {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pages").field("operation", &self.operation.id).finish_non_exhaustive()
    }
}
