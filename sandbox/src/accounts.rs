//! Who may call: the access key, its tokens, and the bucket of the token endpoint.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;
use tidings_core::contract::Host;

use crate::answer::{Answer, unauthenticated};

/// How many token calls may come at once.
const BUCKET: f64 = 30.0;

/// How many more may come each second.
const REFILL: f64 = 10.0;

#[derive(Debug)]
pub(crate) struct Accounts {
    key_id: String,
    key_secret: String,
    signing_key: [u8; 8],
    lifetime: Duration,
    /// Fill of the bucket, and when it was so. By real time: it guards against real requests.
    bucket: (f64, Instant),
    /// Ids of tokens that a fault has ended before their time.
    ended: HashSet<String>,
}

impl Accounts {
    pub(crate) fn new(key_id: &str, key_secret: &str, seed: u64, lifetime: Duration) -> Self {
        Self {
            key_id: key_id.to_owned(),
            key_secret: key_secret.to_owned(),
            signing_key: seed.to_be_bytes(),
            lifetime,
            bucket: (BUCKET, Instant::now()),
            ended: HashSet::new(),
        }
    }

    /// The token endpoint. Errors have the form of OAuth2 (RFC 6749, section 5.2).
    pub(crate) fn token(
        &mut self,
        headers: &HeaderMap,
        grant: Option<&str>,
        now: Timestamp,
        id: &str,
    ) -> Answer {
        let (fill, since) = self.bucket;
        let fill = (fill + since.elapsed().as_secs_f64() * REFILL).min(BUCKET);
        if fill < 1.0 {
            self.bucket = (fill, Instant::now());
            return oauth_error(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "slow down");
        }
        self.bucket = (fill - 1.0, Instant::now());
        if !self.is_basic(headers) {
            return oauth_error(StatusCode::UNAUTHORIZED, "invalid_client", "the access key is not known");
        }
        if grant != Some("client_credentials") {
            return oauth_error(StatusCode::BAD_REQUEST, "unsupported_grant_type", "use client_credentials");
        }
        let seconds = i64::try_from(self.lifetime.as_secs()).unwrap_or(i64::MAX);
        let claims = json!({
            "iss": "tidings-sandbox",
            "sub": self.key_id,
            "jti": id,
            "iat": now.as_second(),
            "exp": now.as_second().saturating_add(seconds),
        });
        let signed = format!("{}.{}", encode(&json!({"alg": "HS256", "typ": "JWT"})), encode(&claims));
        let token = format!("{signed}.{}", self.signature(&signed));
        Answer::ok(
            &json!({"access_token": token, "expires_in": seconds, "scope": "", "token_type": "bearer"}),
        )
    }

    fn signature(&self, signed: &str) -> String {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length (RFC 2104, section 2)")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.signing_key).expect("a key of any length");
        mac.update(signed.as_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }

    fn is_basic(&self, headers: &HeaderMap) -> bool {
        let pair = BASE64_STANDARD.encode(format!("{}:{}", self.key_id, self.key_secret));
        credentials(headers, "basic").is_some_and(|given| given == pair)
    }

    /// Whether a call may go on: a good token, or the key itself except on the batch host.
    pub(crate) fn check(&self, headers: &HeaderMap, host: Host, now: Timestamp) -> Result<(), Answer> {
        if host != Host::Batch && self.is_basic(headers) {
            return Ok(());
        }
        let token = credentials(headers, "bearer").ok_or_else(|| unauthenticated("no token was given"))?;
        let claims = self.claims(token).ok_or_else(|| unauthenticated("the token is not one of this API"))?;
        let expiry = claims["exp"].as_i64().unwrap_or_default();
        let ended = claims["jti"].as_str().is_some_and(|id| self.ended.contains(id));
        if ended || expiry <= now.as_second() {
            return Err(unauthenticated(&format!("Jwt expired at {}", moment(expiry))));
        }
        Ok(())
    }

    /// Ends the token of a request before its time, for good.
    pub(crate) fn end_token(&mut self, headers: &HeaderMap, now: Timestamp) -> Answer {
        let id = credentials(headers, "bearer")
            .and_then(|token| self.claims(token))
            .and_then(|claims| claims["jti"].as_str().map(str::to_owned));
        self.ended.extend(id);
        unauthenticated(&format!("Jwt expired at {now}"))
    }

    fn claims(&self, token: &str) -> Option<Value> {
        let (signed, signature) = token.rsplit_once('.')?;
        if self.signature(signed) != signature {
            return None;
        }
        let claims = BASE64_URL_SAFE_NO_PAD.decode(signed.split_once('.')?.1).ok()?;
        serde_json::from_slice(&claims).ok()
    }
}

fn moment(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |moment| moment.to_string())
}

fn encode(part: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(part.to_string())
}

fn credentials<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let (given, credentials) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then_some(credentials.trim())
}

fn oauth_error(status: StatusCode, error: &str, description: &str) -> Answer {
    let body = json!({"error": error, "error_description": description, "error_verbose": description, "error_hint": ""});
    Answer::new(status, &body)
}
