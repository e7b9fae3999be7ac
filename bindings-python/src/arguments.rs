//! Python's values to what the engine is told: a client's options, and a call. Times are in seconds here.
//!
//! What is of a wrong type is a `TypeError` that names the option and the type, and holds nothing of the value, which may be a
//! secret.

use std::time::Duration;

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple};
use tidings_core::contract::operation;
use tidings_core::door::{self, CallRecord, ConfigRecord};
use tidings_core::{Error, ErrorKind};

type Read<T> = Result<T, Refused>;

/// Why a value is not taken.
enum Refused {
    /// No value of this kind can be meant.
    Raised(PyErr),
    /// It makes no sense.
    Told(Error),
}

impl From<PyErr> for Refused {
    fn from(error: PyErr) -> Self {
        Self::Raised(error)
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Told(error)
    }
}

/// What is told goes the way of every error of the engine.
fn told<T>(read: Read<T>) -> PyResult<Result<T, Error>> {
    match read {
        Ok(value) => Ok(Ok(value)),
        Err(Refused::Told(error)) => Ok(Err(error)),
        Err(Refused::Raised(error)) => Err(error),
    }
}

/// How a client is set up, none of it checked.
pub(crate) fn config(
    options: &Bound<'_, PyDict>,
    from_environment: bool,
) -> PyResult<Result<ConfigRecord, Error>> {
    told(config_record(options, from_environment))
}

fn config_record(options: &Bound<'_, PyDict>, from_environment: bool) -> Read<ConfigRecord> {
    let version = options.py().version_info();
    Ok(ConfigRecord {
        from_environment,
        project_id: option(options, "project_id", text)?,
        key_id: option(options, "key_id", text)?,
        key_secret: option(options, "key_secret", text)?,
        basic_authentication: option(options, "basic_authentication", truth)?.unwrap_or_default(),
        token: option(options, "token", text)?,
        region: option(options, "region", text)?,
        base_url: option(options, "base_url", text)?,
        app_id: option(options, "app_id", text)?,
        timeout: option(options, "timeout", seconds)?,
        connect_timeout: option(options, "connect_timeout", seconds)?,
        attempt_timeout: option(options, "attempt_timeout", seconds)?,
        max_retries: option(options, "max_retries", count)?,
        backoff_base: option(options, "backoff_base", seconds)?,
        backoff_cap: option(options, "backoff_cap", seconds)?,
        retry_budget: option(options, "retry_budget", count)?,
        max_concurrency: option(options, "max_concurrency", count)?,
        queue_timeout: option(options, "queue_timeout", seconds)?,
        rate_limit: option(options, "rate_limit", count)?,
        no_rate_limit: option(options, "no_rate_limit", truth)?.unwrap_or_default(),
        ca_certs: option(options, "ca_certs", pem)?,
        client_certificate: option(options, "client_certificate", pem)?,
        proxy: option(options, "proxy", text)?,
        no_proxy: option(options, "no_proxy", truth)?.unwrap_or_default(),
        allow_insecure: option(options, "allow_insecure", truth)?.unwrap_or_default(),
        language: "python".to_owned(),
        language_version: format!("{}.{}.{}", version.major, version.minor, version.patch),
    })
}

/// A call as the package gives it: operation, path, query, body, timeout, retries, whether to replay, headers.
pub(crate) fn call(arguments: &Bound<'_, PyTuple>) -> PyResult<Result<CallRecord, Error>> {
    told(call_record(arguments))
}

