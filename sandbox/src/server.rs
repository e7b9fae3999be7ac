//! The thread that serves: its listener, its connections and its end.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::task::JoinSet;

use crate::callbacks;
use crate::connection;
use crate::options::Options;
use crate::router::Router;
use crate::scheduler;
use crate::state::{Signals, World};

/// How many callers may wait to be let in; thousands may come at one moment in a test of load.
const BACKLOG: i32 = 4096;

/// The most open connections.
const CONNECTIONS: usize = 10_000;

/// How long requests under way may take to end when the sandbox stops.
const GRACE: Duration = Duration::from_millis(250);

/// How long lookups of names may hold up the end. The system cannot break them off.
const LOOKUPS: Duration = Duration::from_secs(1);

/// What all connections share.
pub(crate) struct Shared {
    world: Mutex<World>,
    pub(crate) router: Router,
    pub(crate) signals: Arc<Signals>,
    /// Held by the one who moves the clock.
    pub(crate) turn: tokio::sync::Mutex<()>,
    pub(crate) callbacks_at_once: Semaphore,
    /// Built when first needed: most sandboxes never post a callback, and fewer over TLS.
    clients: [OnceLock<Option<reqwest::Client>>; 2],
}

impl Shared {
    fn new(options: Options) -> Self {
        let signals = Arc::new(Signals { arrived: watch::Sender::new(()), work: watch::Sender::new(()) });
        Self {
            world: Mutex::new(World::new(Arc::new(options), signals.clone())),
            router: Router::new(),
            signals,
            turn: tokio::sync::Mutex::new(()),
            callbacks_at_once: Semaphore::new(callbacks::AT_ONCE),
            clients: [OnceLock::new(), OnceLock::new()],
        }
    }

    /// The state. Never held across an await.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The client for callbacks to this address; none if it cannot be built.
    pub(crate) fn callback_client(&self, url: &str) -> Option<&reqwest::Client> {
        let tls = url.starts_with("https:");
        self.clients[usize::from(tls)].get_or_init(|| callbacks::client(tls).ok()).as_ref()
    }
}

/// Takes a port on the loopback interface.
pub(crate) fn listen(port: u16) -> io::Result<TcpListener> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let open = || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        // A port that a sandbox has just left is free at once. On Windows the option would let two listen at a time.
        #[cfg(unix)]
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        socket.set_nonblocking(true)?;
        Ok(TcpListener::from(socket))
    };
    open().map_err(|error: io::Error| {
        let message =
            format!("the sandbox cannot listen on {address}: {error}; choose another port, or 0 for any");
        io::Error::new(error.kind(), message)
    })
}

/// Serves until told to stop; everything that was begun ends with it.
pub(crate) fn run(
    options: Options,
    listener: TcpListener,
    started: impl FnOnce(io::Result<()>),
    stop: oneshot::Receiver<()>,
) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return started(Err(error)),
    };
    runtime.block_on(async {
        let listener = match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => listener,
            Err(error) => return started(Err(error)),
        };
        let shared = Arc::new(Shared::new(options));
        if !shared.world().time.is_virtual() {
            tokio::spawn(scheduler::drive(shared.clone()));
        }
        started(Ok(()));
        serve(listener, shared, stop).await;
    });
    runtime.shutdown_timeout(LOOKUPS);
}

async fn serve(listener: tokio::net::TcpListener, shared: Arc<Shared>, mut stop: oneshot::Receiver<()>) {
    let (stopping, _) = watch::channel(());
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            _ = &mut stop => break,
            accepted = listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection::serve(stream, shared.clone(), stopping.subscribe()));
                }
                // No file handles left, or the caller has left already. Waiting lets others end.
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            },
            _ = connections.join_next(), if !connections.is_empty() => {}
        }
    }
    drop(listener);
    drop(stopping);
    let ended = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(GRACE, ended).await;
    connections.shutdown().await;
}
