//! How connections are made: certificates, proxies, times. From the configuration to a client of reqwest.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::{ClientBuilder, NoProxy, Proxy};
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;
use url::Url;

use crate::addresses::Addresses;
use crate::config::{Config, ProxyChoice};
use crate::error::{Error, ErrorKind};
use crate::exchange::{Cause, Failure};
use crate::limits;
use crate::transport::failure;

/// What connections are made with. Checked, so that building a client can fail for the system's sake only.
pub(crate) struct Settings {
    connect_timeout: Duration,
    /// Whether TLS is needed at all.
    tls: bool,
    proxies: Proxies,
    /// The cryptography of TLS. Our own, and not the default of the process, which belongs to the app.
    provider: Arc<CryptoProvider>,
    /// Trusted beside the system's.
    ca_certs: Vec<CertificateDer<'static>>,
    client_certificate: Option<Arc<CertifiedKey>>,
    /// Made when it is first needed, since reading the system's certificates is I/O.
    tls_config: OnceLock<Result<ClientConfig, Failure>>,
}

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
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let ca_certs = config.ca_certs.iter().map(|pem| certificates(pem));
        let ca_certs = ca_certs.collect::<Result<Vec<_>, _>>()?.concat();
        let certificate = config.client_certificate.as_ref();
        let client_certificate = certificate.map(|pem| certified_key(&pem.0, &provider)).transpose()?;
        Ok(Self {
            connect_timeout: config.connect_timeout,
            tls: tls || behind_tls,
            proxies,
            provider,
            ca_certs,
            client_certificate: client_certificate.map(Arc::new),
            tls_config: OnceLock::new(),
        })
    }

    /// Makes a client, with connections of its own. The first one reads the system's certificates.
    pub(crate) fn build(&self) -> Result<reqwest::Client, Failure> {
        let tls = self.tls_config.get_or_init(|| {
            self.tls_config().map_err(|error| Failure::new(Cause::BadRequest, error.to_string()))
        });
        let mut builder = self.builder().tls_backend_preconfigured(tls.clone()?);
        builder = match &self.proxies {
            Proxies::Environment => builder,
            Proxies::One(proxy) => builder.proxy((**proxy).clone()),
            Proxies::None => builder.no_proxy(),
        };
        builder.build().map_err(|error| failure(error, Cause::BadRequest))
    }

    fn builder(&self) -> ClientBuilder {
        reqwest::Client::builder()
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(limits::IDLE_TIMEOUT)
            .http2_keep_alive_interval(limits::HTTP2_PING_INTERVAL)
            .http2_keep_alive_timeout(limits::HTTP2_PING_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .tcp_nodelay(true)
    }

    fn tls_config(&self) -> Result<ClientConfig, rustls::Error> {
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?;
        let builder = if self.tls {
            builder.dangerous().with_custom_certificate_verifier(self.verifier()?)
        } else {
            builder.with_root_certificates(RootCertStore::empty())
        };
        let mut config = match &self.client_certificate {
            Some(key) => {
                let resolver = rustls::sign::SingleCertAndKey::from(Arc::clone(key));
                builder.with_client_cert_resolver(Arc::new(resolver))
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }

    /// What decides whether a server's certificate is accepted: the system, and the given certificates beside it.
    fn verifier(&self) -> Result<Arc<dyn ServerCertVerifier>, rustls::Error> {
        let provider = || Arc::clone(&self.provider);
        // Android's store can be asked through its Java side only, which nothing has set up here.
        if !cfg!(target_os = "android")
            // Without certificates on this system, as in slim containers, this fails.
            && let Ok(system) = Verifier::new(provider())
        {
            if self.ca_certs.is_empty() {
                return Ok(Arc::new(system));
            }
            #[cfg(not(target_os = "android"))]
            return Ok(Arc::new(Verifier::new_with_extra_roots(self.ca_certs.iter().cloned(), provider())?));
        }
        // The authorities that Mozilla's programs trust, as they were at release.
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
        roots.add_parsable_certificates(self.ca_certs.iter().cloned());
        let verifier = rustls::client::WebPkiServerVerifier::builder_with_provider(roots.into(), provider());
        let verifier = verifier.build().map_err(|error| rustls::Error::General(error.to_string()))?;
        Ok(verifier)
    }
}

fn fault(message: &str) -> Error {
    Error::new(ErrorKind::Config, message)
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let fault = || fault("ca_certs holds no certificates that can be read: give them in PEM");
    let mut store = RootCertStore::empty();
    let mut certificates = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| fault())?;
        store.add(certificate.clone()).map_err(|_| fault())?;
        certificates.push(certificate);
    }
    if certificates.is_empty() { Err(fault()) } else { Ok(certificates) }
}

fn certified_key(pem: &[u8], provider: &CryptoProvider) -> Result<CertifiedKey, Error> {
    let fault = |what: &str| {
        let mend = "give the certificate and the private key that belongs to it, both in PEM";
        fault(&format!("the client certificate (client_certificate) {what}: {mend}"))
    };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(|| fault("cannot be read"))?;
    let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| fault("has no private key that can be read"))?;
    CertifiedKey::from_der(chain, key, provider).map_err(|_| fault("does not fit its private key"))
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
    }

    #[test]
    fn the_cryptography_of_the_process_stays_the_apps_own() {
        let config = Config::new("project", Credentials::token("token")).base_url("https://api.example.test");
        let settings = Settings::of(&config, &Addresses::of(&config).unwrap()).unwrap();
        settings.build().unwrap();
        assert!(CryptoProvider::get_default().is_none());
    }
}