fn call_record(arguments: &Bound<'_, PyTuple>) -> Read<CallRecord> {
    let argument = |place| arguments.get_borrowed_item(place);
    let record = CallRecord {
        operation: text("operation", &*argument(0)?)?,
        path: given("path", &*argument(1)?, pairs)?.unwrap_or_default(),
        query: given("query", &*argument(2)?, pairs)?.unwrap_or_default(),
        body: given("body", &*argument(3)?, bytes)?.map(Into::into),
        timeout: given("timeout", &*argument(4)?, seconds)?,
        max_retries: given("max_retries", &*argument(5)?, count)?,
        replay_unknown: given("replay_unknown", &*argument(6)?, truth)?.unwrap_or_default(),
        headers: given("headers", &*argument(7)?, pairs)?.unwrap_or_default(),
    };
    let twice = record
        .path
        .iter()
        .enumerate()
        .find(|(place, (name, _))| record.path[..*place].iter().any(|(before, _)| before == name));
    if let (Some((_, (name, _))), Some(operation)) = (twice, operation(&record.operation)) {
        let text = format!("the parameter {name:?} of the path is given more than once");
        return Err(Error::facade(ErrorKind::Config, operation.id, text).into());
    }
    Ok(record)
}

fn option<T>(
    options: &Bound<'_, PyDict>,
    name: &'static str,
    read: impl FnOnce(&'static str, &Bound<'_, PyAny>) -> Read<T>,
) -> Read<Option<T>> {
    match options.get_item(name)? {
        Some(value) => given(name, &value, read),
        None => Ok(None),
    }
}

fn given<T>(
    name: &'static str,
    value: &Bound<'_, PyAny>,
    read: impl FnOnce(&'static str, &Bound<'_, PyAny>) -> Read<T>,
) -> Read<Option<T>> {
    if value.is_none() { Ok(None) } else { read(name, value).map(Some) }
}

fn text(name: &str, value: &Bound<'_, PyAny>) -> Read<String> {
    let text = value.cast::<PyString>().map_err(|_| wrong_type(name, "a string", value))?;
    // Python's own exception shows the whole text.
    text.to_str().map(str::to_owned).map_err(|_| no_unicode(name).into())
}

fn pairs(name: &str, value: &Bound<'_, PyAny>) -> Read<Vec<(String, String)>> {
    // The package has looked at the types.
    value.extract().map_err(|_| no_unicode(name).into())
}

fn bytes(name: &str, value: &Bound<'_, PyAny>) -> Read<Vec<u8>> {
    let bytes = value.cast::<PyBytes>().map_err(|_| wrong_type(name, "bytes", value))?;
    Ok(bytes.as_bytes().to_vec())
}

/// PEM, which is text, and is often read as bytes.
fn pem(name: &str, value: &Bound<'_, PyAny>) -> Read<Vec<u8>> {
    if value.is_instance_of::<PyString>() {
        return text(name, value).map(String::into_bytes);
    }
    let bytes = value.cast::<PyBytes>().map_err(|_| wrong_type(name, "a string or bytes", value))?;
    Ok(bytes.as_bytes().to_vec())
}

fn truth(name: &str, value: &Bound<'_, PyAny>) -> Read<bool> {
    value.extract().map_err(|_| wrong_type(name, "True or False", value).into())
}

fn seconds(name: &str, value: &Bound<'_, PyAny>) -> Read<Duration> {
    Ok(door::seconds(name, number(name, value)?)?)
}

fn count(name: &str, value: &Bound<'_, PyAny>) -> Read<u32> {
    Ok(door::count(name, number(name, value)?)?)
}

fn number(name: &str, value: &Bound<'_, PyAny>) -> Read<f64> {
    let py = value.py();
    match value.extract() {
        Ok(number) => Ok(number),
        // A whole number too large for this one is too large for everything.
        Err(error) if error.is_instance_of::<PyOverflowError>(py) => Ok(f64::INFINITY),
        Err(error) if error.is_instance_of::<PyTypeError>(py) => {
            Err(wrong_type(name, "a number", value).into())
        }
        Err(error) => Err(error.into()),
    }
}

fn wrong_type(name: &str, wanted: &str, value: &Bound<'_, PyAny>) -> PyErr {
    match value.get_type().name() {
        Ok(given) => PyTypeError::new_err(format!("{name} must be {wanted}, not {given}")),
        Err(error) => error,
    }
}

fn no_unicode(name: &str) -> PyErr {
    PyValueError::new_err(format!("{name} holds half of a surrogate pair, which no text may"))
}
