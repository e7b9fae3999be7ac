//! How a client is set up. Built once, then immutable; building does no I/O.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use crate::credentials::{Credentials, Secret};
use crate::error::{Error, ErrorKind};
use crate::events::{Events, RetryEvent};
use crate::retry::RetryPolicy;
use crate::{limits, mask};

/// A region of the API. An app lives in one; a call to another one's host gets 404.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Region(String);

impl Region {
    /// The region's name, such as `eu`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Region {
    type Err = Error;

    /// Takes `us`, `eu`, `br`, and any other name of a region that may come: letters, digits and hyphens.
    fn from_str(name: &str) -> Result<Self, Error> {
        let fits = (1..=32).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if fits {
            Ok(Self(name.to_owned()))
        } else {
            Err(Error::new(ErrorKind::Config, format!("the region is no name of one; {REGIONS}")))
        }
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

pub(crate) const REGIONS: &str = "use us, eu or br, the one the app was made in";

/// How a client is set up.
///
/// ```
/// # use tidings_core::{Config, Credentials};
/// let config = Config::new("project", Credentials::access_key("id", "secret")).region("eu".parse()?);
/// # Ok::<(), tidings_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Config {
    pub(crate) project_id: String,
    pub(crate) credentials: Credentials,
    pub(crate) region: Option<Region>,
    pub(crate) base_url: Option<String>,
    pub(crate) app_id: Option<String>,
    pub(crate) connect_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) attempt_timeout: Duration,
    pub(crate) retry: RetryPolicy,
    pub(crate) max_concurrency: usize,
    pub(crate) queue_timeout: Duration,
    /// `None` switches the limiter off.
    pub(crate) rate_limit: Option<u32>,
    pub(crate) allow_insecure: bool,
    pub(crate) ca_certs: Vec<Vec<u8>>,
    pub(crate) client_certificate: Option<ClientCertificate>,
    pub(crate) proxy: ProxyChoice,
    pub(crate) events: Events,
    pub(crate) language: (String, String),
}

impl Config {
    /// A client of one project. Say the region too, or a base URL.
    pub fn new(project_id: impl Into<String>, credentials: Credentials) -> Self {
        Self {
            project_id: project_id.into(),
            credentials,
            region: None,
            base_url: None,
            app_id: None,
            connect_timeout: limits::CONNECT_TIMEOUT,
            timeout: limits::CALL_TIMEOUT,
            attempt_timeout: limits::ATTEMPT_TIMEOUT,
            retry: RetryPolicy::default(),
            max_concurrency: limits::MAX_CONCURRENCY,
            queue_timeout: limits::QUEUE_TIMEOUT,
            rate_limit: Some(limits::REQUESTS_PER_SECOND),
            allow_insecure: false,
            ca_certs: Vec::new(),
            client_certificate: None,
            proxy: ProxyChoice::Environment,
            events: Events::default(),
            language: ("rust".to_owned(), env!("CARGO_PKG_RUST_VERSION").to_owned()),
        }
    }

