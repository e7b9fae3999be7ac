//! A configuration as plain values.

use std::sync::Arc;
use std::time::Duration;

use crate::config::Config;
use crate::credentials::{Credentials, TokenProvider};
use crate::error::{Error, ErrorKind};

/// A [`Config`] as plain values, none of which was checked. What is `None` keeps its default.
///
/// Holds secrets, and has no `Debug` for that reason.
#[derive(Clone, Default)]
#[allow(clippy::exhaustive_structs, reason = "every field must be reachable from every language")]
pub struct ConfigRecord {
    /// Whether the variables of the environment count where nothing is given, as in [`Config::from_env`].
    pub from_environment: bool,
    /// The project's id.
    pub project_id: Option<String>,
    /// The access key's id.
    pub key_id: Option<String>,
    /// The access key's secret.
    pub key_secret: Option<String>,
    /// Send the access key itself with every call. For tests only.
    pub basic_authentication: bool,
    /// One fixed bearer token, instead of an access key.
    pub token: Option<String>,
    /// The region's name.
    pub region: Option<String>,
    /// One address for every host.
    pub base_url: Option<String>,
    /// The app that is meant where a call needs one and names none.
    pub app_id: Option<String>,
    /// How long a call may take, all waiting and retries included.
    pub timeout: Option<Duration>,
    /// How long a connection may take to come up.
    pub connect_timeout: Option<Duration>,
    /// How long one attempt may take.
    pub attempt_timeout: Option<Duration>,
    /// The most retries of one call.
    pub max_retries: Option<u32>,
    /// Bound of the first pause before a retry.
    pub backoff_base: Option<Duration>,
    /// Bound of every pause before a retry.
    pub backoff_cap: Option<Duration>,
    /// The retries in reserve for all calls together.
    pub retry_budget: Option<u32>,
    /// The most attempts at a time.
    pub max_concurrency: Option<u32>,
    /// How long an attempt may wait for its turn among them.
    pub queue_timeout: Option<Duration>,
    /// The most requests a second.
    pub rate_limit: Option<u32>,
    /// Send without a limit of our own.
    pub no_rate_limit: bool,
    /// Certificates that are trusted beside the system's, in PEM.
    pub ca_certs: Option<Vec<u8>>,
    /// The certificate to show the server, with its private key, in PEM.
    pub client_certificate: Option<Vec<u8>>,
    /// The proxy, instead of one of the environment.
    pub proxy: Option<String>,
    /// Send directly, whatever proxy the environment names.
    pub no_proxy: bool,
    /// Take a plain `http://` base URL for another machine.
    pub allow_insecure: bool,
    /// The language that uses the engine, for the `User-Agent`.
    pub language: String,
    /// That language's version.
    pub language_version: String,
}

impl ConfigRecord {
    /// Checks the record. `provider` is the app's own way to get tokens, instead of an access key.
    pub fn into_config(self, provider: Option<Arc<dyn TokenProvider>>) -> Result<Config, Error> {
        self.into_config_reading(provider, |name| std::env::var(name).ok())
    }

