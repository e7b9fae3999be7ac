//! A webhook: takes callbacks, believes only those that are signed rightly, and hands them on.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tidings::webhooks::{Event, WebhookVerifier};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::Result;

/// The largest callback that is read.
const MAX_BYTES: usize = 1 << 20;

/// A server for callbacks on this machine.
pub(crate) struct Receiver {
    address: SocketAddr,
    events: mpsc::Receiver<Event>,
}

impl Receiver {
    /// Listens on a port; 0 takes a free one.
    pub(crate) async fn start(port: u16, secret: &str) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let (sender, events) = mpsc::channel(64);
        let verifier = Arc::new(WebhookVerifier::new(secret));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (sender, verifier) = (sender.clone(), Arc::clone(&verifier));
                let service = service_fn(move |request| take(request, sender.clone(), Arc::clone(&verifier)));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Ok(Self { address, events })
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/callbacks", self.address)
    }

    /// The next genuine callback.
    pub(crate) async fn next(&mut self) -> Result<Event> {
        self.events.recv().await.ok_or_else(|| "the webhook's server has ended".into())
    }
}

async fn take(
    request: Request<Incoming>,
    sender: mpsc::Sender<Event>,
    verifier: Arc<WebhookVerifier>,
) -> std::result::Result<Response<Empty<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let status = match Limited::new(body, MAX_BYTES).collect().await {
        Err(_) => StatusCode::PAYLOAD_TOO_LARGE,
        Ok(body) => {
            let body = body.to_bytes();
            match verifier.verify(&body, &head.headers) {
                Ok(callback) => {
                    // The other end is gone only when the demo is over.
                    let _ = sender.send(callback.event).await;
                    StatusCode::OK
                }
                Err(_) => StatusCode::UNAUTHORIZED,
            }
        }
    };
    let mut response = Response::new(Empty::new());
    *response.status_mut() = status;
    Ok(response)
}
