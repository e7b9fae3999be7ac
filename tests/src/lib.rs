//! What tests over real sockets are made of: a small world around a sandbox, and servers that stand before the sandbox and
//! do to connections what it cannot do itself. Whatever they let through reaches it, so its ledger stays the referee.

mod certificates;
mod detour;
mod goaway_server;
mod http2_server;
mod loopback;
mod one_call;
mod proxy_server;
pub mod scenarios;
mod tls_server;
mod world;

pub use certificates::{Authority, Identity};
pub use goaway_server::GoAwayServer;
pub use http2_server::{Http2Server, Turn};
pub use one_call::{ACCEPTED, OneCall, Outcome};
pub use proxy_server::ProxyServer;
pub use tls_server::{Tls, TlsServer};
pub use world::{PROJECT, TEXT, TO, World};
