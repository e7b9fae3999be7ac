//! The sandbox over real sockets, seen by a plain HTTP client.

// The functions that tests share are no tests themselves, so clippy.toml does not reach them.
#![allow(clippy::unwrap_used, clippy::panic)]

mod addressing;
mod apps;
mod authentication;
mod callbacks;
mod desk;
mod determinism;
mod faults;
mod lifecycle;
mod messages;
mod receiver;
mod webhooks;
