//! The Sinch Conversation API played on localhost, for tests and for learning.
//!
//! One address plays every host: tokens, apps, webhooks, messages, delivery receipts and signed callbacks, with faults
//! on demand. Routes and validation come from the contract's tables, and what is refused is refused in the real shape.
//! The control plane is under `/_sandbox/`; its heart is the **ledger**, which says what each handset got, how often,
//! and from which request.
//!
//! ```
//! use tidings_sandbox::{Options, Sandbox};
//! let sandbox = Sandbox::start(Options::default())?;
//! assert!(sandbox.url().starts_with("http://127.0.0.1:"));
//! sandbox.stop();
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # What it plays
//!
//! | operations | |
//! | --- | --- |
//! | `auth.token`, `apps.*`, `webhooks.*`, `messages.*` | with state |
//! | all others | 501, the answer the real API gives for what it does not have |
//!
//! What no public source settles is chosen so that it does not hide a client's fault, and said where it is done.
//!
//! Not affiliated with nor endorsed by Sinch, whose name belongs to its owner.

mod accounts;
mod answer;
mod callbacks;
mod clock;
mod control;
mod faults;
mod identifiers;
mod journal;
mod operations;
mod options;
mod receipts;
mod router;
mod server;
mod state;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub use clock::Clock;
pub use options::Options;

/// How long requests under way may take to end when a sandbox is stopped.
const STOP_TIMEOUT: Duration = Duration::from_millis(200);

/// A sandbox that runs on this machine, on a thread of its own. Dropping it stops it.
pub struct Sandbox {
    url: String,
    key_id: String,
    key_secret: String,
    running: Option<Running>,
}

struct Running {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Sandbox {
    /// Starts a sandbox and waits until it listens. May be called from anywhere, async code included.
    ///
    /// Fails if the port is in use, or the system gives no thread or socket.
    pub fn start(options: Options) -> io::Result<Self> {
        let (key_id, key_secret) = (options.key_id.clone(), options.key_secret.clone());
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = mpsc::channel();
        let thread = std::thread::Builder::new().name("tidings-sandbox".to_owned()).spawn(move || {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return drop(tell.send(Err(error))),
            };
            runtime.block_on(async {
                match listen(options.port).await {
                    Ok((listener, address)) => {
                        let _ = tell.send(Ok(address));
                        server::serve(listener, options, stopped).await;
                    }
                    Err(error) => drop(tell.send(Err(error))),
                }
            });
            runtime.shutdown_timeout(STOP_TIMEOUT);
        })?;
        let address = told.recv().map_err(|_| io::Error::other("the sandbox's thread ended"))??;
        Ok(Self {
            url: format!("http://{address}"),
            key_id,
            key_secret,
            running: Some(Running { stop, thread }),
        })
    }

    /// The address that plays every host, such as `http://127.0.0.1:41233`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Id of the access key that the sandbox takes, for every project.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Secret of that access key.
    pub fn key_secret(&self) -> &str {
        &self.key_secret
    }

    /// The environment that leads a client here, as `Client::from_env()` reads it.
    pub fn environment(&self) -> [(&'static str, String); 4] {
        [
            ("SINCH_PROJECT_ID", "sandbox-project".to_owned()),
            ("SINCH_KEY_ID", self.key_id.clone()),
            ("SINCH_KEY_SECRET", self.key_secret.clone()),
            ("TIDINGS_BASE_URL", self.url.clone()),
        ]
    }

    /// Stops the sandbox: closes every connection, frees the port and ends the thread.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(Running { stop, thread }) = self.running.take() {
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sandbox").field("url", &self.url).finish_non_exhaustive()
    }
}

async fn listen(port: u16) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}
