//! Tokens: handed out for the access key, and checked on every call.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;
use tidings_core::contract::Host;

use crate::answer::Answer;
use crate::errors::{self, Refusal};
use crate::identifiers::ulid;
use crate::options::Options;
use crate::shelf::Shelf;
use crate::state::World;

/// Who issues the tokens; the real issuer is not published.
const ISSUER: &str = "https://auth.sinch.com";

/// The token endpoint's bucket: 30 requests, and 10 more a second.
const BUCKET: i64 = 30;
const REFILL_PER_SECOND: i64 = 10;

/// How many tokens that a fault has killed are remembered.
const KILLED: usize = 10_000;

/// The access key, what it is worth, and who may come in.
pub(crate) struct Gate {
    key_id: String,
    key_secret: String,
    lifetime: i64,
    signing_key: Hmac<Sha256>,
    /// Thousandths of a request that are left in the bucket, and when that was so. The bucket is per key, and only
    /// the key that exists ever gets to it.
    bucket: (i64, Option<Timestamp>),
    /// Ids of tokens that are expired before their time.
    killed: Shelf<String, ()>,
}

impl Gate {
    pub(crate) fn new(options: &Options) -> Self {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length (RFC 2104, section 2)")]
        let signing_key =
            Hmac::new_from_slice(format!("{}\n{}", options.seed, options.key_secret).as_bytes())
                .expect("a key of any length");
        Self {
            key_id: options.key_id.clone(),
            key_secret: options.key_secret.clone(),
            lifetime: i64::try_from(options.token_lifetime.as_secs()).unwrap_or(i64::MAX / 4),
            signing_key,
            bucket: (BUCKET * 1000, None),
            killed: Shelf::new(KILLED),
        }
    }

    fn sign(&self, text: &str) -> Hmac<Sha256> {
        let mut mac = self.signing_key.clone();
        mac.update(text.as_bytes());
        mac
    }

    fn is_key(&self, credentials: &str) -> bool {
        credentials.split_once(':').is_some_and(|(id, secret)| id == self.key_id && secret == self.key_secret)
    }

    /// Takes one request out of the bucket, if there is one.
    fn take(&mut self, now: Timestamp) -> bool {
        let (left, since) = self.bucket;
        let elapsed = since.map_or(0, |since| now.as_millisecond() - since.as_millisecond()).max(0);
        let left = elapsed.saturating_mul(REFILL_PER_SECOND).saturating_add(left).min(BUCKET * 1000);
        let taken = left >= 1000;
        self.bucket = (if taken { left - 1000 } else { left }, Some(now));
        taken
    }

    /// The claims of a token that this sandbox has signed.
    fn claims(&self, token: &str) -> Option<Value> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
        self.sign(signed).verify_slice(&signature).ok()?;
        let (_, claims) = signed.split_once('.')?;
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }
}

/// The answer of the token endpoint.
pub(crate) fn token(world: &mut World, headers: &HeaderMap, form: &[(String, String)]) -> Answer {
    let now = world.now();
    let known = credentials(headers, "Basic")
        .and_then(|encoded| BASE64_STANDARD.decode(encoded).ok())
        .and_then(|decoded| String::from_utf8(decoded).ok())
        .is_some_and(|credentials| world.gate.is_key(&credentials));
    if !known {
        return errors::oauth(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            "Client authentication failed",
            "The key id or the key secret is unknown, or was not sent with HTTP Basic.",
            "Send the key id as user name and the key secret as password.",
        );
    }
    if !world.gate.take(now) {
        return errors::oauth(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            "Too many token requests",
            "The token endpoint takes 30 requests at once and 10 a second.",
            "Keep a token until it expires, and share it.",
        );
    }
    let mut grants = form.iter().filter(|(name, _)| name == "grant_type").map(|(_, value)| value.as_str());
    match (grants.next(), grants.next()) {
        (Some("client_credentials"), None) => {}
        (Some(_), None) => {
            return errors::oauth(
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "The grant type is not supported",
                "There is one grant type: client_credentials.",
                "Send grant_type=client_credentials.",
            );
        }
        _ => {
            return errors::oauth(
                StatusCode::BAD_REQUEST,
                "invalid_request",
                "grant_type must be there, and once only",
                "The request lacks a parameter, or holds it twice.",
                "Send grant_type=client_credentials as application/x-www-form-urlencoded.",
            );
        }
    }
    let issued = now.as_second();
    let claims = json!({
        "iss": ISSUER,
        "sub": world.gate.key_id,
        "iat": issued,
        "exp": issued.saturating_add(world.gate.lifetime),
        "jti": ulid(now, &mut world.chance.tokens),
    });
    let encode = |part: &Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
    let signed = format!("{}.{}", encode(&json!({"alg": "HS256", "typ": "JWT"})), encode(&claims));
    let signature = world.gate.sign(&signed).finalize().into_bytes();
    Answer::ok(&json!({
        "access_token": format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)),
        "token_type": "bearer",
        "expires_in": world.gate.lifetime,
        "scope": "",
    }))
}

