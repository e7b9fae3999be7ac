//! A TLS front: whatever comes over TLS goes on, decrypted, to a plain server on this machine.

use std::io;
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::version::TLS12;
use tokio_rustls::rustls::{ALL_VERSIONS, RootCertStore, ServerConfig};

use crate::certificates::{Authority, Identity};
use crate::loopback::{Loopback, authority};

/// How a server here speaks TLS. Its clients call it `localhost`.
#[derive(Clone, Copy, Debug)]
pub struct Tls<'a> {
    identity: &'a Identity,
    clients: Option<&'a Authority>,
    only_1_2: bool,
}

impl<'a> Tls<'a> {
    /// TLS 1.2 and 1.3 under this certificate.
    pub fn new(identity: &'a Identity) -> Self {
        Self { identity, clients: None, only_1_2: false }
    }

    /// Serves nobody without a client certificate of this authority.
    pub fn demands_client_of(mut self, authority: &'a Authority) -> Self {
        self.clients = Some(authority);
        self
    }

    /// Speaks TLS 1.2 only.
    pub fn only_1_2(mut self) -> Self {
        self.only_1_2 = true;
        self
    }

    /// For one protocol over TLS, by its ALPN name.
    pub(crate) fn acceptor(self, protocol: &str) -> io::Result<TlsAcceptor> {
        let provider = Arc::new(ring::default_provider());
        let only_1_2 = [&TLS12];
        let versions = if self.only_1_2 { &only_1_2[..] } else { ALL_VERSIONS };
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .map_err(io::Error::other)?;
        let builder = match self.clients {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.certificate().clone()).map_err(io::Error::other)?;
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().map_err(io::Error::other)?)
            }
        };
        let mut config = builder
            .with_single_cert(vec![self.identity.certificate.clone()], self.identity.key.clone_key())
            .map_err(io::Error::other)?;
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// A TLS front for HTTP/1.1.
#[derive(Debug)]
pub struct TlsServer(Loopback);

impl TlsServer {
    /// Starts one before the plain server at the `http://` address `target`.
    pub async fn start(target: &str, tls: Tls<'_>) -> io::Result<Self> {
        let target = authority(target);
        let acceptor = tls.acceptor("http/1.1")?;
        let loopback = Loopback::listen(move |stream, _| {
            let (target, acceptor) = (target.clone(), acceptor.clone());
            async move {
                let mut inside = acceptor.accept(stream).await?;
                let mut outside = TcpStream::connect(target).await?;
                copy_bidirectional(&mut inside, &mut outside).await.map(drop)
            }
        });
        Ok(Self(loopback.await?))
    }

    /// Where it is, on `localhost`.
    pub fn url(&self) -> String {
        self.url_as("localhost")
    }

    /// Where it is under another name of this machine.
    pub fn url_as(&self, host: &str) -> String {
        format!("https://{host}:{}", self.0.port())
    }

    /// How many connections were made to it, those that failed in TLS included.
    pub fn connections(&self) -> usize {
        self.0.connections()
    }
}
