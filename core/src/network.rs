//! How connections are made: certificates, proxies, times. From the configuration to a client of reqwest.

use std::time::Duration;

use reqwest::{Certificate, ClientBuilder, Identity, NoProxy, Proxy};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use url::Url;

use crate::addresses::Addresses;
use crate::config::{Config, ProxyChoice};
use crate::error::{Error, ErrorKind};
use crate::exchange::{Cause, Failure};
use crate::limits;
use crate::transport::failure;

/// What connections are made with. Checked, so that building a client can fail for the system's sake only.
#[derive(Clone)]
pub(crate) struct Settings {
    connect_timeout: Duration,
    /// Whether TLS is needed at all.
    tls: bool,
    proxies: Proxies,
    /// Trusted beside the system's.
    ca_certs: Vec<Certificate>,
    identity: Option<Identity>,
}

#[derive(Clone)]
enum Proxies {
    Environment,
    One(Box<Proxy>),
    None,
}

impl Settings {
    /// Checks what the configuration says. No I/O.
    pub(crate) fn of(config: &Config, addresses: &Addresses) -> Result<Self, Error> {
        let (proxies, behind_tls) = match (addresses, &config.proxy) {
            // A server on this machine is never asked for through another one.
            (Addresses::Shared { loopback: true, .. }, _) | (_, ProxyChoice::None) => (Proxies::None, false),
            (_, ProxyChoice::Environment) => (Proxies::Environment, true),
            (_, ProxyChoice::Url(url)) => {
                let (proxy, behind_tls) = proxy(url.reveal())?;
                (Proxies::One(Box::new(proxy)), behind_tls)
            }
        };
        let tls = match addresses {
            Addresses::Shared { url, .. } => url.scheme() == "https",
            Addresses::Regional(_) => true,
        };
        let ca_certs = config.ca_certs.iter().map(|pem| certificates(pem));
        Ok(Self {
            connect_timeout: config.connect_timeout,
            tls: tls || behind_tls,
            proxies,
            ca_certs: ca_certs.collect::<Result<Vec<_>, _>>()?.concat(),
            identity: config.client_certificate.as_ref().map(|pem| identity(&pem.0)).transpose()?,
        })
    }

    /// Makes a client. Reads the system's certificates.
    pub(crate) fn build(&self) -> Result<reqwest::Client, Failure> {
        if !self.tls {
            return self
                .builder()
                .tls_certs_only([])
                .build()
                .map_err(|error| failure(error, Cause::BadRequest));
        }
        let bundled = || {
            let certificates = bundled().chain(self.ca_certs.clone());
            let built = self.builder().tls_certs_only(certificates).build();
            built.map_err(|error| failure(error, Cause::BadRequest))
        };
        // Android's store can be asked through its Java side only, which nothing has set up here.
        if cfg!(target_os = "android") {
            return bundled();
        }
        // Without certificates on this system, as in slim containers, this fails.
        let Ok(client) = self.builder().build() else { return bundled() };
        if self.ca_certs.is_empty() {
            return Ok(client);
        }
        self.builder().tls_certs_merge(self.ca_certs.clone()).build().or_else(|_| bundled())
    }

    fn builder(&self) -> ClientBuilder {
        let mut builder = reqwest::Client::builder()
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(limits::IDLE_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .tcp_nodelay(true);
        if let Some(identity) = &self.identity {
            builder = builder.identity(identity.clone());
        }
        match &self.proxies {
            Proxies::Environment => builder,
            Proxies::One(proxy) => builder.proxy((**proxy).clone()),
            Proxies::None => builder.no_proxy(),
        }
    }
}

fn fault(message: &str) -> Error {
    Error::new(ErrorKind::Config, message)
}

/// The authorities that Mozilla's programs trust, as they were at release.
fn bundled() -> impl Iterator<Item = Certificate> {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .filter_map(|certificate| Certificate::from_der(certificate).ok())
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate>, Error> {
    let fault = || fault("ca_certs holds no certificates that can be read: give them in PEM");
    let mut store = RootCertStore::empty();
    let mut certificates = Vec::new();
    for der in CertificateDer::pem_slice_iter(pem) {
        let der = der.map_err(|_| fault())?;
        store.add(der.clone()).map_err(|_| fault())?;
        certificates.push(Certificate::from_der(&der).map_err(|_| fault())?);
    }
    if certificates.is_empty() { Err(fault()) } else { Ok(certificates) }
}

fn identity(pem: &[u8]) -> Result<Identity, Error> {
    Identity::from_pem(pem).map_err(|_| {
        fault("the client certificate cannot be read: give the certificate and its private key, both in PEM")
    })
}

/// The proxy, and whether it is spoken to over TLS.
fn proxy(url: &str) -> Result<(Proxy, bool), Error> {
    // What cannot be read may hold a password, so no text is quoted.
    let fault = || {
        fault(
            "the proxy is no URL that begins with http:// or https://, such as http://proxy.example.com:3128",
        )
    };
    let parsed = Url::parse(url).map_err(|_| fault())?;
    if !matches!(parsed.scheme(), "http" | "https") || !parsed.has_host() {
        return Err(fault());
    }
    let behind_tls = parsed.scheme() == "https";
    let proxy = Proxy::all(parsed).map_err(|_| fault())?;
    Ok((proxy.no_proxy(NoProxy::from_env()), behind_tls))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::Credentials;

    fn refused(set: impl FnOnce(Config) -> Config) -> Error {
        let config = Config::new("project", Credentials::token("token")).base_url("https://api.example.test");
        let config = set(config);
        let error = Settings::of(&config, &Addresses::of(&config).unwrap()).err().unwrap();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Config, 0));
        error
    }

    #[test]
    fn what_is_no_pem_is_refused_before_any_call() {
        let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for text in ["", "no PEM", pem] {
            assert!(refused(|config| config.ca_certs(text)).message().contains("ca_certs"), "{text}");
            assert!(
                refused(|config| config.client_certificate(text)).message().contains("private key"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_refused_and_its_password_is_not_shown() {
        for url in ["", "proxy", "socks5://user:hunter2@proxy.test", "http://", "user:hunter2@proxy.test:1"] {
            let config = |config: Config| config.proxy(url);
            let error = refused(config);
            assert!(
                error.message().contains("http://") && !format!("{error:?}").contains("hunter2"),
                "{url}"
            );
        }
        let config =
            Config::new("project", Credentials::token("token")).proxy("http://user:hunter2@proxy.test");
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn the_bundled_authorities_can_be_read_and_used() {
        let mut store = RootCertStore::empty();
        let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS;
        let (used, ignored) = store.add_parsable_certificates(roots.iter().cloned());
        assert!(used > 100 && ignored == 0, "{used} used, {ignored} ignored");
        assert_eq!(bundled().count(), roots.len());
    }
}
