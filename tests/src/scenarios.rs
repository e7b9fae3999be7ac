//! The runner of the stories in `tests/scenarios`, for Rust. What a story is and what a runner does with it is written down
//! in the README there; this follows it.

mod client;
mod ending;
mod matching;
mod receiver;
mod records;
mod schema;
mod steps;
mod story;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value};
use tidings_core::door::{CallRecord, ConfigRecord};
use tidings_core::receipts::Receipts;
use tidings_core::{Config, Error};
use tidings_sandbox::{Options, Sandbox};
use tokio::runtime::{Builder, Runtime};

pub use client::{DoorClient, EngineClient, StoryClient};
pub use schema::Schema;
pub use story::Story;

use self::client::Started;
use self::receiver::Receiver;

/// How long a runner waits for something that is to come. Long enough for a busy machine; nothing takes a hundredth of it.
const PATIENCE: Duration = Duration::from_secs(20);

/// What webhooks of stories sign with.
const SECRET: &str = "the secret of the webhook";

/// Why a story does not hold.
#[derive(Debug)]
pub struct Failure {
    /// Where in the story, as a JSON pointer.
    pub place: String,
    /// What is wrong there.
    pub text: String,
}

impl Failure {
    fn new(place: impl Into<String>, text: impl fmt::Display) -> Self {
        Self { place: place.into(), text: text.to_string() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.text)
    }
}

/// A story while it is played.
struct Play<C> {
    /// The client that the story is about.
    client: C,
    /// One that nothing is wrong with, for the sandbox's own operations.
    control: C,
    /// What `on_unknown` was told of, in its order.
    told: Arc<Mutex<Vec<Error>>>,
    receiver: Receiver,
    receipts: Receipts,
    /// What the `${...}` of the story stand for.
    places: Map<String, Value>,
    /// What was started and neither waited for nor cancelled, by its name.
    started: Vec<(String, Started)>,
    // The last to go: the others need them.
    runtime: Runtime,
    _sandbox: Sandbox,
}

impl Story {
    /// Plays the story in a sandbox of its own.
    pub fn play<C: StoryClient>(&self) -> Result<(), Failure> {
        let mut play = Play::<C>::begin(self)?;
        for (index, step) in self.steps.iter().enumerate() {
            play.step(step, &format!("/steps/{index}"))?;
        }
        play.end(self)
    }
}

impl<C: StoryClient> Play<C> {
    fn begin(story: &Story) -> Result<Self, Failure> {
        let fault = |error: &dyn fmt::Display| Failure::new("", format!("the runner: {error}"));
        let sandbox = Sandbox::start(Options::default()).map_err(|error| fault(&error))?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| fault(&error))?;
        let receiver = runtime.block_on(Receiver::start(SECRET)).map_err(|error| fault(&error))?;
        let mut places = Map::new();
        places.insert("receiver".to_owned(), receiver.url().into());
        places.insert("secret".to_owned(), SECRET.into());

        let config = config_of(&sandbox, ConfigRecord::default()).map_err(|error| fault(&error))?;
        let control = C::open(config, runtime.handle()).map_err(|error| fault(&error))?;
        let mut settings = story.client.record().map_err(|error| Failure::new("/client", error))?;
        if let Some(app) = &story.app {
            let call = CallRecord {
                operation: "apps.create".to_owned(),
                body: Some(app.to_string().into()),
                ..CallRecord::default()
            };
            let made = control.start(call).wait(PATIENCE).map_err(|error| Failure::new("/app", error))?;
            let app_id = made["body"]["id"].as_str().unwrap_or_default();
            settings.app_id = Some(app_id.to_owned());
            places.insert("app_id".to_owned(), app_id.into());
        }
        let told = Arc::<Mutex<Vec<Error>>>::default();
        let books = Arc::clone(&told);
        let config = config_of(&sandbox, settings)
            .map_err(|error| Failure::new("/client", error))?
            .on_unknown(move |error| {
                books.lock().unwrap_or_else(PoisonError::into_inner).push(error.clone());
            });
        let client = C::open(config, runtime.handle()).map_err(|error| Failure::new("/client", error))?;
        Ok(Self {
            client,
            control,
            told,
            receiver,
            receipts: Receipts::new(),
            places,
            started: Vec::new(),
            runtime,
            _sandbox: sandbox,
        })
    }

    /// The client that an operation goes by.
    fn client_for(&self, operation: &str) -> &C {
        if operation.starts_with("sandbox.") { &self.control } else { &self.client }
    }

    /// What `on_unknown` was told of. It is told before a call ends, so there is nothing to wait for.
    fn told(&self) -> Vec<Error> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn config_of(sandbox: &Sandbox, settings: ConfigRecord) -> Result<Config, Error> {
    let record = ConfigRecord {
        project_id: Some(crate::PROJECT.to_owned()),
        key_id: Some(sandbox.key_id().to_owned()),
        key_secret: Some(sandbox.key_secret().to_owned()),
        base_url: Some(sandbox.url().to_owned()),
        language: "stories".to_owned(),
        ..settings
    };
    record.into_config(None)
}

/// Between two looks at something that is to come and that nobody tells of.
fn pause() {
    std::thread::sleep(Duration::from_millis(2));
}
