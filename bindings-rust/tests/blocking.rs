//! The client for programs without `async`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what they expect by unwrapping it")]

use std::collections::BTreeSet;
use std::env;
use std::future::IntoFuture;
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use tidings::models::{
    AddSandboxFaultRequest, ChannelCredentialsRequest, ConversationChannel, CreateAppRequest,
    SandboxFaultAction, SandboxFaultStage, SandboxRequest, StaticBearerCredentials,
};
use tidings::{
    Client, Config, Credentials, Error, ErrorKind, ProvidedToken, Response, RetryPolicy, blocking,
};
use tidings_sandbox::{Clock, Options, Sandbox};

const TO: &str = "+46701234567";

/// A sandbox with an app, and a blocking client of it.
struct World {
    sandbox: Sandbox,
    app_id: String,
    config: Config,
    client: blocking::Client,
}

impl World {
    fn new() -> Self {
        // So that two worlds in which the same happens are equal to the byte.
        let mut options = Options::default();
        options.clock = Clock::Virtual { start: jiff::Timestamp::UNIX_EPOCH };
        let sandbox = Sandbox::start(options).unwrap();
        let credentials = Credentials::access_key(sandbox.key_id(), sandbox.key_secret());
        let pauses = RetryPolicy::default().pauses(Duration::from_millis(1), Duration::from_millis(5));
        let config = Config::new("sandbox-project", credentials).base_url(sandbox.url()).retry(pauses);
        let plan = StaticBearerCredentials::new("plan", "token");
        let sms = ChannelCredentialsRequest::static_bearer(ConversationChannel::Sms, plan);
        let client = blocking::Client::new(config.clone()).unwrap();
        let app_id = client.apps().create(CreateAppRequest::new([sms], "x")).call().unwrap().id.clone();
        let config = config.app_id(&app_id);
        Self { sandbox, app_id, client: blocking::Client::new(config.clone()).unwrap(), config }
    }

    /// A world in which something goes wrong with the next send.
    fn with(stage: SandboxFaultStage, action: SandboxFaultAction) -> Self {
        Self::with_fault(AddSandboxFaultRequest::new(stage, action))
    }

    fn with_fault(fault: AddSandboxFaultRequest) -> Self {
        let world = Self::new();
        world.client.sandbox().add_fault(fault.operation("messages.send")).call().unwrap();
        world
    }

    fn that_answers(status: i32) -> AddSandboxFaultRequest {
        AddSandboxFaultRequest::new(SandboxFaultStage::BeforeAccept, SandboxFaultAction::Respond)
            .status(status)
    }

    fn arrivals(&self) -> Vec<String> {
        self.client.sandbox().run_until_idle().call().unwrap();
        let ledger = self.client.sandbox().ledger().call().unwrap().into_inner();
        // The API leaves the plus out.
        ledger
            .arrivals
            .into_iter()
            .map(|arrival| format!("+{}", arrival.to.trim_start_matches('+')))
            .collect()
    }

    fn sends(&self) -> Vec<SandboxRequest> {
        sends(&self.client)
    }
}

/// What a sandbox has heard of sends.
fn sends(client: &blocking::Client) -> Vec<SandboxRequest> {
    let heard = client.sandbox().list_requests().operation("messages.send").call().unwrap();
    heard.into_inner().requests
}

