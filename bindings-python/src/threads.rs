//! Threads of Python's own, started from others.

use std::io;
use std::thread;

use pyo3::PyClass;
use pyo3::prelude::*;

/// Does something with the interpreter, for a thread that must not wait for it. Not done if the interpreter ends.
pub(crate) fn attach(name: &str, work: impl FnOnce(Python<'_>) + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(move || Python::try_attach(work)).map(drop)
}

/// Has a thread of Python's own call a function. On ours the app's code would crash the process if the interpreter ended under
/// it: what Python does to such threads then does not go well with Rust.
pub(crate) fn start<T>(function: &Bound<'_, PyAny>, argument: T) -> PyResult<()>
where
    T: PyClass + Into<PyClassInitializer<T>>,
{
    let py = function.py();
    let argument = Bound::new(py, argument)?;
    py.import("_thread")?.call_method1("start_new_thread", (function, (argument,)))?;
    Ok(())
}