/// Checks the credentials of a call. Every key and token is good for every project, so there is no 403.
pub(crate) fn check(world: &World, headers: &HeaderMap, host: Host) -> Result<(), Refusal> {
    if let Some(encoded) = credentials(headers, "Basic") {
        if host == Host::Batch {
            return Err(Refusal::unauthenticated("This host takes bearer tokens only", "Bearer"));
        }
        let known = BASE64_STANDARD
            .decode(encoded)
            .ok()
            .and_then(|decoded| String::from_utf8(decoded).ok())
            .is_some_and(|credentials| world.gate.is_key(&credentials));
        return if known {
            Ok(())
        } else {
            Err(Refusal::unauthenticated("Unknown key id or key secret", "Basic realm=\"sandbox\""))
        };
    }
    let Some(token) = credentials(headers, "Bearer") else {
        return Err(Refusal::unauthenticated("Credentials are missing: send a bearer token", "Bearer"));
    };
    let invalid = || Refusal::unauthenticated("Invalid token", "Bearer error=\"invalid_token\"");
    let claims = world.gate.claims(token).ok_or_else(invalid)?;
    let (Some(expires), Some(id)) = (claims["exp"].as_i64(), claims["jti"].as_str()) else {
        return Err(invalid());
    };
    let now = world.now();
    if world.gate.killed.get(id).is_some() {
        return Err(expired(now));
    }
    match Timestamp::from_second(expires) {
        Ok(moment) if moment <= now => Err(expired(moment)),
        _ => Ok(()),
    }
}

/// Makes the token of a request invalid for good, and gives the refusal that says so.
pub(crate) fn kill(world: &mut World, headers: &HeaderMap) -> Refusal {
    let claims = credentials(headers, "Bearer").and_then(|token| world.gate.claims(token));
    if let Some(id) = claims.as_ref().and_then(|claims| claims["jti"].as_str()) {
        world.gate.killed.put(id.to_owned(), ());
    }
    expired(world.now())
}

fn expired(at: Timestamp) -> Refusal {
    let challenge = format!("Bearer error=\"invalid_token\", error_description=\"Jwt expired at {at}\"");
    Refusal::unauthenticated("Jwt expired", &challenge)
}

/// What follows the scheme in `authorization`. The scheme has no case (RFC 9110, section 11.1).
fn credentials<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let (given, credentials) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then(|| credentials.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bucket_holds_thirty_and_refills_ten_a_second() {
        let mut gate = Gate::new(&Options::default());
        let start = Timestamp::from_second(1_790_000_000).unwrap();
        let after =
            |milliseconds| Timestamp::from_millisecond(start.as_millisecond() + milliseconds).unwrap();
        assert_eq!((0..40).filter(|_| gate.take(start)).count(), 30);
        assert!(!gate.take(after(99)));
        assert!(gate.take(after(100)));
        assert!(!gate.take(after(150)));
        assert_eq!((0..40).filter(|_| gate.take(after(1150))).count(), 10);
        assert_eq!((0..40).filter(|_| gate.take(after(60_000))).count(), 30);
    }
}