    /// The same for a language whose environment is not that of the process, such as a worker's `process.env` in Node.js.
    pub fn into_config_reading(
        self,
        provider: Option<Arc<dyn TokenProvider>>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Config, Error> {
        let credentials = self.credentials(provider)?;
        let mut config = if self.from_environment {
            let variable = |name: &str| self.given(name).or_else(|| environment(name));
            Config::from_variables_or(variable, credentials)?
        } else {
            let credentials = credentials.ok_or_else(|| {
                fault("no credentials are given: an access key (its id and its secret), a token or a token provider")
            })?;
            let mut config = Config::new(self.project_id.unwrap_or_default(), credentials);
            if let Some(region) = self.region {
                config = config.region(region.parse()?);
            }
            (config.base_url, config.app_id) = (self.base_url, self.app_id);
            config
        };
        config.timeout = self.timeout.unwrap_or(config.timeout);
        config.connect_timeout = self.connect_timeout.unwrap_or(config.connect_timeout);
        config.attempt_timeout = self.attempt_timeout.unwrap_or(config.attempt_timeout);
        let retry = &mut config.retry;
        retry.max_retries = self.max_retries.unwrap_or(retry.max_retries);
        retry.base = self.backoff_base.unwrap_or(retry.base);
        retry.cap = self.backoff_cap.unwrap_or(retry.cap);
        retry.budget = self.retry_budget.unwrap_or(retry.budget);
        let places = self.max_concurrency.and_then(|attempts| usize::try_from(attempts).ok());
        config.max_concurrency = places.unwrap_or(config.max_concurrency);
        config.queue_timeout = self.queue_timeout.unwrap_or(config.queue_timeout);
        config = match (self.rate_limit, self.no_rate_limit) {
            (Some(_), true) => {
                return Err(fault("rate_limit and no_rate_limit are both given: use one of them"));
            }
            (Some(rate), false) => config.rate_limit(rate),
            (None, true) => config.no_rate_limit(),
            (None, false) => config,
        };
        config = match (self.proxy, self.no_proxy) {
            (Some(_), true) => return Err(fault("proxy and no_proxy are both given: use one of them")),
            (Some(url), false) => config.proxy(url),
            (None, true) => config.no_proxy(),
            (None, false) => config,
        };
        config.ca_certs.extend(self.ca_certs);
        if let Some(pem) = self.client_certificate {
            config = config.client_certificate(pem);
        }
        Ok(config.allow_insecure(self.allow_insecure).language(self.language, self.language_version))
    }

    /// What stands in the record under the name of a variable.
    fn given(&self, name: &str) -> Option<String> {
        match name {
            "SINCH_PROJECT_ID" => self.project_id.clone(),
            "SINCH_REGION" => self.region.clone(),
            "SINCH_APP_ID" => self.app_id.clone(),
            "TIDINGS_BASE_URL" => self.base_url.clone(),
            _ => None,
        }
    }

    /// The credentials in the record, if there are any: one way, and whole.
    fn credentials(&self, provider: Option<Arc<dyn TokenProvider>>) -> Result<Option<Credentials>, Error> {
        let key = match (&self.key_id, &self.key_secret) {
            (Some(id), Some(secret)) if self.basic_authentication => {
                Some(Credentials::basic(id.as_str(), secret.as_str()))
            }
            (Some(id), Some(secret)) => Some(Credentials::access_key(id.as_str(), secret.as_str())),
            (None, None) => None,
            _ => return Err(fault("an access key has an id and a secret, and only one of them is given")),
        };
        let token = self.token.as_deref().map(Credentials::token);
        let provider = provider.map(Credentials::Provider);
        let mut ways = [key, token, provider].into_iter().flatten();
        let credentials = ways.next();
        if ways.next().is_some() {
            return Err(fault(
                "credentials are given in more than one way: use an access key, a token or a token provider",
            ));
        }
        Ok(credentials)
    }
}

fn fault(message: &str) -> Error {
    Error::new(ErrorKind::Config, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> ConfigRecord {
        ConfigRecord {
            project_id: Some("project".into()),
            base_url: Some("http://127.0.0.1:9".into()),
            language: "test".into(),
            language_version: "1".into(),
            ..ConfigRecord::default()
        }
    }

    fn refused(record: ConfigRecord) -> String {
        let error = record.into_config(None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        error.to_string()
    }

    #[test]
    fn credentials_are_given_in_one_way_and_whole() {
        assert!(refused(record()).contains("no credentials"));
        let key = |id: &str| Some(id.to_owned());
        assert!(refused(ConfigRecord { key_id: key("id"), ..record() }).contains("only one of them"));
        let both = ConfigRecord { key_id: key("id"), key_secret: key("s"), token: key("t"), ..record() };
        assert!(refused(both).contains("more than one way"));
        for good in [
            ConfigRecord { key_id: key("id"), key_secret: key("s"), ..record() },
            ConfigRecord { token: key("t"), ..record() },
        ] {
            assert!(good.into_config(None).is_ok());
        }
    }

    #[test]
    fn what_excludes_each_other_is_given_once() {
        let token = || ConfigRecord { token: Some("token".into()), ..record() };
        let rates = ConfigRecord { rate_limit: Some(5), no_rate_limit: true, ..token() };
        assert!(refused(rates).contains("rate_limit"));
        let proxies = ConfigRecord { proxy: Some("http://p".into()), no_proxy: true, ..token() };
        assert!(refused(proxies).contains("no_proxy"));
    }

    #[test]
    fn every_limit_reaches_the_engine() {
        let given = ConfigRecord {
            token: Some("token".into()),
            backoff_base: Some(Duration::from_millis(1)),
            backoff_cap: Some(Duration::from_millis(2)),
            retry_budget: Some(3),
            max_concurrency: Some(4),
            queue_timeout: Some(Duration::from_millis(5)),
            rate_limit: Some(6),
            ..record()
        };
        let config = given.into_config(None).unwrap();
        let millis = |time: Duration| time.as_millis();
        assert_eq!((millis(config.retry.base), millis(config.retry.cap), config.retry.budget), (1, 2, 3));
        assert_eq!(
            (config.max_concurrency, millis(config.queue_timeout), config.rate_limit),
            (4, 5, Some(6))
        );
        let off = ConfigRecord { token: Some("token".into()), no_rate_limit: true, ..record() };
        assert_eq!(off.into_config(None).unwrap().rate_limit, None);
    }

    #[test]
    fn an_environment_can_be_the_language_s_own() {
        let environment = |name: &str| match name {
            "SINCH_PROJECT_ID" | "SINCH_KEY_ID" | "SINCH_KEY_SECRET" => Some(format!("value of {name}")),
            "TIDINGS_BASE_URL" => Some("http://127.0.0.1:9".to_owned()),
            _ => None,
        };
        let given = ConfigRecord { from_environment: true, ..ConfigRecord::default() };
        let config = given.clone().into_config_reading(None, environment).unwrap();
        assert_eq!(config.project_id, "value of SINCH_PROJECT_ID");
        let error = given.into_config_reading(None, |_| None).unwrap_err();
        assert!(error.message().contains("SINCH_PROJECT_ID"));
    }

    #[test]
    fn what_is_given_counts_more_than_the_environment() {
        let given = ConfigRecord {
            from_environment: true,
            token: Some("token".into()),
            region: Some("br".into()),
            timeout: Some(Duration::from_secs(7)),
            ..record()
        };
        let config = given.into_config(None).unwrap();
        assert_eq!(config.project_id, "project");
        assert_eq!(config.timeout, Duration::from_secs(7));
        assert_eq!(config.region.unwrap().as_str(), "br");
    }
}
