//! Where the API is: one host of a region for each part of it, or one address for all.

use std::net::IpAddr;

use url::{Host, Url};

use crate::config::{Config, REGIONS, Region};
use crate::error::{Error, ErrorKind};

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

    /// What the API counts the requests of a project for.
    pub(crate) fn origin(&self) -> String {
        let url = match self {
            Self::Shared { url, .. } => url,
            Self::Regional(hosts) => &hosts.conversation,
        };
        url.origin().ascii_serialization()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::Credentials;

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
}
