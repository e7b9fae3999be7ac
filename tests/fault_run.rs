//! 50,000 sends while much goes wrong: one run, and a test for each thing that must hold of it. Every text has a handset of
//! its own, so that the ledger can say of each what became of it.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use tidings::models::{
    AddSandboxFaultRequest, ChannelCredentialsRequest, ConversationChannel, CreateAppRequest, SandboxArrival,
    SandboxFaultAction as Action, SandboxFaultStage as Stage, SandboxRequest, StaticBearerCredentials,
};
use tidings::{Client, Config, Credentials, Error, ErrorKind, Response, RetryPolicy, Statistics};
use tidings_sandbox::{Options, Retained, Sandbox};
use tidings_tests::{PROJECT, World};
use tokio::runtime::Builder;
use tokio::task::JoinSet;

const SENDS: usize = 50_000;

/// Calls under way at a time.
const CALLERS: usize = 64;

/// The API takes 800 requests a second, so a token that dies every 800 requests dies once a second of the run, however fast
/// this machine is. Deaths at random would come in pairs now and then, closer than any real token's life; these come in the
/// middle of the traffic all the same, and take the token from every call that has it in hand.
const REQUESTS_OF_A_TOKEN: i32 = 800;

/// As many deaths as are sure to happen: nearly all of the sends come as far as these faults.
const DEATHS: i32 = 60;

/// How an order is named: its text and its metadata.
fn name(order: usize) -> String {
    format!("order {order}")
}

fn number(order: usize) -> String {
    format!("+4670{order:07}")
}

/// A world whose journal holds every request of the run.
async fn world() -> World {
    let retained = Retained::default().requests(4 * SENDS);
    let sandbox = Sandbox::start(Options::default().retained(retained)).unwrap();
    let credentials = Credentials::access_key(sandbox.key_id(), sandbox.key_secret());
    let observer = Client::new(Config::new(PROJECT, credentials).base_url(sandbox.url())).unwrap();
    let plan = StaticBearerCredentials::new("plan", "token");
    let sms = ChannelCredentialsRequest::static_bearer(ConversationChannel::Sms, plan);
    let app_id = observer.apps().create(CreateAppRequest::new([sms], "tests")).await.unwrap().id.clone();
    World { sandbox, observer, app_id }
}

/// What goes wrong, by the ids of the faults.
struct Faults {
    dropped: String,
    reset: String,
    busy: String,
    deaths: Vec<String>,
}

impl Faults {
    async fn set(world: &World) -> Self {
        let add = async |fault: AddSandboxFaultRequest| {
            let fault = fault.operation("messages.send");
            world.observer.sandbox().add_fault(fault).await.unwrap().id.clone()
        };
        let share = |stage, action, share| AddSandboxFaultRequest::new(stage, action).share(share).times(0);
        let dropped = add(share(Stage::AfterAccept, Action::Close, 0.01)).await;
        let reset = add(share(Stage::BeforeRead, Action::Reset, 0.01)).await;
        let busy = add(share(Stage::BeforeAccept, Action::Respond, 0.02).status(429)).await;
        let mut deaths = Vec::new();
        for death in 1..=DEATHS {
            let fault = AddSandboxFaultRequest::new(Stage::BeforeAccept, Action::ExpireToken);
            deaths.push(add(fault.skip(death * REQUESTS_OF_A_TOKEN)).await);
        }
        Self { dropped, reset, busy, deaths }
    }
}

/// One send, as its caller knows it in the end.
struct Outcome {
    order: usize,
    /// The id of the message.
    result: Result<String, Error>,
    attempts: u32,
}

async fn send_all(client: &Client) -> Vec<Outcome> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (client, next) = (client.clone(), Arc::clone(&next));
        callers.spawn(async move {
            let mut outcomes = Vec::new();
            loop {
                let order = next.fetch_add(1, Ordering::Relaxed);
                if order >= SENDS {
                    return outcomes;
                }
                let sent = client.sms().send(number(order), name(order)).message_metadata(name(order)).await;
                let attempts = sent.as_ref().map_or_else(Error::attempts, Response::attempts);
                outcomes.push(Outcome { order, result: sent.map(|sent| sent.message_id.clone()), attempts });
            }
        });
    }
    callers.join_all().await.into_iter().flatten().collect()
}

