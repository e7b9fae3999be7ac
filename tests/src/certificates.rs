//! A private certificate authority and what it signs, made anew for each test: nothing secret lies in the repository, and
//! nothing runs out.

use std::io;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    date_time_ymd,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate authority that nobody trusts unless told to.
#[derive(Debug)]
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its private key.
#[derive(Debug)]
pub struct Identity {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) key: PrivateKeyDer<'static>,
    certificate_pem: String,
    key_pem: String,
}

impl Authority {
    /// Makes an authority.
    pub fn new() -> io::Result<Self> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().map_err(io::Error::other)?;
        CertifiedIssuer::self_signed(params, key).map(Self).map_err(io::Error::other)
    }

    /// Its certificate in PEM: what a client that trusts it is given.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    pub(crate) fn certificate(&self) -> &CertificateDer<'static> {
        self.0.der()
    }

    /// A server under this name, which may be an IP address.
    pub fn server(&self, name: &str) -> io::Result<Identity> {
        self.sign(name, ExtendedKeyUsagePurpose::ServerAuth, |_| ())
    }

    /// A server whose certificate ran out years ago.
    pub fn expired_server(&self, name: &str) -> io::Result<Identity> {
        self.sign(name, ExtendedKeyUsagePurpose::ServerAuth, |params| {
            params.not_after = date_time_ymd(2020, 1, 1);
        })
    }

    /// A client.
    pub fn client(&self, name: &str) -> io::Result<Identity> {
        self.sign(name, ExtendedKeyUsagePurpose::ClientAuth, |_| ())
    }

    fn sign(
        &self,
        name: &str,
        purpose: ExtendedKeyUsagePurpose,
        change: impl FnOnce(&mut CertificateParams),
    ) -> io::Result<Identity> {
        let mut params = CertificateParams::new([name.to_owned()]).map_err(io::Error::other)?;
        params.extended_key_usages = vec![purpose];
        change(&mut params);
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = params.signed_by(&key, &self.0).map_err(io::Error::other)?;
        Ok(Identity {
            certificate: certificate.der().clone(),
            key: PrivateKeyDer::try_from(key.serialize_der()).map_err(io::Error::other)?,
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
        })
    }
}

impl Identity {
    /// Certificate and private key in PEM, as a client shows itself with them.
    pub fn pem(&self) -> String {
        format!("{}{}", self.certificate_pem, self.key_pem)
    }

    /// The certificate alone, in PEM.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The private key alone, in PEM.
    pub fn key_pem(&self) -> &str {
        &self.key_pem
    }
}
