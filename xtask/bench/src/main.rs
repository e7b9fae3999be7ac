//! The Rust half of `cargo xtask bench`: the server that all contenders send to, and the contenders in Rust.
#![allow(clippy::print_stdout, reason = "the task runner reads what this prints")]

mod contenders;
mod server;

use std::error::Error;

use clap::{Parser, Subcommand, ValueEnum};
use tokio::runtime::Builder;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Answer every send with the same acceptance, until standard input ends
    Serve,
    /// Send, and print how many, the CPU seconds and the wall seconds they took
    Send {
        contender: Contender,
        url: String,
        sends: usize,
        /// How many are under way at a time
        at_once: usize,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Contender {
    /// reqwest by hand: one POST with a fixed token
    Reqwest,
    /// tidings, messages().send
    Tidings,
    /// tidings, sms().send
    TidingsSms,
}

fn main() -> Result<()> {
    // One thread, as in the runtime that the packages for other languages share.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    match Arguments::parse().task {
        Task::Serve => runtime.block_on(server::serve()),
        Task::Send { contender, url, sends, at_once } => {
            runtime.block_on(contenders::run(contender, url, sends, at_once))
        }
    }
}
