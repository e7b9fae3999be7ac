//! What the packages for other languages share, so that each of them is only a thin shim: a configuration and an error
//! of plain values, the runtime, calls that can be called off from outside, and tokens that foreign code gets.
//!
//! A shim turns its language's values into these records and back, and nothing else. The blocking Rust
//! client goes through it too; the async one has no use for it.
//!
//! ```
//! use tidings_core::door::{CallRecord, ConfigRecord, Door, Runtime};
//!
//! let config = ConfigRecord {
//!     project_id: Some("project".into()),
//!     token: Some("a bearer token".into()),
//!     base_url: Some("http://127.0.0.1:9".into()), // nobody answers there
//!     ..ConfigRecord::default()
//! };
//! let door = Door::open(config.into_config(None)?, Runtime::shared()?)?;
//! let call = CallRecord { operation: "apps.list".into(), max_retries: Some(0), ..CallRecord::default() };
//! let (sender, receiver) = std::sync::mpsc::channel();
//! door.start(call, move |result| sender.send(result.is_err()).unwrap());
//! assert!(receiver.recv().unwrap());
//! # Ok::<(), tidings_core::Error>(())
//! ```

mod call_record;
mod calls;
mod completions;
mod config_record;
mod error_record;
mod pages;
mod runtime;
mod ticket;

pub use call_record::{CallRecord, count, header_pairs, seconds};
pub use calls::{CallHandle, Door};
pub use completions::Completions;
pub use config_record::ConfigRecord;
pub use error_record::{ErrorRecord, EvidenceRecord};
pub use pages::Pages;
pub use runtime::{Runtime, block_broken_pipe_signal};
pub use ticket::{ForeignFailure, TokenTicket};
