//! Why a callback is not accepted.

use std::fmt;

use super::ALGORITHM;

/// Why a callback was not accepted. A webhook's server should answer 401 to it, and show its sender nothing more.
///
/// | name | meaning | what to mend |
/// | --- | --- | --- |
/// | `missing_header` | a header of the signature is not there, or empty | the webhook has no secret, or a proxy drops headers |
/// | `malformed_header` | such a header is no visible ASCII, no base64, no number, or there twice with two values | not a callback of the API |
/// | `algorithm` | another algorithm than [`ALGORITHM`] is named | not a callback of the API, or a newer kind of signature |
/// | `no_secret` | the verifier has no secret, or only empty ones | the configuration of this server |
/// | `mismatch` | the signature fits none of the secrets | the secret; or pass the body's bytes as they were received |
/// | `stale` | the signature is right, the moment of signing too far from now | this machine's clock; else a repeat of an old callback |
/// | `not_json` | the signature is right, the body is no JSON object | tell us: the API is not known to send such a thing |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerificationError {
    /// A header of the signature is not there, or empty.
    MissingHeader {
        /// The header, in lower case.
        name: &'static str,
    },
    /// A header of the signature cannot be read: it is not visible ASCII, no base64 or no number of seconds, or it is
    /// there twice with two values.
    MalformedHeader {
        /// The header, in lower case.
        name: &'static str,
    },
    /// The header names another algorithm than [`ALGORITHM`].
    Algorithm,
    /// The verifier has no secret but empty ones, so nothing can be checked.
    NoSecret,
    /// The signature fits none of the secrets, or the body is not the one that was signed.
    Mismatch,
    /// The signature is right and the timestamp is too far from now: a repeat, or a clock that is wrong.
    Stale,
    /// The signature is right and the body is no JSON object, so it cannot be an event.
    NotJson,
}

impl VerificationError {
    /// The name that other languages and logs use, such as `missing_header`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MissingHeader { .. } => "missing_header",
            Self::MalformedHeader { .. } => "malformed_header",
            Self::Algorithm => "algorithm",
            Self::NoSecret => "no_secret",
            Self::Mismatch => "mismatch",
            Self::Stale => "stale",
            Self::NotJson => "not_json",
        }
    }

    /// The header it is about, if it is about one.
    pub const fn header(self) -> Option<&'static str> {
        match self {
            Self::MissingHeader { name } | Self::MalformedHeader { name } => Some(name),
            _ => None,
        }
    }
}

impl fmt::Display for VerificationError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingHeader { name } => write!(formatter, "the callback has no header {name}"),
            Self::MalformedHeader { name } => write!(formatter, "the callback's header {name} cannot be read"),
            Self::Algorithm => write!(formatter, "the callback is not signed with {ALGORITHM}"),
            Self::NoSecret => formatter.write_str("the verifier has no secret: set that of the webhook"),
            Self::Mismatch => formatter.write_str(
                "the signature does not fit: check the secret, and pass the body's bytes as they were received",
            ),
            Self::Stale => formatter.write_str("the callback is genuine but too old, or too far in the future"),
            Self::NotJson => formatter.write_str("the body is no JSON object"),
        }
    }
}

impl std::error::Error for VerificationError {}