    /// Reads the environment: `SINCH_PROJECT_ID`, `SINCH_KEY_ID`, `SINCH_KEY_SECRET`, `SINCH_REGION` (`us`, `eu` or
    /// `br`), optionally `SINCH_APP_ID`, and `TIDINGS_BASE_URL`, one address for every host, with which the region is
    /// optional. An empty variable counts as unset. The error names everything that is missing.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// The same from another source of variables.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        Self::from_variables_or(variable, None)
    }

    /// The same where the credentials may be there already, and then no key is looked for.
    pub(crate) fn from_variables_or(
        variable: impl Fn(&str) -> Option<String>,
        credentials: Option<Credentials>,
    ) -> Result<Self, Error> {
        let mut missing = Vec::new();
        let read = |name: &str| variable(name).filter(|value| !value.is_empty());
        let mut required = |name: &'static str| {
            read(name).unwrap_or_else(|| {
                missing.push(name);
                String::new()
            })
        };
        let project = required("SINCH_PROJECT_ID");
        let credentials = credentials.unwrap_or_else(|| {
            Credentials::access_key(required("SINCH_KEY_ID"), required("SINCH_KEY_SECRET"))
        });
        let base_url = read("TIDINGS_BASE_URL");
        let region = if base_url.is_some() { read("SINCH_REGION") } else { Some(required("SINCH_REGION")) };
        if !missing.is_empty() {
            let hint = if missing.contains(&"SINCH_REGION") {
                format!("; for SINCH_REGION {REGIONS}")
            } else {
                String::new()
            };
            return Err(Error::new(
                ErrorKind::Config,
                format!("these environment variables are not set: {}{hint}", missing.join(", ")),
            ));
        }
        let mut config = Self::new(project, credentials);
        if let Some(region) = region {
            config = config.region(region.parse()?);
        }
        config.base_url = base_url;
        config.app_id = read("SINCH_APP_ID");
        Ok(config)
    }

    /// The region of the apps. There is no default: a call to the wrong region gets 404.
    pub fn region(mut self, region: Region) -> Self {
        self.region = Some(region);
        self
    }

    /// One address for every host, such as that of a sandbox. Plain `http://` is taken for this machine only
    /// (`localhost`, `127.0.0.1`, `[::1]`), unless [`Config::allow_insecure`] is set.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// The app that is meant where a call needs one and names none. It fills in a required `app_id` of a body or query,
    /// and never one in a path or one that only narrows a call down.
    pub fn app_id(mut self, app_id: impl Into<String>) -> Self {
        self.app_id = Some(app_id.into());
        self
    }

    /// How long a connection may take to come up. Default: [`limits::CONNECT_TIMEOUT`].
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long a call may take, all waiting and retries included. Default: [`limits::CALL_TIMEOUT`].
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long one attempt may take. Default and meaning: [`limits::ATTEMPT_TIMEOUT`].
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// How often and after which pauses a call is retried. Only what is certain not to happen twice is ever retried.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// The most attempts at a time; further ones wait for their turn. At least 1. Default: [`limits::MAX_CONCURRENCY`].
    pub fn max_concurrency(mut self, attempts: usize) -> Self {
        self.max_concurrency = attempts;
        self
    }

    /// How long an attempt may wait for its turn among [`Config::max_concurrency`] others. The call then ends with `timeout`,
    /// and what waited was not sent. Default: [`limits::QUEUE_TIMEOUT`].
    pub fn queue_timeout(mut self, timeout: Duration) -> Self {
        self.queue_timeout = timeout;
        self
    }

    /// The most requests a second, evenly spaced, retries included. Shared by all clients of the process with the same
    /// project, address and rate; other processes are not seen. At least 1. Default: [`limits::REQUESTS_PER_SECOND`].
    pub fn rate_limit(mut self, requests_per_second: u32) -> Self {
        self.rate_limit = Some(requests_per_second);
        self
    }

    /// Sends without a limit of our own. The API's limits hold all the same: what is beyond them gets 429 and is tried again.
    pub fn no_rate_limit(mut self) -> Self {
        self.rate_limit = None;
        self
    }

    /// Trusts these certificates too, beside the system's: one or more in PEM, such as those of a company's own authority.
    /// May be called more than once.
    pub fn ca_certs(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.ca_certs.push(pem.into());
        self
    }

    /// Shows the server this certificate: its chain and its private key, all in PEM.
    pub fn client_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.client_certificate = Some(ClientCertificate(pem.into().into()));
        self
    }

    /// Sends everything through this proxy (`http://` or `https://`, with `user:password@` where it wants them), instead of
    /// one of the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`). What `NO_PROXY` names goes directly, and so does
    /// everything for this machine.
    pub fn proxy(mut self, url: impl Into<Secret>) -> Self {
        self.proxy = ProxyChoice::Url(url.into());
        self
    }

    /// Sends everything directly, whatever proxy the environment names.
    pub fn no_proxy(mut self) -> Self {
        self.proxy = ProxyChoice::None;
        self
    }

    /// Calls this before every retry, with what made it necessary. It runs on the thread of the call: it must be quick, and
    /// must not block.
    pub fn on_retry(mut self, told: impl Fn(&RetryEvent) + Send + Sync + 'static) -> Self {
        self.events.on_retry = Some(Arc::new(told));
        self
    }

    /// Calls this for every call that may have been carried out and whose caller cannot know: those that end with
    /// [`ErrorKind::UnknownOutcome`], and those that nobody waits for any more, called off after their body was handed over
    /// (kind `cancelled`). [`Error::evidence`] says what to look for. It must be quick, and must not block.
    ///
    /// ```
    /// # use tidings_core::{Config, Credentials};
    /// let config = Config::new("project", Credentials::access_key("id", "secret")).on_unknown(|error| {
    ///     let mine = error.evidence().and_then(|evidence| evidence.message_metadata.as_deref());
    ///     println!("look for {mine:?} before you send it again");
    /// });
    /// ```
    pub fn on_unknown(mut self, told: impl Fn(&Error) + Send + Sync + 'static) -> Self {
        self.events.on_unknown = Some(Arc::new(told));
        self
    }

    /// Takes a plain `http://` base URL for another machine. Credentials and messages then travel in clear.
    pub fn allow_insecure(mut self, allow: bool) -> Self {
        self.allow_insecure = allow;
        self
    }

    /// The language that uses the engine, for the `User-Agent`.
    #[doc(hidden)]
    pub fn language(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.language = (name.into(), version.into());
        self
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A URL with a user in it is refused later, and may be printed before.
        let base_url = self.base_url.as_deref().map(|url| if url.contains('@') { mask::SECRET } else { url });
        formatter
            .debug_struct("Config")
            .field("project_id", &self.project_id)
            .field("credentials", &self.credentials)
            .field("region", &self.region)
            .field("base_url", &base_url)
            .field("app_id", &self.app_id)
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("retry", &self.retry)
            .field("max_concurrency", &self.max_concurrency)
            .field("queue_timeout", &self.queue_timeout)
            .field("rate_limit", &self.rate_limit)
            .field("proxy", &self.proxy)
            .finish_non_exhaustive()
    }
}

