//! Finished calls, questions for tokens and what the app wants to be told, on their way to the event loop.
//!
//! Each environment of Node.js makes one [`Bridge`]. The engine's thread puts things into its queue and rings the bell when
//! the queue was empty; JavaScript then takes everything at once. JavaScript values never leave their own thread: what
//! belongs together is matched by numbers, over there.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use napi::bindgen_prelude::{Array, BufferSlice, Function, JsValue as _, Unknown};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Result, Status, sys};
use napi_derive::napi;
use tidings_core::Response;
use tidings_core::door::{self, Completions, ErrorRecord};

use crate::records::{Failure, headers, milliseconds};
use crate::token::TokenTicket;

/// What JavaScript finds at the head of each thing it takes; `ts/native.ts` has the same numbers.
const ANSWERED: u32 = 0;
const FAILED: u32 = 1;
const ASKED: u32 = 2;
const TOLD: u32 = 3;

/// Something for the event loop.
pub(crate) enum Arrival {
    /// A call was accepted.
    Answered { call: f64, response: Response },
    /// A call has failed.
    Failed { call: f64, record: Box<ErrorRecord> },
    /// A token is wanted from a provider.
    Asked { provider: f64, ticket: door::TokenTicket },
    /// A listener is told of a retry and the pause before it, or of an unknown outcome.
    Told { listener: f64, record: Box<ErrorRecord>, pause: Option<Duration> },
}

/// The function of JavaScript that takes what has arrived. Weak: by itself it does not keep the process alive.
type Bell = ThreadsafeFunction<(), Unknown<'static>, (), Status, false, true>;

/// The way from the engine's thread to the event loop.
pub(crate) struct Channel {
    arrivals: Completions<Arrival>,
    state: Mutex<State>,
}

struct State {
    /// Dropped by the [`Bridge`], and so on JavaScript's thread. If the engine's thread could hold the last of it, it might
    /// give it back just when a worker that ends destroys it.
    bell: Option<Bell>,
    /// Calls that JavaScript waits for.
    under_way: usize,
}

impl Channel {
    /// Puts something into the queue, from any thread. For an environment that is gone this does nothing.
    pub(crate) fn put(&self, arrival: Arrival) {
        if self.arrivals.push(arrival)
            && let Some(bell) = &self.state().bell
        {
            // A status that is not Ok says that the environment is going, and nobody is left to be told.
            bell.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    /// JavaScript waits for one more call.
    pub(crate) fn call_begins(&self, env: Env) {
        let mut state = self.state();
        state.under_way += 1;
        if state.under_way == 1 {
            state.keep_process_alive(env, true);
        }
    }

    fn calls_ended(&self, env: Env, number: usize) {
        let mut state = self.state();
        let before = state.under_way;
        state.under_way = before.saturating_sub(number);
        if before > 0 && state.under_way == 0 {
            state.keep_process_alive(env, false);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn keep_process_alive(&self, env: Env, wanted: bool) {
        let Some(bell) = self.bell.as_ref().filter(|bell| !bell.aborted()) else { return };
        // SAFETY: this runs inside a call from JavaScript, so on the thread of a live environment, which is the one that
        // made the bell: only its own `Bridge` leads here. The bell is ours and not aborted, and only this thread aborts.
        let status = unsafe {
            if wanted {
                sys::napi_ref_threadsafe_function(env.raw(), bell.raw())
            } else {
                sys::napi_unref_threadsafe_function(env.raw(), bell.raw())
            }
        };
        debug_assert_eq!(status, sys::Status::napi_ok);
    }
}

/// The bridge of one environment, as JavaScript holds it.
#[napi]
pub struct Bridge {
    channel: Arc<Channel>,
}

impl Bridge {
    pub(crate) fn channel(&self) -> Arc<Channel> {
        Arc::clone(&self.channel)
    }
}

#[napi]
impl Bridge {
    /// `wake` is called, without arguments, when there is something to [`take`](Self::take). It must not throw.
    #[napi(constructor, catch_unwind)]
    pub fn new(wake: Function<'_, (), Unknown<'static>>) -> Result<Self> {
        let bell = wake.build_threadsafe_function().callee_handled::<false>().weak::<true>().build()?;
        let state = Mutex::new(State { bell: Some(bell), under_way: 0 });
        Ok(Self { channel: Arc::new(Channel { arrivals: Completions::default(), state }) })
    }

    /// Takes all that has arrived, each as an array that begins with what it is:
    ///
    /// - `[0, call, status, headers, body, attempts, request id]`
    /// - `[1, call, error record]`
    /// - `[2, provider, ticket]`
    /// - `[3, listener, error record, pause or null]`
    #[napi(catch_unwind)]
    pub fn take<'env>(&self, env: &'env Env) -> Result<Array<'env>> {
        let arrivals = self.channel.arrivals.take();
        let ended = arrivals.iter().filter(|arrival| arrival.ends_a_call()).count();
        self.channel.calls_ended(*env, ended);
        let mut taken = env.create_array(0)?;
        for arrival in arrivals {
            taken.insert(arrival.into_array(env)?)?;
        }
        Ok(taken)
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        let bell = self.channel.state().bell.take();
        drop(bell);
    }
}

impl Arrival {
    fn ends_a_call(&self) -> bool {
        matches!(self, Self::Answered { .. } | Self::Failed { .. })
    }

    fn into_array(self, env: &Env) -> Result<Array<'_>> {
        match self {
            Self::Answered { call, response } => {
                let mut array = env.create_array(7)?;
                array.set(0, ANSWERED)?;
                array.set(1, call)?;
                array.set(2, u32::from(response.status))?;
                array.set(3, env.create_string_latin1(headers(&response))?.to_unknown())?;
                array.set(4, BufferSlice::copy_from(env, &response.body)?)?;
                array.set(5, response.attempts)?;
                array.set(6, response.request_id())?;
                Ok(array)
            }
            Self::Failed { call, record } => {
                let mut array = env.create_array(3)?;
                array.set(0, FAILED)?;
                array.set(1, call)?;
                array.set(2, Failure::from(*record))?;
                Ok(array)
            }
            Self::Asked { provider, ticket } => {
                let mut array = env.create_array(3)?;
                array.set(0, ASKED)?;
                array.set(1, provider)?;
                array.set(2, TokenTicket::new(ticket))?;
                Ok(array)
            }
            Self::Told { listener, record, pause } => {
                let mut array = env.create_array(4)?;
                array.set(0, TOLD)?;
                array.set(1, listener)?;
                array.set(2, Failure::from(*record))?;
                array.set(3, pause.map(milliseconds))?;
                Ok(array)
            }
        }
    }
}
