//! The native half of the Python package: the door to the engine, and the sandbox, as Python sees them.
//!
//! Its only user is the package `tidings` beside it. Nothing that a user could call behaviour is here:
//!
//! - `arguments`: configuration and calls, from Python's values.
//! - `records`: answers and errors, as Python's values.
//! - `engine`: the engine and the handle of a call.
//! - `outcome`: what became of a call, between the thread it ran on and the one that asked for it.
//! - `bridge`: finished calls and questions for tokens on their way to an asyncio loop.
//! - `token`: a question for a token, answered by the app's own code.
//! - `loops`: which loop is asked for a token.
//! - `events`: what the engine tells of while it works, on its way to the app's own functions.
//! - `threads`: threads of Python's own, started from others.
//! - `sandbox`: start and stop of the local sandbox.
//! - `process`: what belongs to one process and must not be taken along into a forked child.
//!
//! Threads: the engine's thread never waits for the interpreter. It puts results into places that Python's threads look
//! into, wakes them, and holds nothing of Python's. So no thread of ours can stop the interpreter, or be stopped by it, also
//! not at its end.
#![allow(unsafe_code, reason = "pyo3's macros write it; process.rs has one line of its own")]

mod arguments;
mod bridge;
mod engine;
mod events;
mod loops;
mod outcome;
mod process;
mod records;
mod sandbox;
mod threads;
mod token;

/// The native half of tidings. Private: it may change with every version.
#[pyo3::pymodule(gil_used = true)]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::bridge::Bridge;
    #[pymodule_export]
    use crate::engine::{Call, Engine};
    #[pymodule_export]
    use crate::events::EventDesk;
    #[pymodule_export]
    use crate::records::Response;
    #[pymodule_export]
    use crate::sandbox::Sandbox;
    #[pymodule_export]
    use crate::token::TokenTicket;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::process::notice_forks()?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
