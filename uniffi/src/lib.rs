//! The native half of the Kotlin and Swift packages: the door to the engine, and the sandbox, as `UniFFI` hands them on.
//!
//! Its only users are the hand-written halves of the two packages, which hide all of it. Nothing that a user could call
//! behaviour is here:
//!
//! - [`records`]: configuration, calls, answers and errors, in values that cross, and back.
//! - [`engine`]: the engine and the call.
//! - [`events`]: what happens, told to the app's own code.
//! - [`token`]: a question for a token, answered by the app's own code.
//! - [`sandbox`]: start and stop of the local sandbox.
//! - `panics`: what a fault of our own is over there.
//!
//! Threads: calls run on the one thread of the engine's runtime. That thread wakes the foreign code which awaits a
//! [`engine::Call`], asks for tokens through [`token::TokenCallback`] and tells what happens through [`events::EventCallback`]; all
//! of them only hand on. `UniFFI` needs no runtime of its own, since nothing that is awaited over there does any work of its own.
//!
//! Panics: none gets across. Those of a call under way become its error, in the door; what has no way to fail over there
//! catches its own; and from what has one, `UniFFI` makes an error that the packages turn into one of the kind `internal`.
#![allow(unsafe_code, reason = "UniFFI's macros write it; there is none of our own")]

pub mod engine;
pub mod events;
mod panics;
pub mod records;
pub mod sandbox;
pub mod token;

uniffi::setup_scaffolding!();
