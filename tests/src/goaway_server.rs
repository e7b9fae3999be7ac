//! An HTTP/2 server that ends connections before it has looked at a request: its `GOAWAY` excludes the stream. Frames by
//! hand, since a server library counts every stream that it has read as processed.
//!
//! Frames go to and fro unread between the client and a server that speaks HTTP/2 without TLS, until it is time.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, copy, sink, split};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio_rustls::TlsAcceptor;

use crate::loopback::{Loopback, authority};
use crate::tls_server::Tls;

/// What a client's side of a connection begins with (RFC 9113, section 3.4).
const PREFACE: usize = 24;
/// Length, type, flags and stream (section 4.1).
const HEAD: usize = 9;
const HEADERS: u8 = 1;
const GOAWAY: u8 = 7;

/// An HTTP/2 server over TLS whose first connections end with a `GOAWAY` that excludes a stream.
#[derive(Debug)]
pub struct GoAwayServer {
    loopback: Loopback,
    plan: Arc<Plan>,
}

#[derive(Debug)]
struct Plan {
    target: String,
    connections: usize,
    served: usize,
    excluded: AtomicUsize,
}

impl GoAwayServer {
    /// Starts one before the server at the `http://` address `target`. Each of the first `connections` serves so many
    /// streams and excludes the next; later connections serve all.
    pub async fn start(target: &str, tls: Tls<'_>, connections: usize, served: usize) -> io::Result<Self> {
        let acceptor = tls.acceptor("h2")?;
        let plan = Arc::new(Plan {
            target: authority(target),
            connections,
            served,
            excluded: AtomicUsize::default(),
        });
        let serving = Arc::clone(&plan);
        let loopback = Loopback::listen(move |stream, number| {
            let (plan, acceptor) = (Arc::clone(&serving), acceptor.clone());
            async move { plan.serve(acceptor, stream, number).await }
        });
        Ok(Self { loopback: loopback.await?, plan })
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.loopback.port())
    }

    /// How many connections were made to it.
    pub fn connections(&self) -> usize {
        self.loopback.connections()
    }

    /// How many streams were excluded.
    pub fn excluded(&self) -> usize {
        self.plan.excluded.load(Ordering::SeqCst)
    }
}

impl Plan {
    async fn serve(&self, acceptor: TlsAcceptor, stream: TcpStream, number: usize) -> io::Result<()> {
        let (mut from_client, mut to_client) = split(acceptor.accept(stream).await?);
        let (mut from_server, mut to_server) = TcpStream::connect(&self.target).await?.into_split();
        let mut preface = [0; PREFACE];
        from_client.read_exact(&mut preface).await?;
        to_server.write_all(&preface).await?;
        // The settings come first on the server's side too.
        to_client.write_all(&Frame::read(&mut from_server).await?.0).await?;

        let to_client = Mutex::new(to_client);
        let up = async {
            let excludes = number <= self.connections;
            let mut streams = 0;
            let mut last = 0;
            loop {
                let frame = Frame::read(&mut from_client).await?;
                if frame.kind() == HEADERS && frame.stream() > last {
                    if excludes && streams == self.served {
                        break;
                    }
                    streams += 1;
                    last = frame.stream();
                }
                to_server.write_all(&frame.0).await?;
            }
            self.excluded.fetch_add(1, Ordering::SeqCst);
            // Held from now on, so that nothing follows.
            let mut to_client = to_client.lock().await;
            to_client.write_all(&Frame::goaway(last).0).await?;
            to_client.shutdown().await?;
            // Closing with unread bytes would be a reset, and the GOAWAY might be lost in it.
            copy(&mut from_client, &mut sink()).await.map(drop)
        };
        let down = async {
            while let Ok(frame) = Frame::read(&mut from_server).await {
                to_client.lock().await.write_all(&frame.0).await?;
            }
            to_client.lock().await.shutdown().await
        };
        // Over when the client says so: it closes its side after every end of ours.
        let (up, _) = tokio::join!(up, down);
        up
    }
}

struct Frame(Vec<u8>);

impl Frame {
    async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Self> {
        let mut bytes = vec![0; HEAD];
        from.read_exact(&mut bytes).await?;
        let length = usize::from(bytes[0]) << 16 | usize::from(bytes[1]) << 8 | usize::from(bytes[2]);
        bytes.resize(HEAD + length, 0);
        from.read_exact(&mut bytes[HEAD..]).await?;
        Ok(Self(bytes))
    }

    /// A `GOAWAY` for no fault at all, that leaves in what came up to this stream (section 6.8).
    fn goaway(last: u32) -> Self {
        let mut bytes = vec![0, 0, 8, GOAWAY, 0, 0, 0, 0, 0];
        bytes.extend(last.to_be_bytes());
        bytes.extend(0_u32.to_be_bytes());
        Self(bytes)
    }

    fn kind(&self) -> u8 {
        self.0[3]
    }

    fn stream(&self) -> u32 {
        u32::from_be_bytes([self.0[5] & 0x7f, self.0[6], self.0[7], self.0[8]])
    }
}
