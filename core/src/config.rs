//! How a client is set up. Built once, then immutable; building does no I/O.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use url::{Host, Url};

use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};
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

const REGIONS: &str = "use us, eu or br, the one the app was made in";

/// Pauses between retries: full jitter, that is a random time between zero and a bound that doubles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// The most retries of one call; 0 switches them off.
    pub max_retries: u32,
    /// Bound of the first pause.
    pub base: Duration,
    /// Bound of every pause.
    pub cap: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { max_retries: limits::MAX_RETRIES, base: limits::BACKOFF_BASE, cap: limits::BACKOFF_CAP }
    }
}

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
    pub(crate) allow_insecure: bool,
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
            allow_insecure: false,
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
            .finish_non_exhaustive()
    }
}

impl RetryPolicy {
    /// At most this many retries.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// Bounds of the first and of every pause.
    pub fn pauses(mut self, base: Duration, cap: Duration) -> Self {
        (self.base, self.cap) = (base, cap);
        self
    }
}

/// Where the hosts are.
#[derive(Clone, Debug)]
pub(crate) enum Addresses {
    Shared { url: Url, loopback: bool },
    Regional(Box<Hosts>),
}

/// The hosts of a region, and the one that all regions share.
#[derive(Clone, Debug)]
pub(crate) struct Hosts {
    pub(crate) conversation: Url,
    pub(crate) template: Url,
    pub(crate) batch: Url,
    pub(crate) auth: Url,
}

impl Hosts {
    fn of(region: &Region) -> Result<Self, Error> {
        let url = |host: String| {
            Url::parse(&format!("https://{host}.sinch.com")).map_err(|_| {
                Error::new(ErrorKind::Config, format!("the region is no name of one; {REGIONS}"))
            })
        };
        let region = region.as_str();
        Ok(Self {
            conversation: url(format!("{region}.conversation.api"))?,
            template: url(format!("{region}.template.api"))?,
            batch: url(format!("{region}.conversationbatch.api"))?,
            auth: url("auth".to_owned())?,
        })
    }
}

impl Addresses {
    pub(crate) fn of(config: &Config) -> Result<Self, Error> {
        let fault = |message: &str| Error::new(ErrorKind::Config, message);
        if config.project_id.is_empty() {
            return Err(fault("the project id is empty"));
        }
        let Some(url) = &config.base_url else {
            let region =
                config.region.as_ref().ok_or_else(|| fault(&format!("no region is set: {REGIONS}")))?;
            return Hosts::of(region).map(|hosts| Self::Regional(Box::new(hosts)));
        };
        let url =
            Url::parse(url).map_err(|_| fault("the base URL is no URL, such as http://127.0.0.1:4000"))?;
        let loopback = match url.host() {
            Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
            Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
            Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
            None => false,
        };
        match url.scheme() {
            "https" => {}
            "http" if loopback || config.allow_insecure => {}
            "http" => {
                return Err(fault(
                    "the base URL is plain http:// to another machine, which would show the credentials to the \
                     network: use https://, or allow insecure addresses in the configuration",
                ));
            }
            _ => return Err(fault("the base URL must begin with https:// or http://")),
        }
        if !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some()
        {
            return Err(fault("the base URL must have no user, password, query or fragment"));
        }
        Ok(Self::Shared { url, loopback })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(config: Config) -> String {
        let error = Addresses::of(&config).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        error.to_string()
    }

    fn config() -> Config {
        Config::new("project", Credentials::token("token"))
    }

    #[test]
    fn no_region_is_guessed() {
        assert!(refused(config()).contains("us, eu or br"));
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for url in ["http://localhost:1", "http://127.8.0.1:1", "http://[::1]:1", "https://example.com"] {
            assert!(Addresses::of(&config().base_url(url)).is_ok(), "{url}");
        }
        for url in ["http://example.com", "http://localhost.example.com", "http://10.0.0.1"] {
            assert!(refused(config().base_url(url)).contains("https://"), "{url}");
            assert!(Addresses::of(&config().base_url(url).allow_insecure(true)).is_ok(), "{url}");
        }
    }

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
