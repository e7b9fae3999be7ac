//! An HTTP/2 server that does with each stream what a test says.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use http::{Request, Response, StatusCode};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::loopback::{Loopback, authority};
use crate::tls_server::Tls;

/// What becomes of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is served.
    Serve,
    /// It is refused unread: `RST_STREAM` with `REFUSED_STREAM`.
    Refuse,
    /// It is answered with 421: not on this connection.
    Misdirect,
    /// The request is carried out, and then, instead of an answer, comes `RST_STREAM` with this code.
    ServeThenReset(Reason),
    /// A `GOAWAY` comes that leaves this stream in, and then its answer.
    GoAwayThenServe,
    /// The request is carried out, and then, instead of an answer, come a `GOAWAY` with this code that leaves the stream in,
    /// and the end of the connection.
    ServeThenGoAway(Reason),
}

/// An HTTP/2 server over TLS.
#[derive(Debug)]
pub struct Http2Server {
    loopback: Loopback,
    server: Arc<Server>,
}

#[derive(Debug)]
struct Server {
    target: String,
    script: Vec<Turn>,
    streams: Mutex<Vec<usize>>,
}

impl Http2Server {
    /// Starts one before the plain server at the `http://` address `target`. The first stream, whatever connection it comes
    /// on, gets the first turn of the script, and so on; streams after the last turn are served.
    pub async fn start(target: &str, tls: Tls<'_>, script: impl Into<Vec<Turn>>) -> io::Result<Self> {
        let acceptor = tls.acceptor("h2")?;
        let server =
            Arc::new(Server { target: authority(target), script: script.into(), streams: Mutex::default() });
        let serving = Arc::clone(&server);
        let loopback = Loopback::listen(move |stream, number| {
            let (server, acceptor) = (Arc::clone(&serving), acceptor.clone());
            async move { server.serve(acceptor, stream, number).await }
        });
        Ok(Self { loopback: loopback.await?, server })
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.loopback.port())
    }

    /// For each stream, in order, the number of the connection it came on, from 1.
    pub fn streams(&self) -> Vec<usize> {
        self.server.streams.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Server {
    async fn serve(
        self: Arc<Self>,
        acceptor: TlsAcceptor,
        stream: TcpStream,
        number: usize,
    ) -> io::Result<()> {
        let stream = acceptor.accept(stream).await?;
        let mut connection = h2::server::handshake(stream).await.map_err(io::Error::other)?;
        let mut turns = JoinSet::new();
        loop {
            tokio::select! {
                accepted = connection.accept() => {
                    let Some(accepted) = accepted else { return Ok(()) };
                    let (request, respond) = accepted.map_err(io::Error::other)?;
                    let turn = self.next_turn(number);
                    if turn == Turn::GoAwayThenServe {
                        connection.graceful_shutdown();
                    }
                    turns.spawn(Arc::clone(&self).take(turn, request, respond));
                }
                Some(ended) = turns.join_next() => {
                    // The stream is held until the connection goes: dropped before, it would be reset.
                    if let Ok(Ok((Turn::ServeThenGoAway(reason), _stream))) = ended {
                        connection.abrupt_shutdown(reason);
                    }
                }
            }
        }
    }

    fn next_turn(&self, connection: usize) -> Turn {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.push(connection);
        self.script.get(streams.len() - 1).copied().unwrap_or(Turn::Serve)
    }

    async fn take(
        self: Arc<Self>,
        turn: Turn,
        request: Request<RecvStream>,
        mut respond: SendResponse<Bytes>,
    ) -> io::Result<(Turn, SendResponse<Bytes>)> {
        match turn {
            Turn::Serve | Turn::GoAwayThenServe => {
                let answer = pass_on(&self.target, request).await?;
                send(&mut respond, answer)?;
            }
            Turn::Refuse => respond.send_reset(Reason::REFUSED_STREAM),
            Turn::Misdirect => {
                whole(request.into_body()).await?;
                let mut answer = Response::new(Bytes::new());
                *answer.status_mut() = StatusCode::MISDIRECTED_REQUEST;
                send(&mut respond, answer)?;
            }
            Turn::ServeThenReset(reason) => {
                pass_on(&self.target, request).await?;
                respond.send_reset(reason);
            }
            Turn::ServeThenGoAway(_) => drop(pass_on(&self.target, request).await?),
        }
        Ok((turn, respond))
    }
}

/// Passes a request on to the target, over HTTP/2 without TLS, and waits for the whole answer.
async fn pass_on(target: &str, request: Request<RecvStream>) -> io::Result<Response<Bytes>> {
    let (head, body) = request.into_parts();
    let body = whole(body).await?;
    let stream = TcpStream::connect(target).await?;
    let (client, connection) = h2::client::handshake(stream).await.map_err(io::Error::other)?;
    let driver = tokio::spawn(connection);
    let mut client = client.ready().await.map_err(io::Error::other)?;
    let (answer, mut out) =
        client.send_request(Request::from_parts(head, ()), body.is_empty()).map_err(io::Error::other)?;
    if !body.is_empty() {
        out.send_data(body, true).map_err(io::Error::other)?;
    }
    let (head, body) = answer.await.map_err(io::Error::other)?.into_parts();
    let answer = Response::from_parts(head, whole(body).await?);
    driver.abort();
    Ok(answer)
}

fn send(respond: &mut SendResponse<Bytes>, answer: Response<Bytes>) -> io::Result<()> {
    let (head, body) = answer.into_parts();
    let mut out = respond.send_response(Response::from_parts(head, ()), false).map_err(io::Error::other)?;
    out.send_data(body, true).map_err(io::Error::other)
}

async fn whole(mut body: RecvStream) -> io::Result<Bytes> {
    let mut bytes = BytesMut::new();
    while let Some(piece) = body.data().await {
        let piece = piece.map_err(io::Error::other)?;
        let _ = body.flow_control().release_capacity(piece.len());
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes.freeze())
}