/// Which proxy is used.
#[derive(Clone, Debug)]
pub(crate) enum ProxyChoice {
    Environment,
    /// As a secret: it may hold a password.
    Url(Secret),
    None,
}

/// A certificate and its private key in PEM. Shown nowhere.
#[derive(Clone)]
pub(crate) struct ClientCertificate(pub(crate) Arc<[u8]>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_cannot_point_to_another_host() {
        for name in ["", "EU", "evil.example.com/", "eu#", "e u"] {
            assert!(name.parse::<Region>().is_err(), "{name}");
        }
    }

    #[test]
    fn the_environment_names_all_that_is_missing() {
        let error = Config::from_variables(|_| None).unwrap_err().to_string();
        for name in ["SINCH_PROJECT_ID", "SINCH_KEY_ID", "SINCH_KEY_SECRET", "SINCH_REGION", "us, eu or br"] {
            assert!(error.contains(name), "{name} in {error}");
        }
        let some = |name: &str| match name {
            "SINCH_PROJECT_ID" | "SINCH_KEY_ID" => Some("x".to_owned()),
            "SINCH_KEY_SECRET" => Some(String::new()),
            "TIDINGS_BASE_URL" => Some("http://127.0.0.1:1".to_owned()),
            _ => None,
        };
        let error = Config::from_variables(some).unwrap_err().to_string();
        assert!(error.contains("SINCH_KEY_SECRET") && !error.contains("SINCH_REGION"), "{error}");
    }

    #[test]
    fn a_config_shows_no_secret() {
        let config = Config::new("project", Credentials::access_key("key", "hunter2"));
        let config = config.base_url("https://user:hunter2@example.com");
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
