//! The headers of a request, in whatever form a web framework hands them over.

use std::collections::{BTreeMap, HashMap};

use http::HeaderMap;

use super::{ALGORITHM_HEADER, NONCE_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, VerificationError};

/// The headers of a request. Implemented for [`http::HeaderMap`], and for lists and maps of names and values: text or
/// bytes.
///
/// Upper and lower case make no difference in names.
pub trait Headers {
    /// Shows every header to `visit`: its name, and its value as bytes.
    fn each(&self, visit: &mut dyn FnMut(&str, &[u8]));
}

impl<T: Headers + ?Sized> Headers for &T {
    fn each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        (**self).each(visit);
    }
}

impl Headers for HeaderMap {
    fn each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in self {
            visit(name.as_str(), value.as_bytes());
        }
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for [(N, V)] {
    fn each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in self {
            visit(name.as_ref(), value.as_ref());
        }
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>, const COUNT: usize> Headers for [(N, V); COUNT] {
    fn each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        self.as_slice().each(visit);
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for Vec<(N, V)> {
    fn each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        self.as_slice().each(visit);
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>, S> Headers for HashMap<N, V, S> {
    fn each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in self {
            visit(name.as_ref(), value.as_ref());
        }
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for BTreeMap<N, V> {
    fn each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in self {
            visit(name.as_ref(), value.as_ref());
        }
    }
}

/// The headers that the API signs with.
pub(super) struct Signed {
    pub(super) signature: String,
    pub(super) timestamp: String,
    pub(super) nonce: String,
    pub(super) algorithm: String,
}

impl Signed {
    pub(super) fn read(headers: &(impl Headers + ?Sized)) -> Result<Self, VerificationError> {
        let mut found = [SIGNATURE_HEADER, TIMESTAMP_HEADER, NONCE_HEADER, ALGORITHM_HEADER].map(Found::new);
        headers.each(&mut |name, value| {
            if let Some(header) = found.iter_mut().find(|header| name.eq_ignore_ascii_case(header.name)) {
                header.add(value);
            }
        });
        if let Some(missing) = found.iter().find(|header| header.value.is_empty()) {
            return Err(VerificationError::MissingHeader { name: missing.name });
        }
        let [signature, timestamp, nonce, algorithm] = found.map(Found::text);
        Ok(Self { signature: signature?, timestamp: timestamp?, nonce: nonce?, algorithm: algorithm? })
    }
}

struct Found {
    name: &'static str,
    value: Vec<u8>,
    /// Whether it came twice with two values, so that nobody knows which one counts.
    contradicts: bool,
}

impl Found {
    fn new(name: &'static str) -> Self {
        Self { name, value: Vec::new(), contradicts: false }
    }

    fn add(&mut self, value: &[u8]) {
        // Spaces around a value are no part of it (RFC 9110, section 5.5); some frameworks keep them.
        let value = value.trim_ascii();
        if !value.is_empty() {
            self.contradicts |= !self.value.is_empty() && self.value != value;
            self.value = value.to_vec();
        }
    }

    fn text(self) -> Result<String, VerificationError> {
        String::from_utf8(self.value)
            .ok()
            .filter(|text| !self.contradicts && text.bytes().all(|byte| byte.is_ascii_graphic()))
            .ok_or(VerificationError::MalformedHeader { name: self.name })
    }
}
