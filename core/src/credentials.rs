//! How a client shows who it is.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::mask;

/// A secret: shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Takes a secret in.
    pub fn new(secret: impl Into<Arc<str>>) -> Self {
        Self(secret.into())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl<T: Into<Arc<str>>> From<T> for Secret {
    fn from(secret: T) -> Self {
        Self::new(secret)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(mask::SECRET)
    }
}

/// How a client shows who it is.
#[derive(Clone)]
#[non_exhaustive]
pub enum Credentials {
    /// An access key of the project, traded for OAuth2 tokens (RFC 6749, client credentials). For servers: a key secret
    /// must never be part of an app on somebody's phone; use [`Credentials::Provider`] there.
    AccessKey {
        /// The key's id.
        key_id: String,
        /// The key's secret.
        key_secret: Secret,
    },
    /// The access key itself with every call (HTTP Basic, RFC 7617). For tests only: the API limits it hard, and the
    /// secret travels each time. The batch host does not take it.
    Basic {
        /// The key's id.
        key_id: String,
        /// The key's secret.
        key_secret: Secret,
    },
    /// One fixed bearer token. It is never renewed: when it ends, calls fail with `auth`.
    Token(Secret),
    /// The app's own code gets the tokens, for instance from its backend.
    Provider(Arc<dyn TokenProvider>),
}

impl Credentials {
    /// An access key, traded for OAuth2 tokens.
    pub fn access_key(key_id: impl Into<String>, key_secret: impl Into<Secret>) -> Self {
        Self::AccessKey { key_id: key_id.into(), key_secret: key_secret.into() }
    }

    /// The access key with every call. For tests only.
    pub fn basic(key_id: impl Into<String>, key_secret: impl Into<Secret>) -> Self {
        Self::Basic { key_id: key_id.into(), key_secret: key_secret.into() }
    }

    /// One fixed bearer token.
    pub fn token(token: impl Into<Secret>) -> Self {
        Self::Token(token.into())
    }

    /// The app's own code gets the tokens.
    pub fn provider(provider: impl TokenProvider) -> Self {
        Self::Provider(Arc::new(provider))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = match self {
            Self::AccessKey { .. } => "AccessKey",
            Self::Basic { .. } => "Basic",
            Self::Token(_) => "Token",
            Self::Provider(_) => "Provider",
        };
        write!(formatter, "{mode}({})", mask::SECRET)
    }
}

/// A token that a [`TokenProvider`] hands out.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ProvidedToken {
    /// The bearer token.
    pub token: Secret,
    /// How long it is good from now on. Without it the `exp` claim counts if the token is a JWT (RFC 7519), else
    /// [`crate::limits::TOKEN_DEFAULT_LIFE`].
    pub expires_in: Option<Duration>,
}

impl ProvidedToken {
    /// A token that says itself how long it is good, or does not.
    pub fn new(token: impl Into<Secret>) -> Self {
        Self { token: token.into(), expires_in: None }
    }

    /// Says how long it is good from now on.
    pub fn expires_in(mut self, life: Duration) -> Self {
        self.expires_in = Some(life);
        self
    }
}

/// What went wrong in the app's own code.
pub type ProviderError = Box<dyn StdError + Send + Sync>;

/// What a [`TokenProvider`] returns.
pub type TokenFuture<'a> = Pin<Box<dyn Future<Output = Result<ProvidedToken, ProviderError>> + Send + 'a>>;

/// Gets tokens from wherever the app has them. Called by one task at a time, and only when a new token is needed.
///
/// An error, an empty token, a panic or more than [`crate::limits::PROVIDER_TIMEOUT`] end the calls that wait with
/// `auth`; the next call asks again. Any closure that returns a future will do:
///
/// ```
/// # use tidings_core::{Credentials, ProvidedToken};
/// let credentials = Credentials::provider(|| async { Ok(ProvidedToken::new("token of the backend")) });
/// ```
pub trait TokenProvider: Send + Sync + 'static {
    /// Gets a token that is good from now on.
    fn token(&self) -> TokenFuture<'_>;
}

impl<F, T> TokenProvider for F
where
    F: Fn() -> T + Send + Sync + 'static,
    T: Future<Output = Result<ProvidedToken, ProviderError>> + Send + 'static,
{
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(self())
    }
}
