//! A call made by a process of its own, for what only a process has: an environment.

use std::ffi::OsStr;
use std::io;
use std::process::Command;

use serde_json::Value;

use crate::{PROJECT, World};

/// A call that the program `one-call` makes, in an environment with nothing in it but what is said here.
#[derive(Debug)]
pub struct OneCall(Command);

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The kind of the error, such as `tls`; `None` if the call was accepted.
    pub kind: Option<String>,
    /// How many attempts there were.
    pub attempts: u64,
    /// Whether it may have been carried out.
    pub sent: bool,
    /// All that the process shows of itself: configuration, client and error, as text and as `Debug`.
    pub shown: String,
}

impl OneCall {
    /// Sends the text that every test sends, with the key and the app of this world, to a server at this address.
    /// `program` is where Cargo has put `one-call`: `env!("CARGO_BIN_EXE_one-call")`.
    pub fn send(program: &str, world: &World, base_url: &str) -> Self {
        Self::new(program, "send", world, base_url)
    }

    /// Lists the apps: a call that is safe to repeat.
    pub fn list(program: &str, world: &World, base_url: &str) -> Self {
        Self::new(program, "list", world, base_url)
    }

    fn new(program: &str, call: &str, world: &World, base_url: &str) -> Self {
        let mut command = Command::new(program);
        command.arg(call).env_clear();
        Self(command)
            .env("SINCH_PROJECT_ID", PROJECT)
            .env("SINCH_KEY_ID", world.sandbox.key_id())
            .env("SINCH_KEY_SECRET", world.sandbox.key_secret())
            .env("SINCH_APP_ID", &world.app_id)
            .env("TIDINGS_BASE_URL", base_url)
    }

    /// Sets a variable of the environment.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    /// Sets the client up with this proxy.
    pub fn proxy(mut self, url: &str) -> Self {
        self.0.args(["--proxy", url]);
        self
    }

    /// Sets the client up without any.
    pub fn no_proxy(mut self) -> Self {
        self.0.arg("--no-proxy");
        self
    }

    /// Sets the client up with these certificates, in PEM.
    pub fn ca_certs(mut self, pem: &str) -> Self {
        self.0.args(["--ca-certs", pem]);
        self
    }

    /// Sets the client up for plain HTTP to another machine.
    pub fn allow_insecure(mut self) -> Self {
        self.0.arg("--allow-insecure");
        self
    }

    /// Runs the program.
    pub async fn outcome(mut self) -> io::Result<Outcome> {
        let output = tokio::task::spawn_blocking(move || self.0.output()).await??;
        let line: Value = serde_json::from_slice(&output.stdout)
            .map_err(|_| io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))?;
        let text = |name: &str| line[name].as_str().map(str::to_owned);
        Ok(Outcome {
            kind: text("kind"),
            attempts: line["attempts"].as_u64().unwrap_or_default(),
            sent: line["sent"] == true,
            // A panic would tell here what it knows.
            shown: text("shown").unwrap_or_default() + &String::from_utf8_lossy(&output.stderr),
        })
    }
}

impl Outcome {
    /// The short form that tests compare: kind, attempts, and whether it may have been carried out.
    pub fn short(&self) -> (Option<&str>, u64, bool) {
        (self.kind.as_deref(), self.attempts, self.sent)
    }
}

/// What an accepted call at the first attempt looks like in that form.
pub const ACCEPTED: (Option<&str>, u64, bool) = (None, 1, true);
