//! A webhook: takes callbacks, believes those that are signed with the webhook's secret, and prints delivery receipts.
//!
//! ```sh
//! export WEBHOOK_SECRET=...    # the one the webhook was created with
//! cargo run -p tidings-examples --bin webhook_server -- 127.0.0.1:3000
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

use std::env;
use std::error::Error;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use tidings::webhooks::{Event, WebhookVerifier};
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let secret = env::var("WEBHOOK_SECRET").map_err(|_| "set WEBHOOK_SECRET")?;
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}/callbacks", listener.local_addr()?);
    let app = Router::new().route("/callbacks", post(take)).with_state(WebhookVerifier::new(secret));
    axum::serve(listener, app).await?;
    Ok(())
}

/// The body as bytes, not as JSON: the signature is over what came.
async fn take(State(verifier): State<WebhookVerifier>, headers: HeaderMap, body: Bytes) -> StatusCode {
    match verifier.verify(&body, &headers) {
        Ok(callback) => {
            if let Event::MessageDelivery(receipt) = callback.event {
                let report = receipt.message_delivery_report;
                let status = report.status.as_ref().map_or("without a status", |status| status.as_str());
                println!("{} {status}", report.message_id.unwrap_or_default());
            }
            // Whatever else comes is acknowledged too, or the API would send it again.
            StatusCode::OK
        }
        Err(reason) => {
            eprintln!("refused: {reason}");
            StatusCode::UNAUTHORIZED
        }
    }
}
