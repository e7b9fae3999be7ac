//! A listener on this machine: the part that all servers here share.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Listens on a free port of 127.0.0.1 until it is dropped; its connections then end too. Runs on the test's runtime.
#[derive(Debug)]
pub(crate) struct Loopback {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Loopback {
    /// Hands each connection over, with its number from 1 on. What a connection ends with does not matter: some clients
    /// are meant to hang up.
    pub(crate) async fn listen<H, F>(handle: H) -> io::Result<Self>
    where
        H: Fn(TcpStream, usize) -> F + Send + 'static,
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let connections = Arc::<AtomicUsize>::default();
        let accepted = Arc::clone(&connections);
        let task = tokio::spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.set_nodelay(true);
                let number = accepted.fetch_add(1, Ordering::SeqCst) + 1;
                open.spawn(handle(stream, number));
                while open.try_join_next().is_some() {}
            }
        });
        Ok(Self { address, connections, task })
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Host and port of an address such as `http://127.0.0.1:4000`.
pub(crate) fn authority(url: &str) -> String {
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    rest.trim_end_matches('/').to_owned()
}
