//! A call and its answer as plain values.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;

use crate::call::{Call, CallOptions};
use crate::error::{Error, ErrorKind};

/// A [`Call`] as plain values, none of which was checked.
///
/// Holds what is personal, and has no `Debug` for that reason.
#[derive(Clone, Default)]
#[allow(clippy::exhaustive_structs, reason = "every field must be reachable from every language")]
pub struct CallRecord {
    /// The operation's id, such as `messages.send`.
    pub operation: String,
    /// Parameters of the path, as names and values. `project_id` is filled in by the engine.
    pub path: Vec<(String, String)>,
    /// Parameters of the query, as names and values.
    pub query: Vec<(String, String)>,
    /// The body, as JSON text.
    pub body: Option<Bytes>,
    /// How long this call may take, all waiting and retries included.
    pub timeout: Option<Duration>,
    /// The most retries of this call.
    pub max_retries: Option<u32>,
    /// Whether an unknown outcome is tried again, at the risk of doubles.
    pub replay_unknown: bool,
    /// Further headers.
    pub headers: Vec<(String, String)>,
}

impl CallRecord {
    /// Checks the record.
    pub fn into_call(self) -> Result<Call, Error> {
        let mut call = Call::named(&self.operation)?;
        let operation = call.operation.id;
        let mut options = CallOptions { timeout: self.timeout, ..CallOptions::default() };
        (options.max_retries, options.replay_unknown) = (self.max_retries, self.replay_unknown);
        for (name, value) in &self.headers {
            options = options
                .header(name, value)
                .map_err(|error| error.with(|record| record.operation = Some(operation)))?;
        }
        (call.path, call.query, call.body) = (self.path, self.query, self.body);
        Ok(call.options(options))
    }
}

/// The headers of an answer as text, names in lower case. Bytes beyond ASCII are read as UTF-8, broken ones replaced.
pub fn header_pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, std::borrow::Cow<'_, str>)> {
    headers.iter().map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())))
}

/// A time that a language gives in seconds. `name` is what the caller calls it.
pub fn seconds(name: &str, value: f64) -> Result<Duration, Error> {
    Duration::try_from_secs_f64(value).map_err(|_| {
        let text = format!("{name} must be a time that is not negative and not endless");
        Error::new(ErrorKind::Config, text)
    })
}

/// A count from a language whose numbers need not be whole. `name` is what the caller calls it.
pub fn count(name: &str, value: f64) -> Result<u32, Error> {
    if value.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&value) {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was looked at")]
        return Ok(value as u32);
    }
    Err(Error::new(ErrorKind::Config, format!("{name} must be a whole number from 0 to {}", u32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_checked_before_it_is_a_call() {
        let record = |operation: &str, header: &str| CallRecord {
            operation: operation.to_owned(),
            headers: vec![(header.to_owned(), "x".to_owned())],
            ..CallRecord::default()
        };
        assert!(record("apps.list", "x-mine").into_call().is_ok());
        let error = record("apps.lost", "x-mine").into_call().err().unwrap();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Config, None));
        let error = record("apps.list", "authorization").into_call().err().unwrap();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Config, Some("apps.list")));
    }

    #[test]
    fn a_time_is_a_number_that_a_clock_can_count() {
        assert_eq!(seconds("timeout", 1.5).unwrap(), Duration::from_millis(1500));
        for value in [-1.0, f64::NAN, f64::INFINITY, 1e300] {
            let error = seconds("timeout", value).unwrap_err();
            assert!(error.kind() == ErrorKind::Config && error.message().contains("timeout"), "{value}");
        }
    }

    #[test]
    fn a_count_is_whole_and_not_negative() {
        assert_eq!(count("retries", 3.0).unwrap(), 3);
        for value in [-1.0, 0.5, f64::NAN, f64::INFINITY, 5e9] {
            let error = count("retries", value).unwrap_err();
            assert!(error.kind() == ErrorKind::Config && error.message().contains("retries"), "{value}");
        }
    }
}
