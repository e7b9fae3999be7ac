//! A web server that takes callbacks and answers as told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use reqwest::header::HeaderMap;
use serde_json::Value;
use tokio::sync::watch;

#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Taken {
    pub(crate) fn body(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

/// Answers 200, unless it was given other statuses first. Status 0 closes the connection without an answer.
pub(crate) struct Receiver {
    pub(crate) url: String,
    taken: Arc<watch::Sender<Vec<Taken>>>,
    statuses: Arc<Mutex<VecDeque<u16>>>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let taken = Arc::new(watch::Sender::new(Vec::new()));
        let statuses = Arc::new(Mutex::new(VecDeque::new()));
        let receiver = Self { url, taken: taken.clone(), statuses: statuses.clone() };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (taken, statuses) = (taken.clone(), statuses.clone());
                let service = service_fn(move |request| answer(request, taken.clone(), statuses.clone()));
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        receiver
    }

    /// What the next callbacks are answered with.
    pub(crate) fn answer_next(&self, statuses: &[u16]) {
        self.statuses.lock().unwrap().extend(statuses);
    }

    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.taken.borrow().clone()
    }

    /// Waits until so many callbacks came.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<Taken> {
        let mut taken = self.taken.subscribe();
        taken.wait_for(|taken| taken.len() >= count).await.unwrap().clone()
    }

    /// The statuses that delivery receipts told, in their order.
    pub(crate) fn statuses(&self) -> Vec<String> {
        let status =
            |taken: &Taken| taken.body()["message_delivery_report"]["status"].as_str().map(str::to_owned);
        self.taken().iter().filter_map(status).collect()
    }
}

async fn answer(
    request: hyper::Request<Incoming>,
    taken: Arc<watch::Sender<Vec<Taken>>>,
    statuses: Arc<Mutex<VecDeque<u16>>>,
) -> Result<hyper::Response<Empty<Bytes>>, std::io::Error> {
    let (head, body) = request.into_parts();
    let bytes = body.collect().await.map_err(std::io::Error::other)?.to_bytes();
    taken.send_modify(|all| {
        all.push(Taken { path: head.uri.path().to_owned(), headers: head.headers, bytes });
    });
    let status = statuses.lock().unwrap().pop_front().unwrap_or(200);
    if status == 0 {
        return Err(std::io::Error::other("told to give no answer"));
    }
    let mut response = hyper::Response::new(Empty::new());
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap();
    Ok(response)
}
