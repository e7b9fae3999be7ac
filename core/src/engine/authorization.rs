//! How a call shows who it is: a token, a key, or nothing.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderValue;
use serde_json::json;

use super::Inner;
use super::attempts::{Run, after};
use crate::call::Call;
use crate::contract::Authentication;
use crate::credentials::{Credentials, Secret};
use crate::error::{Error, ErrorKind};
use crate::generated::operations::AUTH_TOKEN;
use crate::limits;
use crate::prepare::{self, Prepared};
use crate::retry::RetryPolicy;
use crate::token::{Fetch, Fetched, Token};
use crate::watch::Watch;

tokio::task_local! {
    /// The client whose token provider runs in this task.
    static PROVIDING_FOR: usize;
}

impl Inner {
    pub(super) fn renewable(&self) -> bool {
        matches!(self.config.credentials, Credentials::AccessKey { .. } | Credentials::Provider(_))
    }

    pub(super) async fn proof(self: &Arc<Self>, prepared: &Prepared) -> Result<Proof, Error> {
        let credentials = &self.config.credentials;
        match (prepared.operation.authentication, credentials) {
            (Authentication::None, _) => Ok(Proof::None),
            (Authentication::AccessKey, Credentials::AccessKey { key_id, key_secret })
            | (Authentication::Token, Credentials::Basic { key_id, key_secret }) => basic(key_id, key_secret),
            (Authentication::AccessKey, _) => {
                Err(Error::new(ErrorKind::Config, "this call needs an access key"))
            }
            (Authentication::Token, Credentials::Token(token)) => {
                header(format!("Bearer {}", token.reveal())).map(Proof::Fixed)
            }
            (Authentication::Token, _) => {
                if PROVIDING_FOR.try_with(|client| *client == self.number()).unwrap_or(false) {
                    let text = "the token provider called the client that waits for its token: give it a client of its own";
                    return Err(Error::new(ErrorKind::Auth, text));
                }
                self.tokens.get(|| self.fetch()).await.map(Proof::Token)
            }
        }
    }

    fn fetch(self: &Arc<Self>) -> Fetch {
        let inner = Arc::clone(self);
        Box::pin(async move {
            inner.counters.token_fetches.add();
            match &inner.config.credentials {
                Credentials::Provider(provider) => {
                    let failed = |message: &str| Error::new(ErrorKind::Auth, message);
                    let token = PROVIDING_FOR.scope(inner.number(), provider.token());
                    match tokio::time::timeout(limits::PROVIDER_TIMEOUT, token).await {
                        Ok(Ok(token)) => {
                            Ok(Fetched { token: token.token.reveal().to_owned(), life: token.expires_in })
                        }
                        Ok(Err(error)) => {
                            Err(failed("the token provider failed; the cause of this error says why")
                                .with(|record| record.source = Some(Arc::from(error))))
                        }
                        Err(_) => Err(failed("the token provider took too long")),
                    }
                }
                _ => inner.fetch_by_key().await,
            }
        })
    }

    /// Tells this client from others while it lives.
    fn number(self: &Arc<Self>) -> usize {
        Arc::as_ptr(self).addr()
    }

    /// Trades the access key for a token.
    async fn fetch_by_key(self: &Arc<Self>) -> Result<Fetched, Error> {
        #[derive(serde::Deserialize)]
        struct AccessToken {
            access_token: String,
            /// A number; some servers write it as text.
            #[serde(default)]
            expires_in: serde_json::Value,
        }
        let body = json!({"grant_type": "client_credentials"}).to_string();
        let call = Call::new(&AUTH_TOKEN).body(body);
        let prepared = prepare::prepare(call, &self.defaults())?;
        let cap = self.config.retry.cap.min(limits::TOKEN_BACKOFF_CAP);
        let watch = Watch::new(&AUTH_TOKEN);
        let run = Run {
            asked: AUTH_TOKEN.id,
            deadline: after(watch.started(), self.config.timeout),
            policy: RetryPolicy { cap, ..self.config.retry },
            replay_unknown: false,
        };
        let answer = self.run(&prepared, &watch, &run).await;
        let failed = |message: String| Error::new(ErrorKind::Auth, message);
        let response = answer.map_err(|error| {
            let why = format!("no token could be had: {}", error.message());
            // What the token endpoint said stays: its status tells a wrong key from an endpoint that is down.
            error.with(|record| {
                record.kind = ErrorKind::Auth;
                record.message = why;
            })
        })?;
        let token: AccessToken = serde_json::from_slice(&response.body)
            .map_err(|_| failed("the token endpoint's answer has no token".to_owned()).about(&response))?;
        let seconds = match &token.expires_in {
            serde_json::Value::String(text) => text.parse().ok(),
            other => other.as_f64(),
        };
        let life = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        Ok(Fetched { token: token.access_token, life: life.filter(|life| !life.is_zero()) })
    }
}

/// How one attempt shows who it is.
pub(super) enum Proof {
    None,
    Fixed(HeaderValue),
    Token(Token),
}

impl Proof {
    pub(super) fn authorization(&self) -> Option<HeaderValue> {
        match self {
            Self::None => None,
            Self::Fixed(value) => Some(value.clone()),
            Self::Token(token) => Some(token.authorization.clone()),
        }
    }
}

fn basic(key_id: &str, key_secret: &Secret) -> Result<Proof, Error> {
    let pair = BASE64_STANDARD.encode(format!("{key_id}:{}", key_secret.reveal()));
    header(format!("Basic {pair}")).map(Proof::Fixed)
}

fn header(value: String) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::try_from(value)
        .map_err(|_| Error::new(ErrorKind::Config, "the credentials hold what no header may hold"))?;
    value.set_sensitive(true);
    Ok(value)
}
