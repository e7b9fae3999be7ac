//! A server that costs as little as possible: what is measured is the clients.

use std::convert::Infallible;
use std::net::Ipv4Addr;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use crate::Result;

const TOKEN: &str =
    r#"{"access_token":"a-token-of-the-bench","expires_in":3599,"scope":"","token_type":"bearer"}"#;

const ACCEPTED: &str =
    r#"{"message_id":"01HKWT3XRVH6RP17S8KSBC4PYR","accepted_time":"2026-01-31T09:30:00.123456Z"}"#;

/// Prints the address, then answers until standard input ends: so it ends with whoever started it.
pub(crate) async fn serve() -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("http://{}", listener.local_addr()?);
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service_fn(answer));
        tokio::spawn(connection);
    }
}

async fn answer(request: Request<Incoming>) -> std::result::Result<Response<Full<Bytes>>, Infallible> {
    let text = if request.uri().path() == "/oauth2/token" { TOKEN } else { ACCEPTED };
    // The body is read whole, as a real server would; what is in it counts for nothing.
    let _ = request.into_body().collect().await;
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    let headers = response.headers_mut();
    headers.insert("content-type", http::HeaderValue::from_static("application/json"));
    headers.insert("x-request-id", http::HeaderValue::from_static("4b0e1c1d"));
    Ok(response)
}
