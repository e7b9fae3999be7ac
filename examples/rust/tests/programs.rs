//! The examples as a user runs them: as processes, against the sandbox.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tidings::blocking::Client;
use tidings::models::{
    AddSandboxFaultRequest, ChannelCredentialsRequest, ConversationChannel, CreateAppRequest,
    CreateWebhookRequest, SandboxFaultAction, SandboxFaultStage, StaticBearerCredentials, WebhookTargetType,
    WebhookTrigger,
};
use tidings::{Config, Credentials};
use tidings_sandbox::{Options, Sandbox};

const TO: &str = "+46701234567";

/// A sandbox with an app, and a client to look at it.
struct World {
    sandbox: Sandbox,
    client: Client,
    app_id: String,
}

impl World {
    fn new() -> Self {
        let sandbox = Sandbox::start(Options::default()).unwrap();
        let credentials = Credentials::access_key(sandbox.key_id(), sandbox.key_secret());
        let config = Config::new("sandbox-project", credentials).base_url(sandbox.url());
        let client = Client::new(config).unwrap();
        let plan = StaticBearerCredentials::new("plan", "token");
        let sms = ChannelCredentialsRequest::static_bearer(ConversationChannel::Sms, plan);
        let app_id =
            client.apps().create(CreateAppRequest::new([sms], "examples")).call().unwrap().id.clone();
        Self { sandbox, client, app_id }
    }

    /// A program of the examples, set up for this sandbox and this app.
    fn program(&self, path: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(path);
        command.args(arguments).envs(self.sandbox.environment()).env("SINCH_APP_ID", &self.app_id);
        command.env_remove("SINCH_REGION");
        command
    }

    /// What every handset got, as number and text.
    fn arrivals(&self) -> Vec<(String, String)> {
        self.client.sandbox().run_until_idle().call().unwrap();
        let ledger = self.client.sandbox().ledger().call().unwrap().into_inner();
        let arrivals = ledger.arrivals.into_iter();
        arrivals.map(|arrival| (format!("+{}", arrival.to), arrival.text.unwrap_or_default())).collect()
    }

    /// A token, got the way the API wants it and without Tidings.
    fn token(&self) -> String {
        let address = self.sandbox.url().strip_prefix("http://").unwrap();
        let key = format!("{}:{}", self.sandbox.key_id(), self.sandbox.key_secret());
        let (basic, body) = (BASE64_STANDARD.encode(key), "grant_type=client_credentials");
        let mut stream = TcpStream::connect(address).unwrap();
        let length = body.len();
        write!(
            stream,
            "POST /oauth2/token HTTP/1.1\r\nhost: {address}\r\nauthorization: Basic {basic}\r\nconnection: close\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let json: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
        json["access_token"].as_str().unwrap().to_owned()
    }
}

fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

fn arrived(text: &str) -> Vec<(String, String)> {
    vec![(TO.to_owned(), text.to_owned())]
}

#[test]
fn send_sms_reaches_the_handset_once() {
    let world = World::new();
    let text = "Your code is 4711";
    let output = world.program(env!("CARGO_BIN_EXE_send_sms"), &[TO, text]).output().unwrap();
    assert!(succeeded(&output).starts_with("accepted as "));
    assert_eq!(world.arrivals(), arrived(text));
}

#[test]
fn send_sms_refuses_a_bad_number_without_showing_it() {
    let world = World::new();
    let output = world.program(env!("CARGO_BIN_EXE_send_sms"), &["0701234567", "x"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("$.to") && text.contains("E.164") && !text.contains("0701234567"), "{text}");
}

#[test]
fn sandbox_shows_three_texts_and_an_unknown_outcome() {
    let text = succeeded(&Command::new(env!("CARGO_BIN_EXE_sandbox")).output().unwrap());
    assert!(text.starts_with("sms.send: the call may or may not have been carried out"), "{text}");
    for expected in ["Your parcel is at the door.", "It is raining.", "Where are you?"] {
        assert_eq!(text.matches(expected).count(), 1, "{text}");
    }
}

#[test]
fn create_app_prints_the_id_of_an_app_that_sends_sms() {
    let mut world = World::new();
    let output = world
        .program(env!("CARGO_BIN_EXE_create_app"), &["My app"])
        .env("SMS_SERVICE_PLAN_ID", "plan")
        .env("SMS_API_TOKEN", "token")
        .output()
        .unwrap();
    let app_id = succeeded(&output);
    assert_ne!(app_id, world.app_id);
    world.app_id = app_id;
    succeeded(&world.program(env!("CARGO_BIN_EXE_send_sms"), &[TO, "Hello"]).output().unwrap());
    assert_eq!(world.arrivals(), arrived("Hello"));
}

#[test]
fn create_app_names_what_is_not_set() {
    let mut command = World::new().program(env!("CARGO_BIN_EXE_create_app"), &["My app"]);
    let output = command.env_remove("SMS_SERVICE_PLAN_ID").output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), text.trim_end()), (Some(1), "set SMS_SERVICE_PLAN_ID"));
}

