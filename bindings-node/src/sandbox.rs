//! Start and stop of the local sandbox. Both may take some time, so they run on Node's pool of threads.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use napi::bindgen_prelude::AsyncTask;
use napi::{Env, Error, Result, Task};
use napi_derive::napi;
use tidings_core::door;
use tidings_sandbox::Options;

use crate::outcome;

/// A running sandbox, or one that was stopped.
#[napi]
pub struct Sandbox {
    /// Where it answers.
    #[napi(readonly)]
    pub url: String,
    /// The id of the access key.
    #[napi(readonly)]
    pub key_id: String,
    /// The secret of the access key.
    #[napi(readonly)]
    pub key_secret: String,
    running: Running,
}

type Running = Arc<Mutex<Option<tidings_sandbox::Sandbox>>>;

#[napi]
impl Sandbox {
    /// Starts one.
    #[napi(catch_unwind)]
    pub fn start(port: Option<f64>, seed: Option<f64>) -> AsyncTask<Start> {
        AsyncTask::new(Start { port, seed })
    }

    /// Stops it. Doing it again changes nothing.
    #[napi(catch_unwind)]
    pub fn stop(&self) -> AsyncTask<Stop> {
        AsyncTask::new(Stop(Arc::clone(&self.running)))
    }
}

impl Drop for Sandbox {
    /// An environment ends whose sandbox was not stopped. It must not wait for it.
    fn drop(&mut self) {
        let Some(running) = taken(&self.running) else { return };
        let _ = thread::Builder::new().name("tidings-sandbox-stop".into()).spawn(move || drop(running));
    }
}

/// Work on Node's pool that starts a sandbox.
pub struct Start {
    port: Option<f64>,
    seed: Option<f64>,
}

impl Task for Start {
    type Output = tidings_sandbox::Sandbox;
    type JsValue = Sandbox;

    fn compute(&mut self) -> Result<Self::Output> {
        unless_panicked(|| {
            let mut options = Options::default();
            if let Some(port) = self.port {
                let port = door::count("port", port).ok().and_then(|port| u16::try_from(port).ok());
                options =
                    options.port(port.ok_or_else(|| fault("port must be a whole number from 0 to 65535"))?);
            }
            if let Some(seed) = self.seed {
                options =
                    options.seed(door::count("seed", seed).map_err(|error| fault(error.message()))?.into());
            }
            tidings_sandbox::Sandbox::start(options).map_err(|error| fault(&error.to_string()))
        })
    }

    fn resolve(&mut self, _: Env, sandbox: Self::Output) -> Result<Self::JsValue> {
        Ok(Sandbox {
            url: sandbox.url().to_owned(),
            key_id: sandbox.key_id().to_owned(),
            key_secret: sandbox.key_secret().to_owned(),
            running: Arc::new(Mutex::new(Some(sandbox))),
        })
    }
}

/// Work on Node's pool that stops a sandbox.
pub struct Stop(Running);

impl Task for Stop {
    type Output = ();
    type JsValue = ();

    fn compute(&mut self) -> Result<()> {
        unless_panicked(|| {
            drop(taken(&self.0));
            Ok(())
        })
    }

    fn resolve(&mut self, _: Env, (): ()) -> Result<()> {
        Ok(())
    }
}

fn taken(running: &Running) -> Option<tidings_sandbox::Sandbox> {
    running.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn fault(text: &str) -> Error {
    Error::from_reason(text)
}

/// Node's pool calls these functions without the net that napi spreads under others.
fn unless_panicked<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    outcome::unless_panicked(work).unwrap_or_else(|| Err(fault(&outcome::fault().message)))
}
