//! The engine's rules against a scripted transport, in virtual time. The same rules over real sockets are in `tests/`.

mod cancelling;
mod composed;
mod deadlines;
mod limits;
mod outcomes;
mod paging;
mod replays;
mod requests;
mod script;
mod tokens;
