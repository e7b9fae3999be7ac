//! The native half of the npm package: the door to the engine, and the sandbox, as Node.js sees them.
//!
//! Its only user is `ts/native.ts`. Nothing that a user could call behaviour is here:
//!
//! - `records`: configuration, calls, answers and errors, in this language's values and back.
//! - `engine`: the engine and the handle of a call.
//! - `outcome`: what becomes of a call, told exactly once, also after a panic.
//! - `bridge`: finished calls, questions for tokens and what the app wants to be told, on their way to the event loop.
//! - `token`: a question for a token, answered by the app's own code.
//! - `sandbox`: start and stop of the local sandbox.
//!
//! Threads: whatever touches JavaScript runs on the thread of its environment (the main thread and each worker have
//! their own). The engine's thread touches nothing but the queue and the wake-up of `bridge`.
//!
//! Panics: every function that Node calls catches them, for one that left this library would end the process.
#![allow(unsafe_code, reason = "napi's macros write it; bridge.rs has two lines of its own")]
#![allow(unreachable_pub, reason = "napi's macros need what they export to be pub; modules stay private")]

mod bridge;
mod engine;
mod outcome;
mod records;
mod sandbox;
mod token;