/// Everything that is known when all is over.
struct Run {
    outcomes: Vec<Outcome>,
    /// The metadata of the calls that `on_unknown` was told of.
    told: Vec<String>,
    statistics: Statistics,
    faults: Faults,
    /// How often each fault has struck, by its id.
    fired: BTreeMap<String, usize>,
    arrivals: Vec<SandboxArrival>,
    sends: Vec<SandboxRequest>,
    tokens: Vec<SandboxRequest>,
}

static RUN: LazyLock<Run> =
    LazyLock::new(|| Builder::new_current_thread().enable_all().build().unwrap().block_on(Run::new()));

impl Run {
    async fn new() -> Self {
        let world = world().await;
        let faults = Faults::set(&world).await;
        let told = Arc::new(Mutex::new(Vec::new()));
        // No call is to meet more 429 in a row than it has retries, and none is to sleep through the life of a token.
        let (base, cap) = (Duration::from_millis(1), Duration::from_millis(10));
        let retry = RetryPolicy::default().max_retries(20).pauses(base, cap);
        let config = world.config().retry(retry).no_rate_limit().on_unknown({
            let told = Arc::clone(&told);
            move |error| {
                let metadata = error.evidence().and_then(|evidence| evidence.message_metadata.clone());
                told.lock().unwrap().push(metadata.unwrap_or_default());
            }
        });
        let client = Client::new(config).unwrap();
        let outcomes = send_all(&client).await;
        let statistics = client.statistics();
        let told = told.lock().unwrap().clone();

        let control = world.observer.sandbox();
        control.run_until_idle().await.unwrap();
        let listed = control.list_faults().await.unwrap();
        let fired = listed.faults.iter().map(|fault| (fault.id.clone(), fault.fired.try_into().unwrap()));
        Self {
            outcomes,
            told,
            statistics,
            faults,
            fired: fired.collect(),
            arrivals: control.ledger().await.unwrap().into_inner().arrivals,
            sends: world.requests("messages.send").await.unwrap(),
            tokens: world.requests("auth.token").await.unwrap(),
        }
    }

    fn dropped(&self) -> usize {
        self.fired[&self.faults.dropped]
    }

    fn reset(&self) -> usize {
        self.fired[&self.faults.reset]
    }

    fn busy(&self) -> usize {
        self.fired[&self.faults.busy]
    }

    /// The attempts that met a dead token.
    fn expired(&self) -> usize {
        self.sends.iter().filter(|request| request.status == Some(401)).count()
    }

    fn accepted(&self) -> impl Iterator<Item = (usize, &str)> {
        self.outcomes.iter().filter_map(|outcome| Some((outcome.order, outcome.result.as_deref().ok()?)))
    }

    fn unknown(&self) -> BTreeSet<usize> {
        let is_unknown = |error: &Error| error.kind() == ErrorKind::UnknownOutcome;
        let unknown = self.outcomes.iter().filter(|outcome| outcome.result.as_ref().is_err_and(is_unknown));
        unknown.map(|outcome| outcome.order).collect()
    }

    fn arrived(&self) -> BTreeMap<&str, &SandboxArrival> {
        self.arrivals.iter().map(|arrival| (arrival.text.as_deref().unwrap(), arrival)).collect()
    }

    /// The ids of the requests that a fault has struck.
    fn struck(&self, fault: &str) -> BTreeSet<&str> {
        let struck = self.sends.iter().filter(|request| request.fault.as_deref() == Some(fault));
        struck.map(|request| request.request_id.as_str()).collect()
    }
}

#[test]
fn every_fault_struck_about_as_often_as_it_was_to() {
    let run = &RUN;
    for (fired, expected) in [(run.dropped(), 500), (run.reset(), 500), (run.busy(), 1_000)] {
        assert!((expected * 7 / 10..expected * 13 / 10).contains(&fired), "{fired} of {expected}");
    }
    let deaths: usize = run.faults.deaths.iter().map(|death| run.fired[death]).sum();
    assert_eq!(deaths, run.faults.deaths.len());
}