/// Waits until something is so.
fn until(mut is_so: impl FnMut() -> bool) {
    // Only so that a test fails instead of hanging.
    let deadline = Instant::now() + Duration::from_mins(1);
    while !is_so() {
        assert!(Instant::now() < deadline, "it never came to that");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn sixteen_threads_send_and_every_text_arrives_once() {
    let world = World::new();
    let numbers: BTreeSet<_> = (0..320).map(|number| format!("+467012{number:05}")).collect();
    let shares: Vec<Vec<_>> = numbers.iter().collect::<Vec<_>>().chunks(20).map(<[_]>::to_vec).collect();
    assert_eq!(shares.len(), 16);
    thread::scope(|scope| {
        for share in shares {
            let client = &world.client;
            scope.spawn(move || {
                for number in share {
                    let sent = client.sms().send(number, "Hello").call().unwrap();
                    assert!(!sent.message_id.is_empty());
                }
            });
        }
    });
    let arrivals = world.arrivals();
    assert_eq!((arrivals.len(), arrivals.into_iter().collect()), (320, numbers));
}

/// All that a call tells its caller, but for times.
fn told<T>(result: Result<Response<T>, Error>) -> String {
    match result {
        Ok(answer) => format!("{} after {}: {:?}", answer.status(), answer.attempts(), answer.raw()),
        Err(error) => {
            let facts =
                (error.code(), error.attempts(), error.sent(), error.is_retryable(), error.retry_after());
            let evidence = error.evidence().map(|evidence| (evidence.phase, &evidence.message_metadata));
            format!("{error}; {facts:?}; {:?}; {evidence:?}; {:?}", error.path(), error.body())
        }
    }
}

/// Makes the same call with both clients, each in a world of its own, and compares what they tell.
macro_rules! ends_alike {
    ($expected:literal, $world:expr, |$client:ident| $call:expr) => {{
        let (one, other): (World, World) = ($world, $world);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let awaited = {
            let $client = Client::new(one.config.clone()).unwrap();
            told(runtime.block_on($call.into_future()))
        };
        let waited_for = {
            let $client = blocking::Client::new(other.config.clone()).unwrap();
            told($call.call())
        };
        assert!(awaited.contains($expected), "{awaited}");
        assert_eq!(waited_for, awaited);
        assert_eq!(other.arrivals(), one.arrivals());
    }};
}

#[test]
fn what_is_refused_before_it_is_sent_is_told_as_to_the_awaiting_client() {
    ends_alike!("invalid_request", World::new(), |client| client.sms().send("0701234567", "Hello"));
    ends_alike!("config", World::new(), |client| client.apps().list().header("authorization", "mine"));
    let without_app = || {
        let mut world = World::new();
        world.config = world.config.clone().app_id("");
        world
    };
    ends_alike!("invalid_request", without_app(), |client| client.sms().send(TO, "Hello"));
}

#[test]
fn what_the_api_answers_is_told_as_to_the_awaiting_client() {
    ends_alike!("200 after 1", World::new(), |client| client.sms().send(TO, "Hello"));
    ends_alike!("not_found", World::new(), |client| client.apps().get("01HKWT3XRVH6RP17S8KSBC4PYR"));
    let body = || json!({"display_name": 7});
    ends_alike!("invalid_request", World::new(), |client| client.apps().create(body()));
    let limited = || World::with_fault(World::that_answers(429).times(2));
    ends_alike!("200 after 3", limited(), |client| client.sms().send(TO, "Hello"));
    ends_alike!("rate_limited", limited(), |client| client.sms().send(TO, "Hello").max_retries(1));
}

#[test]
fn what_nobody_answers_is_told_as_to_the_awaiting_client() {
    use SandboxFaultAction::{Close, Hang};
    use SandboxFaultStage::AfterAccept;
    let lost = || World::with(AfterAccept, Close);
    ends_alike!("unknown_outcome", lost(), |client| client.sms().send(TO, "Hello").message_metadata("7"));
    ends_alike!("200 after 2", lost(), |client| client.sms().send(TO, "Hello").replay_unknown(true));
    let silent = || World::with(AfterAccept, Hang);
    let briefly = Duration::from_millis(300);
    ends_alike!("unknown_outcome", silent(), |client| client.sms().send(TO, "Hello").timeout(briefly));
}

#[test]
fn statistics_count_the_calls_of_all_threads_and_clones() {
    let world = World::with(SandboxFaultStage::AfterAccept, SandboxFaultAction::Close);
    let before = world.client.statistics();
    world.client.sms().send(TO, "Hello").call().unwrap_err();
    thread::scope(|scope| {
        let clone = world.client.clone();
        scope.spawn(move || clone.sms().send(TO, "Hello").call().unwrap());
    });
    let after = world.client.statistics();
    assert_eq!((after.calls - before.calls, after.unknown, after.under_way()), (2, 1, 0));
}

/// What a call ends with where it is not allowed, and how many calls the engine has then seen.
fn refused(client: &blocking::Client) -> (ErrorKind, bool) {
    let error = client.sms().send(TO, "Hello").call().unwrap_err();
    assert!(error.message().contains("spawn_blocking"), "{error}");
    let items = client.messages().list().items().next().unwrap();
    assert_eq!(items.unwrap_err().kind(), error.kind());
    (error.kind(), error.sent())
}

#[test]
fn inside_a_task_a_call_fails_with_config_and_nothing_is_sent() {
    use tokio::runtime::Builder;
    let world = World::new();
    let before = world.client.statistics();
    for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        let runtime = builder.enable_all().build().unwrap();
        let (here, there) = (world.client.clone(), world.client.clone());
        assert_eq!(runtime.block_on(async { refused(&here) }), (ErrorKind::Config, false));
        let task = runtime.spawn(async move { refused(&there) });
        assert_eq!(runtime.block_on(task).unwrap(), (ErrorKind::Config, false));
    }
    assert_eq!(world.client.statistics().calls, before.calls);
    assert_eq!(world.sends().len(), 0);
}

#[tokio::test]
async fn a_client_can_be_made_cloned_and_dropped_inside_a_task() {
    let config = Config::new("project", Credentials::token("token")).base_url("http://127.0.0.1:9");
    let client = blocking::Client::new(config).unwrap();
    let items = client.clone().contacts().list().items();
    drop(client);
    drop(items);
}

#[test]
fn a_client_that_has_connections_can_be_dropped_inside_a_task() {
    let World { sandbox: _running, client, .. } = World::new();
    client.apps().list().call().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async move { drop(client) });
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_task_waits_for_blocking_code_calls_work() {
    let world = tokio::task::spawn_blocking(World::new).await.unwrap();
    let call = || world.client.sms().send(TO, "Hello").call().unwrap().attempts();
    assert_eq!(tokio::task::block_in_place(call), 1);
    tokio::task::spawn_blocking(move || assert_eq!(world.arrivals(), [TO])).await.unwrap();
}

#[test]
fn a_thread_that_only_has_a_runtime_at_hand_may_call() {
    let world = World::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let _entered = runtime.enter();
    assert_eq!(world.client.sms().send(TO, "Hello").call().unwrap().attempts(), 1);
}

#[test]
fn callbacks_that_panic_change_nothing() {
    let world = World::with_fault(World::that_answers(429).times(1));
    let config = world.config.clone().on_retry(|_| panic!("a fault of the app"));
    let client = blocking::Client::new(config.on_unknown(|_| panic!("another one"))).unwrap();
    assert_eq!(client.sms().send(TO, "Hello").call().unwrap().attempts(), 2);

    let lost = AddSandboxFaultRequest::new(SandboxFaultStage::AfterAccept, SandboxFaultAction::Close);
    client.sandbox().add_fault(lost.operation("messages.send")).call().unwrap();
    let error = client.sms().send(TO, "Hello").call().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownOutcome);

    let config = Config::new("project", Credentials::provider(|| async { panic!("a third one") }));
    let client = blocking::Client::new(config.base_url("http://127.0.0.1:9")).unwrap();
    assert_eq!(client.apps().list().call().unwrap_err().kind(), ErrorKind::Auth);

    assert_eq!(world.client.sms().send(TO, "Hello").call().unwrap().attempts(), 1);
    assert_eq!(world.arrivals().len(), 3);
}

