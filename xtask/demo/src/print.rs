//! How the demo tells its story.

use std::io::IsTerminal;

use serde_json::Value;
use tidings_core::{contract, mask};

use crate::Scene;

/// Prints chapters, requests and answers.
pub(crate) struct Story {
    chapter: u32,
    colour: bool,
}

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const GREEN: &str = "\x1b[32m";
const RED: &str = "\x1b[31m";
const RESET: &str = "\x1b[0m";

impl Story {
    pub(crate) fn new(title: &str) -> Self {
        // https://no-color.org
        let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let story = Self { chapter: 0, colour };
        println!("{}: {title}", story.paint(BOLD, "Tidings"));
        println!(
            "{}",
            story.paint(DIM, "Requests are shown as curl, with what is secret or personal masked.")
        );
        story
    }

    fn paint(&self, style: &str, text: &str) -> String {
        if self.colour { format!("{style}{text}{RESET}") } else { text.to_owned() }
    }

    /// Begins a chapter.
    pub(crate) fn chapter(&mut self, name: &str, text: &str) {
        self.chapter += 1;
        println!("\n{} {} {text}", self.paint(DIM, &format!("{}.", self.chapter)), self.paint(BOLD, name));
    }

    /// The token call that the client makes by itself.
    pub(crate) fn token(&self, base_url: &str) {
        self.dim(&format!(
            "curl -X POST {base_url}/oauth2/token -u \"$SINCH_KEY_ID:{}\" -d grant_type=client_credentials",
            mask::SECRET
        ));
    }

    /// A request as curl, with everything masked that should not be read over a shoulder.
    pub(crate) fn curl(&self, scene: &Scene, operation: &str, body: &Value) {
        let Some(operation) = contract::operation(operation) else { return };
        let path = operation.shared_path.replace("{project_id}", &scene.project_id);
        let body = operation.body.as_ref().map_or(Value::Null, |rule| mask::body(rule.rule, body));
        let method = operation.method.as_str();
        self.dim(&format!(
            "curl -X {method} {}{path} -H \"authorization: Bearer {}\" \\",
            scene.base_url,
            mask::SECRET
        ));
        self.dim(&format!("     -H \"content-type: application/json\" -d '{body}'"));
    }

    /// What came back.
    pub(crate) fn answer(&self, status: u16, text: &str) {
        println!("   {} {text}", self.paint(GREEN, &status.to_string()));
    }

    /// An error, as its caller sees it.
    pub(crate) fn error(&self, text: &str) {
        println!("   {}", self.paint(RED, text));
    }

    /// Something worth knowing.
    pub(crate) fn note(&self, text: &str) {
        println!("   {} {text}", self.paint(GREEN, "=>"));
    }

    /// A receipt that was verified.
    pub(crate) fn receipt(&self, message_id: &str, status: &str) {
        println!(
            "   message {message_id} {} {}",
            self.paint(GREEN, status),
            self.paint(DIM, "(signature verified)")
        );
    }

    /// What a handset shows.
    pub(crate) fn handset<'a>(number: &str, messages: impl Iterator<Item = (&'a str, bool)>) {
        let lines: Vec<String> = messages
            .map(|(text, flash)| if flash { format!("⚡ {text}") } else { text.to_owned() })
            .collect();
        let title = mask::personal(number).to_string();
        let width =
            lines.iter().map(|line| line.chars().count()).chain([title.chars().count()]).max().unwrap_or(0);
        println!("   ╭─{}─╮", "─".repeat(width));
        println!("   │ {title:^width$} │");
        for line in lines {
            println!("   │ {line:width$} │");
        }
        println!("   ╰─{}─╯", "─".repeat(width));
    }

    /// Ends the story.
    pub(crate) fn end(&self, text: &str) {
        println!("\n{}", self.paint(BOLD, text));
    }

    fn dim(&self, text: &str) {
        println!("   {}", self.paint(DIM, text));
    }
}
