//! Which asyncio loop is asked for a token: one that has calls of the engine under way, for these are what waits for it.
//!
//! Every such loop is told that there is a question, and the first to look takes it, so that one that stands still holds up
//! nobody. If the loop that has taken it ends, the question goes to the others; with none left it has failed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};

use tidings_core::TokenProvider;
use tidings_core::door::TokenTicket;

use crate::bridge::Channel;
use crate::process::{Own, lock};

/// The loops of one engine.
pub(crate) struct Loops {
    provider: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The loops with calls under way, and how many.
    callers: Vec<(Arc<Channel>, usize)>,
    /// The question, until a loop takes it.
    open: Option<Own<TokenTicket>>,
    /// The loops that have taken it and ended, or stand still.
    gone: Vec<Weak<Channel>>,
    /// The last one that took it has not answered it.
    handed_on: bool,
}

impl State {
    fn is_gone(&self, channel: &Arc<Channel>) -> bool {
        self.gone.iter().any(|gone| gone.as_ptr() == Arc::as_ptr(channel))
    }

    /// Calls wait, and all of them on loops that will not answer. Where no call waits, one may still come.
    fn is_hopeless(&self) -> bool {
        !self.callers.is_empty() && self.callers.iter().all(|(channel, _)| self.is_gone(channel))
    }

    /// Takes back a question that nobody will answer. To be dropped when the lock is open again.
    fn given_up(&mut self) -> Option<Own<TokenTicket>> {
        let ticket = if self.is_hopeless() { self.open.take() } else { None };
        self.handed_on |= ticket.is_some();
        ticket
    }
}

impl Loops {
    /// For the provider of this number.
    pub(crate) fn new(provider: u64) -> Arc<Self> {
        Arc::new(Self { provider, state: Mutex::default() })
    }

    /// The provider as the engine takes it.
    pub(crate) fn provider(self: &Arc<Self>) -> Arc<dyn TokenProvider> {
        let loops = Arc::clone(self);
        let once = TokenTicket::provider(move |ticket| loops.ask(ticket));
        let loops = Arc::clone(self);
        Arc::new(move || {
            let (once, question) = (Arc::clone(&once), Question(Arc::clone(&loops)));
            async move {
                loop {
                    let answer = once.token().await;
                    // Decided here, where the answer is given: a call that begins a moment later finds no question under way.
                    if answer.is_ok() || !question.0.goes_on() {
                        return answer;
                    }
                }
            }
        })
    }

    /// A call begins on a loop, and is under way until what this returns is over or dropped.
    pub(crate) fn begin(self: &Arc<Self>, channel: &Arc<Channel>) -> UnderWay {
        let mut state = lock(&self.state);
        let known = state.callers.iter().position(|(known, _)| Arc::ptr_eq(known, channel));
        match known {
            Some(place) => state.callers[place].1 += 1,
            None => state.callers.push((Arc::clone(channel), 1)),
        }
        // A loop that makes calls runs, whatever became of the question before.
        let is_back = state.is_gone(channel);
        state.gone.retain(|gone| gone.as_ptr() != Arc::as_ptr(channel));
        let ask = state.open.is_some() && (known.is_none() || is_back);
        drop(state);
        if ask {
            channel.asked(self.provider, self);
        }
        UnderWay { loops: Arc::clone(self), channel: Arc::clone(channel), over: AtomicBool::new(false) }
    }

    fn end(&self, channel: &Arc<Channel>) {
        let mut state = lock(&self.state);
        let Some(place) = state.callers.iter().position(|(known, _)| Arc::ptr_eq(known, channel)) else {
            return;
        };
        state.callers[place].1 -= 1;
        let left = (state.callers[place].1 == 0).then(|| state.callers.swap_remove(place));
        let given_up = state.given_up();
        drop(state);
        drop((left, given_up));
    }

    fn ask(self: &Arc<Self>, ticket: TokenTicket) {
        let mut state = lock(&self.state);
        let before = state.open.replace(Own::new(ticket));
        let given_up = state.given_up();
        let asked: Vec<_> = state
            .callers
            .iter()
            .filter(|(channel, _)| !state.is_gone(channel))
            .map(|(channel, _)| Arc::clone(channel))
            .collect();
        drop(state);
        drop((before, given_up));
        for channel in asked {
            channel.asked(self.provider, self);
        }
    }

    /// A loop takes the question, if no other was quicker. One without calls does not: it may be ending.
    pub(crate) fn take(&self, channel: &Arc<Channel>) -> Option<Own<TokenTicket>> {
        let mut state = lock(&self.state);
        let waits = state.callers.iter().any(|(known, _)| Arc::ptr_eq(known, channel));
        if waits && !state.is_gone(channel) { state.open.take() } else { None }
    }

    /// A loop that has taken the question will not answer it. To be called before its ticket fails.
    pub(crate) fn hand_on(&self, channel: &Weak<Channel>) {
        let mut state = lock(&self.state);
        state.handed_on = true;
        if !state.gone.iter().any(|gone| gone.ptr_eq(channel)) {
            state.gone.push(Weak::clone(channel));
        }
    }

    fn goes_on(&self) -> bool {
        let mut state = lock(&self.state);
        std::mem::take(&mut state.handed_on) && !state.is_hopeless()
    }
}

/// A call under way on a loop.
pub(crate) struct UnderWay {
    loops: Arc<Loops>,
    channel: Arc<Channel>,
    over: AtomicBool,
}

impl UnderWay {
    /// Nobody waits for it on its loop any more.
    pub(crate) fn ends(&self) {
        if !self.over.swap(true, Ordering::Relaxed) {
            self.loops.end(&self.channel);
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.ends();
    }
}

/// A question for a token, until it is answered or the engine gives it up.
struct Question(Arc<Loops>);

impl Drop for Question {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        let open = state.open.take();
        let gone = std::mem::take(&mut state.gone);
        state.handed_on = false;
        drop(state);
        drop((open, gone));
    }
}