#[test]
fn no_text_arrives_twice() {
    let mut seen = BTreeSet::new();
    let twice = RUN.arrivals.iter().filter(|arrival| !seen.insert(&arrival.text)).count();
    assert_eq!(twice, 0);
}

#[test]
fn no_text_arrives_at_another_handset() {
    let arrived = RUN.arrived();
    for order in 0..SENDS {
        if let Some(arrival) = arrived.get(&*name(order)) {
            assert_eq!(format!("+{}", arrival.to), number(order));
        }
    }
}

#[test]
fn what_was_accepted_arrives_as_the_message_that_its_caller_was_told_of() {
    let arrived = RUN.arrived();
    for (order, message_id) in RUN.accepted() {
        let arrival = arrived.get(&*name(order)).map(|arrival| arrival.message_id.as_str());
        assert_eq!(arrival, Some(message_id), "{}", name(order));
    }
}

#[test]
fn every_other_call_ends_unknown() {
    let other = RUN.outcomes.iter().filter_map(|outcome| outcome.result.as_ref().err());
    let other: Vec<&Error> = other.filter(|error| error.kind() != ErrorKind::UnknownOutcome).collect();
    assert!(other.is_empty(), "{} such as {:?}", other.len(), other[0]);
    assert_eq!(RUN.outcomes.len(), SENDS);
}

/// Over plain HTTP/1.1 a reset before the request is read looks like one after it, since the bytes were written.
#[test]
fn the_unknown_ones_are_as_many_as_the_drops_and_the_resets() {
    assert_eq!(RUN.unknown().len(), RUN.dropped() + RUN.reset());
}

#[test]
fn of_the_unknown_ones_those_arrive_whose_answer_was_dropped_and_no_other() {
    let (run, arrived) = (&RUN, RUN.arrived());
    let unknown = run.unknown();
    let brought: BTreeSet<&str> = unknown
        .iter()
        .filter_map(|order| arrived.get(&*name(*order)))
        .map(|arrival| arrival.request_id.as_deref().unwrap())
        .collect();
    let dropped = run.struck(&run.faults.dropped);
    assert_eq!((brought.len(), dropped.len()), (run.dropped(), run.dropped()));
    assert_eq!(brought.difference(&dropped).count(), 0);
    assert_eq!(unknown.len() - brought.len(), run.struck(&run.faults.reset).len());
    assert_eq!(run.arrivals.len(), run.accepted().count() + run.dropped());
}

#[test]
fn the_app_is_told_of_every_unknown_one_once_and_of_no_other() {
    let mut told = RUN.told.clone();
    told.sort();
    let mut unknown: Vec<String> = RUN.unknown().into_iter().map(name).collect();
    unknown.sort();
    assert_eq!(told, unknown);
}

#[test]
fn every_further_request_has_its_reason_a_429_or_a_dead_token() {
    let attempts: u32 = RUN.outcomes.iter().map(|outcome| outcome.attempts).sum();
    assert_eq!(attempts as usize, SENDS + RUN.busy() + RUN.expired());
    assert_eq!(RUN.sends.len(), attempts as usize);
}

/// However many calls had it in hand.
#[test]
fn a_token_that_dies_is_fetched_anew_once() {
    let run = &RUN;
    assert!(run.expired() > run.faults.deaths.len(), "each death hits one call alone");
    let fetched = run.tokens.iter().filter(|request| request.status == Some(200)).count();
    // The observer has one of its own, and the client needs one to begin with.
    assert_eq!(fetched, 2 + run.faults.deaths.len());
}

#[test]
fn the_client_counts_the_same() {
    let (run, counted) = (&RUN, RUN.statistics);
    assert_eq!(counted.calls, SENDS as u64);
    assert_eq!(counted.accepted, run.accepted().count() as u64);
    assert_eq!(counted.unknown, run.unknown().len() as u64);
    assert_eq!((counted.failed, counted.cancelled), (0, 0));
    assert_eq!((counted.under_way(), counted.waiting), (0, 0));
    assert_eq!(counted.attempts, run.sends.len() as u64);
    assert_eq!(counted.retries, (run.busy() + run.expired()) as u64);
}
