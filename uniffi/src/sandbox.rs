//! Start and stop of the local sandbox. A build without the feature `sandbox` has the same surface and says that it has
//! none, so that one generated code fits all builds.

#[cfg(feature = "sandbox")]
use std::sync::{Mutex, PoisonError};

use tidings_core::ErrorKind;

#[cfg(feature = "sandbox")]
use crate::panics::unless_panicked;
use crate::records::NativeError;

/// A running sandbox, or one that was stopped. It stops when it is dropped.
#[derive(uniffi::Object)]
pub struct Sandbox {
    url: String,
    key_id: String,
    key_secret: String,
    #[cfg(feature = "sandbox")]
    running: Mutex<Option<tidings_sandbox::Sandbox>>,
}

#[uniffi::export]
impl Sandbox {
    /// Starts one, on any free port unless one is given. Any seed will do. Blocks for some milliseconds.
    #[uniffi::constructor]
    pub fn start(port: Option<i64>, seed: Option<i64>) -> Result<Self, NativeError> {
        start(port, seed)
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The id of the access key.
    pub fn key_id(&self) -> String {
        self.key_id.clone()
    }

    /// The secret of the access key.
    pub fn key_secret(&self) -> String {
        self.key_secret.clone()
    }

    /// Stops it. Blocks for a quarter of a second at most. Doing it again changes nothing.
    pub fn stop(&self) {
        #[cfg(feature = "sandbox")]
        unless_panicked(|| drop(self.running.lock().unwrap_or_else(PoisonError::into_inner).take()));
    }
}

#[cfg(feature = "sandbox")]
fn start(port: Option<i64>, seed: Option<i64>) -> Result<Sandbox, NativeError> {
    let mut options = tidings_sandbox::Options::default();
    if let Some(port) = port {
        let port = u16::try_from(port).map_err(|_| fault("port must be a whole number from 0 to 65535"))?;
        options = options.port(port);
    }
    if let Some(seed) = seed {
        options = options.seed(seed.cast_unsigned());
    }
    let sandbox = tidings_sandbox::Sandbox::start(options).map_err(|error| fault(&error.to_string()))?;
    Ok(Sandbox {
        url: sandbox.url().to_owned(),
        key_id: sandbox.key_id().to_owned(),
        key_secret: sandbox.key_secret().to_owned(),
        running: Mutex::new(Some(sandbox)),
    })
}

#[cfg(not(feature = "sandbox"))]
fn start(_: Option<i64>, _: Option<i64>) -> Result<Sandbox, NativeError> {
    Err(fault("this build has no sandbox"))
}

fn fault(text: &str) -> NativeError {
    NativeError::new(ErrorKind::Config, text)
}
