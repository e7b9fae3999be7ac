//! A small world for tests: a sandbox, an app with an SMS channel in it, and clients of it.

use std::time::Duration;

use tidings::models::{
    AddSandboxFaultRequest, ChannelCredentialsRequest, ConversationChannel, CreateAppRequest,
    SandboxFaultAction, SandboxFaultStage, SandboxRequest, StaticBearerCredentials,
};
use tidings::{Client, Config, Credentials, Error, RetryPolicy};
use tidings_sandbox::{Options, Sandbox};

/// The number that every test sends to.
pub const TO: &str = "+46701234567";

/// The text that every test sends.
pub const TEXT: &str = "Your code is 4711";

/// A project of the sandbox.
pub const PROJECT: &str = "sandbox-project";

/// A sandbox with an app that has an SMS channel.
#[derive(Debug)]
pub struct World {
    /// The sandbox.
    pub sandbox: Sandbox,
    /// A client that nothing is wrong with, for looking at the world.
    pub observer: Client,
    /// The app.
    pub app_id: String,
}

impl World {
    /// Makes a world.
    pub async fn new() -> Result<Self, Error> {
        let sandbox = Sandbox::start(Options::default()).map_err(|fault| {
            Error::facade(tidings::ErrorKind::Internal, "sandbox.start", fault.to_string())
        })?;
        let observer = Client::new(config(&sandbox))?;
        let credentials = StaticBearerCredentials::new("plan", "token");
        let sms = ChannelCredentialsRequest::static_bearer(ConversationChannel::Sms, credentials);
        let app_id = observer.apps().create(CreateAppRequest::new(vec![sms], "tests")).await?.id.clone();
        Ok(Self { sandbox, observer, app_id })
    }

    /// A new client of this world, with short pauses between retries.
    pub fn client(&self) -> Result<Client, Error> {
        Client::new(self.config())
    }

    /// How such a client is set up.
    pub fn config(&self) -> Config {
        config(&self.sandbox).app_id(&self.app_id)
    }

    /// Sets a fault for sends.
    pub async fn fault(&self, stage: SandboxFaultStage, action: SandboxFaultAction) -> Result<(), Error> {
        self.set(AddSandboxFaultRequest::new(stage, action).operation("messages.send")).await
    }

    /// Sets any fault.
    pub async fn set(&self, fault: AddSandboxFaultRequest) -> Result<(), Error> {
        self.observer.sandbox().add_fault(fault).await.map(drop)
    }

    /// How often the handset got the text, once everything that was planned has happened.
    pub async fn arrivals(&self) -> Result<usize, Error> {
        self.observer.sandbox().run_until_idle().await?;
        let ledger = self.observer.sandbox().ledger().to(TO).await?;
        Ok(ledger.arrivals.iter().filter(|arrival| arrival.text.as_deref() == Some(TEXT)).count())
    }

    /// The requests of an operation that the sandbox saw.
    pub async fn requests(&self, operation: &str) -> Result<Vec<SandboxRequest>, Error> {
        Ok(self.observer.sandbox().list_requests().operation(operation).await?.into_inner().requests)
    }
}

fn config(sandbox: &Sandbox) -> Config {
    let credentials = Credentials::access_key(sandbox.key_id(), sandbox.key_secret());
    let pauses = RetryPolicy::default().pauses(Duration::from_millis(5), Duration::from_millis(50));
    Config::new(PROJECT, credentials).base_url(sandbox.url()).retry(pauses)
}