#[test]
fn send_many_sends_a_thousand_texts_and_counts_what_became_of_them() {
    let world = World::new();
    let lost = AddSandboxFaultRequest::new(SandboxFaultStage::AfterAccept, SandboxFaultAction::Close);
    world.client.sandbox().add_fault(lost.to("+46701200500").times(1)).call().unwrap();
    let mut numbers: Vec<_> = (0..999).map(|number| format!("+467012{number:05}")).collect();
    let expected: BTreeSet<_> = numbers.iter().map(|number| (number.clone(), "Hello".to_owned())).collect();
    numbers.insert(499, "0701234567".to_owned());

    let mut program = world.program(env!("CARGO_BIN_EXE_send_many"), &["Hello"]);
    program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = program.spawn().unwrap();
    program.stdin.take().unwrap().write_all(numbers.join("\n").as_bytes()).unwrap();
    let output = program.wait_with_output().unwrap();

    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(told.trim_end(), "998 accepted, 1 rejected, 1 unknown");
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("line 500: sms.send: $.to"), "{errors}");
    assert!(errors.contains("line 502: sms.send: the call may or may not have been carried out"), "{errors}");
    let arrivals = world.arrivals();
    assert_eq!((arrivals.len(), arrivals.into_iter().collect()), (999, expected));
}

#[test]
fn token_provider_sends_with_a_token_from_a_file() {
    let world = World::new();
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("token_provider_sends.token");
    std::fs::write(&file, format!("{}\n", world.token())).unwrap();
    let arguments = [file.to_str().unwrap(), TO, "Hello"];
    let mut program = world.program(env!("CARGO_BIN_EXE_token_provider"), &arguments);
    let output = program.env_remove("SINCH_KEY_ID").env_remove("SINCH_KEY_SECRET").output().unwrap();
    assert!(succeeded(&output).starts_with("accepted as "));
    assert_eq!(world.arrivals(), arrived("Hello"));
}

#[test]
fn token_provider_without_its_file_sends_nothing() {
    let world = World::new();
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("never_written.token");
    let arguments = [file.to_str().unwrap(), TO, "Hello"];
    let output = world.program(env!("CARGO_BIN_EXE_token_provider"), &arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("auth"), "{output:?}");
    assert_eq!(world.arrivals(), []);
}

/// The webhook server while it runs.
struct Server {
    process: Child,
    output: BufReader<ChildStdout>,
    url: String,
}

impl Server {
    fn start(world: &World, secret: &str) -> Self {
        let mut program = world.program(env!("CARGO_BIN_EXE_webhook_server"), &["127.0.0.1:0"]);
        program.env("WEBHOOK_SECRET", secret).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = program.spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut first = String::new();
        output.read_line(&mut first).unwrap();
        let url = first.trim_end().strip_prefix("listening on ").unwrap().to_owned();
        Self { process, output, url }
    }

    /// Ends it, and gives what it has printed and what it has written to its error output.
    fn end(mut self) -> (String, String) {
        self.process.kill().unwrap();
        let (mut printed, mut errors) = (String::new(), String::new());
        self.output.read_to_string(&mut printed).unwrap();
        self.process.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        (printed, errors)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Sends a text whose receipts go to this server, signed with this secret, and waits until all of them are there.
fn send(world: &World, server: &Server, secret: &str) -> String {
    let webhook = CreateWebhookRequest::new(&server.url)
        .app_id(&world.app_id)
        .target_type(WebhookTargetType::Http)
        .triggers([WebhookTrigger::MessageDelivery])
        .secret(secret);
    world.client.webhooks().create(webhook).call().unwrap();
    let sent = world.client.sms().send(TO, "Hello").app_id(&world.app_id).call().unwrap();
    assert_eq!(world.arrivals(), arrived("Hello"));
    sent.message_id.clone()
}

#[test]
fn webhook_server_prints_the_receipts_of_a_text() {
    let world = World::new();
    let server = Server::start(&world, "secret of the webhook");
    let id = send(&world, &server, "secret of the webhook");
    let receipts = format!("{id} QUEUED_ON_CHANNEL\n{id} DELIVERED\n");
    assert_eq!(server.end(), (receipts, String::new()));
}

#[test]
fn webhook_server_believes_nothing_that_another_secret_has_signed() {
    let world = World::new();
    let server = Server::start(&world, "secret of the webhook");
    send(&world, &server, "another secret");
    let (printed, errors) = server.end();
    assert_eq!(printed, "");
    assert!(errors.contains("refused: the signature"), "{errors}");
}