#[test]
fn a_callback_that_makes_a_call_is_refused_and_holds_nothing_up() {
    let world = World::with_fault(World::that_answers(429).times(1));
    let (inner, seen) = (world.client.clone(), Arc::new(OnceLock::new()));
    let kind = Arc::clone(&seen);
    let config = world.config.clone().on_retry(move |_| {
        let _ = kind.set(inner.sms().send(TO, "Retrying").call().unwrap_err().kind());
    });
    let client = blocking::Client::new(config).unwrap();
    assert_eq!(client.sms().send(TO, "Hello").call().unwrap().attempts(), 2);
    assert_eq!(seen.get(), Some(&ErrorKind::Config));
}

#[test]
fn a_token_provider_may_leave_its_work_to_another_thread() {
    let world = World::new();
    let provider = Credentials::provider(|| async {
        let token = tokio::task::spawn_blocking(|| ProvidedToken::new("of the backend")).await?;
        Ok(token)
    });
    // The sandbox knows no such token: the call was made with it, and refused.
    let config = Config::new("project", provider).base_url(world.sandbox.url());
    let error = blocking::Client::new(config).unwrap().apps().list().call().unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Auth, Some(401)));
}

#[test]
fn a_client_goes_to_other_threads_and_serves_several_at_a_time() {
    fn goes<T: Clone + Send + Sync + 'static>() {}
    fn moves<T: Send + 'static>() {}
    goes::<blocking::Client>();
    moves::<blocking::Items<tidings::resources::contacts::List>>();
    moves::<tidings::Request<tidings::resources::sms::Send, blocking::Blocking>>();
}

/// Says to a process of this test that it is the child.
const CHILD: &str = "TIDINGS_TEST_CHILD";

/// One test in a process of its own.
fn child(test: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", test]).env(CHILD, "");
    command
}

#[test]
fn a_process_ends_while_a_call_is_under_way() {
    if env::var_os(CHILD).is_some() {
        return leave_a_call_under_way();
    }
    let world = World::with(SandboxFaultStage::AfterAccept, SandboxFaultAction::Hang);
    let mut child = child("a_process_ends_while_a_call_is_under_way");
    let child = child.envs(world.sandbox.environment()).env("SINCH_APP_ID", &world.app_id).output().unwrap();
    assert!(child.status.success(), "{child:?}");
    until(|| world.sends().iter().any(|send| send.abandoned == Some(true)));
    assert_eq!(world.arrivals(), [TO]);
}

/// What the child does: a call of it gets no answer, and its main thread has nothing left to do.
fn leave_a_call_under_way() {
    let client = blocking::Client::from_env().unwrap();
    let calling = client.clone();
    thread::spawn(move || calling.sms().send(TO, "Hello").call());
    until(|| !sends(&client).is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn all_clients_of_a_process_share_one_thread() {
    if env::var_os(CHILD).is_none() {
        // Other tests let the runtime look after blocking work of theirs, on threads of the same name.
        let child = child("all_clients_of_a_process_share_one_thread").output().unwrap();
        assert!(child.status.success(), "{child:?}");
        return;
    }
    let ours = || {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        let names = tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")));
        // A thread that has ended meanwhile has no name to read.
        names.filter(|name| name.as_ref().is_ok_and(|name| name.trim_end() == "tidings")).count()
    };
    assert_eq!(ours(), 0);
    let worlds: Vec<_> = (0..3).map(|_| World::new()).collect();
    thread::scope(|scope| {
        for world in &worlds {
            scope.spawn(|| world.client.sms().send(TO, "Hello").call().unwrap());
        }
    });
    assert_eq!(ours(), 1);
}
