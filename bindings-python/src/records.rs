//! Answers and errors as Python's values. Times are in seconds here.

use std::time::Duration;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyTuple};
use tidings_core::door::{self, ErrorRecord, EvidenceRecord};
use tidings_core::{Error, Response as CoreResponse, Statistics};

/// An answer that counts: the call was accepted.
///
/// It keeps the bytes as they came; nothing of it is read before it is asked for.
#[pyclass(frozen, module = "tidings")]
pub(crate) struct Response(pub(crate) CoreResponse);

#[pymethods]
impl Response {
    /// The HTTP status.
    #[getter]
    fn status(&self) -> u16 {
        self.0.status
    }

    /// The headers: names in lower case, values of one name joined by commas. A new dictionary each time.
    #[getter]
    fn headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let headers = PyDict::new(py);
        for (name, value) in door::header_pairs(&self.0.headers) {
            match headers.get_item(name)? {
                Some(before) => headers.set_item(name, format!("{before}, {value}"))?,
                None => headers.set_item(name, value)?,
            }
        }
        Ok(headers)
    }

    /// The body, byte for byte as it came.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.body)
    }

    /// How many times the request was tried.
    #[getter]
    fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The id the API gave to the request, for its support.
    #[getter]
    fn request_id(&self) -> Option<&str> {
        self.0.request_id()
    }

    /// The body, read as JSON, anew each time. An empty body is no JSON, and raises what `json.loads` does.
    fn json<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        static LOADS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let loads = LOADS.import(py, "json", "loads")?;
        // From bytes it would look for the encoding first.
        match std::str::from_utf8(&self.0.body) {
            Ok(text) => loads.call1((text,)),
            Err(_) => loads.call1((self.body(py),)),
        }
    }

    fn __repr__(&self) -> String {
        let (status, length) = (self.0.status, self.0.body.len());
        match self.0.request_id() {
            Some(id) => format!("<tidings.Response {status}, {length} bytes, request {id}>"),
            None => format!("<tidings.Response {status}, {length} bytes>"),
        }
    }
}

/// An answer or an error, as the package takes it: a `Response`, or the arguments of a `TidingsError`.
pub(crate) fn outcome(py: Python<'_>, result: Result<CoreResponse, Error>) -> PyResult<Bound<'_, PyAny>> {
    match result {
        Ok(response) => Ok(Bound::new(py, Response(response))?.into_any()),
        Err(error) => Ok(failure(py, &error)?.into_any()),
    }
}

/// The door's error record, as the arguments of a `TidingsError`.
pub(crate) fn failure<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyDict>> {
    let record = ErrorRecord::from(error);
    let failure = PyDict::new(py);
    failure.set_item("kind", record.kind)?;
    failure.set_item("message", record.message)?;
    failure.set_item("text", record.text)?;
    failure.set_item("status", record.status)?;
    failure.set_item("code", record.code)?;
    failure.set_item("operation", record.operation)?;
    failure.set_item("path", record.path)?;
    failure.set_item("request_id", record.request_id)?;
    failure.set_item("location", record.location)?;
    failure.set_item("attempts", record.attempts)?;
    failure.set_item("sent", record.sent)?;
    failure.set_item("retryable", record.retryable)?;
    failure.set_item("retry_after", record.retry_after.as_ref().map(Duration::as_secs_f64))?;
    failure.set_item("body", record.body.map(|body| PyBytes::new(py, &body)))?;
    failure.set_item("evidence", record.evidence.map(|known| evidence(py, known)).transpose()?)?;
    failure.set_item("cause", record.cause)?;
    failure.set_item("cause_number", record.cause_number)?;
    Ok(failure)
}

/// What an engine has done, as the fields of a `Statistics`, in their order.
pub(crate) fn statistics(py: Python<'_>, statistics: Statistics) -> PyResult<Bound<'_, PyTuple>> {
    PyTuple::new(
        py,
        [
            statistics.calls,
            statistics.accepted,
            statistics.failed,
            statistics.unknown,
            statistics.cancelled,
            statistics.attempts,
            statistics.retries,
            statistics.token_fetches,
            statistics.waiting,
            statistics.under_way(),
        ],
    )
}

/// The door's record of what is known about a call, as the arguments of an `Evidence`.
fn evidence(py: Python<'_>, record: EvidenceRecord) -> PyResult<Bound<'_, PyDict>> {
    let evidence = PyDict::new(py);
    evidence.set_item("phase", record.phase)?;
    evidence.set_item("started_at", record.started_at)?;
    evidence.set_item("elapsed", record.elapsed.as_secs_f64())?;
    evidence.set_item("correlation_id", record.correlation_id)?;
    evidence.set_item("message_metadata", record.message_metadata)?;
    Ok(evidence)
}
