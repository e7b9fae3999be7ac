//! `cargo xtask bench`: what a send costs the client in each language, beside HTTP clients by hand, and how large the
//! native libraries are.
//!
//! All contenders send to one server of the bench, round after round, so that a ratio compares what ran side by side.
//! CPU time is that of the client's process alone, after a warm-up.

mod builds;
mod sizes;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::{TaskResult, output};

use builds::Builds;

/// A client that sends, and the one that it is measured against.
struct Contender {
    name: &'static str,
    language: &'static str,
    argument: &'static str,
    /// Sends of one round, and how many are under way at a time.
    sends: u32,
    at_once: u32,
    /// The contender it is compared with, and the most that it may cost of what that one costs.
    budget: Option<(&'static str, f64)>,
}

const CONTENDERS: &[Contender] = &[
    Contender {
        name: "Rust: reqwest by hand",
        language: "rust",
        argument: "reqwest",
        sends: 20_000,
        at_once: 64,
        budget: None,
    },
    Contender {
        name: "Rust: messages().send",
        language: "rust",
        argument: "tidings",
        sends: 20_000,
        at_once: 64,
        budget: Some(("Rust: reqwest by hand", 1.15)),
    },
    Contender {
        name: "Rust: sms().send",
        language: "rust",
        argument: "tidings-sms",
        sends: 20_000,
        at_once: 64,
        budget: Some(("Rust: reqwest by hand", 1.15)),
    },
    Contender {
        name: "Python: aiohttp by hand",
        language: "python",
        argument: "aiohttp",
        sends: 5_000,
        at_once: 64,
        budget: None,
    },
    Contender {
        name: "Python: asyncio",
        language: "python",
        argument: "tidings-asyncio",
        sends: 10_000,
        at_once: 64,
        budget: Some(("Python: aiohttp by hand", 0.35)),
    },
    Contender {
        name: "Python: official SDK, 16 threads",
        language: "python",
        argument: "official-threads",
        sends: 1_000,
        at_once: 16,
        budget: None,
    },
    Contender {
        name: "Python: 16 threads",
        language: "python",
        argument: "tidings-threads",
        sends: 10_000,
        at_once: 16,
        budget: Some(("Python: official SDK, 16 threads", 0.05)),
    },
    Contender {
        name: "Node.js: undici by hand",
        language: "node",
        argument: "undici",
        sends: 10_000,
        at_once: 64,
        budget: None,
    },
    Contender {
        name: "Node.js",
        language: "node",
        argument: "tidings",
        sends: 10_000,
        at_once: 64,
        budget: Some(("Node.js: undici by hand", 0.6)),
    },
];

/// What one round of one contender took, by send.
#[derive(Clone, Copy)]
struct Round {
    cpu_micros: f64,
    per_second: f64,
}

pub(crate) fn run(rounds: u32) -> TaskResult {
    let builds = Builds::make()?;
    let mut server = Server::start(&builds.rust)?;
    let mut measured: Vec<Vec<Round>> = CONTENDERS.iter().map(|_| Vec::new()).collect();
    for number in 1..=rounds {
        println!("== round {number} of {rounds}");
        for (contender, rounds) in CONTENDERS.iter().zip(&mut measured) {
            rounds.push(round(contender, &builds, &server.url)?);
        }
    }
    server.stop();
    print_costs(&measured);
    sizes::print(&builds);
    Ok(())
}

fn round(contender: &Contender, builds: &Builds, url: &str) -> Result<Round, String> {
    let (sends, at_once) = (contender.sends.to_string(), contender.at_once.to_string());
    let mut command = builds.client(contender.language);
    command.args([contender.argument, url, &sends, &at_once]);
    let printed = output(&mut command)?;
    let numbers: Vec<f64> = printed.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    let [sends, cpu, wall] = numbers[..] else {
        return Err(format!("{} printed no figures: {printed}", contender.name));
    };
    Ok(Round { cpu_micros: cpu / sends * 1e6, per_second: sends / wall })
}

fn print_costs(measured: &[Vec<Round>]) {
    println!("\n{:<34} {:>10} {:>10}  {:<22}", "client", "CPU a send", "sends/s", "ratio, budget");
    for (contender, rounds) in CONTENDERS.iter().zip(measured) {
        let cpu = median(rounds.iter().map(|round| round.cpu_micros));
        let per_second = median(rounds.iter().map(|round| round.per_second));
        print!("{:<34} {cpu:>7.1} us {per_second:>10.0}", contender.name);
        if let Some((peer, budget)) = contender.budget
            && let Some(position) = CONTENDERS.iter().position(|other| other.name == peer)
        {
            let ratios =
                rounds.iter().zip(&measured[position]).map(|(own, peer)| own.cpu_micros / peer.cpu_micros);
            let ratio = median(ratios);
            let verdict = if ratio <= budget { "kept" } else { "MISSED" };
            print!("  {ratio:.3}x of {peer}; {budget}x {verdict}");
        }
        println!();
    }
}

fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match numbers.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => numbers[middle],
        _ => f64::midpoint(numbers[middle - 1], numbers[middle]),
    }
}

/// The server that all contenders send to. It ends with its standard input, and so with this process.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(program: &Path) -> Result<Self, String> {
        let mut child = Command::new(program)
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("the server could not be started: {error}"))?;
        let mut url = String::new();
        if let Some(stdout) = &mut child.stdout {
            BufReader::new(stdout)
                .read_line(&mut url)
                .map_err(|error| format!("the server says nothing: {error}"))?;
        }
        Ok(Self { child, url: url.trim().to_owned() })
    }

    fn stop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
