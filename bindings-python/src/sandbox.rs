//! Start and stop of the local sandbox.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;

use pyo3::prelude::*;
use tidings_sandbox::Options;

use crate::process::{Own, lock};

/// A running sandbox, or one that was stopped. In a forked child it is neither: the parent's goes on, and is left alone.
#[pyclass(frozen, module = "tidings._native")]
pub(crate) struct Sandbox {
    /// Where it answers.
    #[pyo3(get)]
    url: String,
    /// The id of the access key.
    #[pyo3(get)]
    key_id: String,
    /// The secret of the access key.
    #[pyo3(get)]
    key_secret: String,
    /// The variables of the environment that lead a client here, as names and values.
    #[pyo3(get)]
    environment: Vec<(String, String)>,
    running: Mutex<Option<Own<tidings_sandbox::Sandbox>>>,
}

#[pymethods]
impl Sandbox {
    /// Starts one.
    #[staticmethod]
    fn start(py: Python<'_>, port: u16, seed: Option<u64>) -> PyResult<Self> {
        let mut options = Options::default().port(port);
        if let Some(seed) = seed {
            options = options.seed(seed);
        }
        let start = AssertUnwindSafe(|| tidings_sandbox::Sandbox::start(options));
        let sandbox = py
            .detach(|| catch_unwind(start))
            .unwrap_or_else(|_| Err(io::Error::other("a fault of the sandbox's own; please report it")))?;
        Ok(Self {
            url: sandbox.url().to_owned(),
            key_id: sandbox.key_id().to_owned(),
            key_secret: sandbox.key_secret().to_owned(),
            environment: sandbox.environment().map(|(name, value)| (name.to_owned(), value)).to_vec(),
            running: Mutex::new(Some(Own::new(sandbox))),
        })
    }

    /// Stops it and waits until it has stopped. Doing it again changes nothing.
    fn stop(&self, py: Python<'_>) {
        let running = lock(&self.running).take().and_then(Own::take);
        py.detach(|| drop(running));
    }
}

impl Drop for Sandbox {
    /// Nobody has stopped it. Stopping may take a moment, and whoever drops things must not wait.
    fn drop(&mut self) {
        if let Some(running) = lock(&self.running).take().and_then(Own::take) {
            let _ =
                thread::Builder::new().name("tidings-sandbox-stop".to_owned()).spawn(move || drop(running));
        }
    }
}
