//! `--live`: the demo on the real API.

use std::io::{self, BufRead, IsTerminal, Write};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tidings::{Client, Config};
use tidings_core::{mask, validation};

use crate::{Result, Scene};

/// What a live run needs beyond the client's own variables.
const NEEDED: [(&str, &str); 5] = [
    ("SINCH_SERVICE_PLAN_ID", "id of the SMS service plan, in the region of SINCH_REGION"),
    ("SINCH_SMS_API_TOKEN", "API token of that service plan"),
    ("TIDINGS_DEMO_TO", "phone number that gets both messages, such as +46701234567"),
    (
        "TIDINGS_DEMO_WEBHOOK_URL",
        "public https:// address that leads to this machine, for instance of a tunnel",
    ),
    ("TIDINGS_DEMO_PORT", "port on this machine where that address ends"),
];

pub(crate) struct Live {
    config: Config,
    project_id: String,
    region: String,
    service_plan_id: String,
    api_token: String,
    to: String,
    pub(crate) webhook_url: String,
    pub(crate) port: u16,
    pub(crate) webhook_secret: String,
}

impl Live {
    /// Reads the environment and names everything that is missing.
    pub(crate) fn from_environment() -> Result<Self> {
        let read = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let mut missing: Vec<String> = NEEDED
            .iter()
            .filter(|(name, _)| read(name).is_none())
            .map(|(name, meaning)| format!("  {name}: {meaning}"))
            .collect();
        let config = match Config::from_env() {
            Ok(config) => config,
            Err(error) => {
                missing.insert(0, format!("  {}", error.message()));
                return Err(
                    format!("a live run needs more of the environment:\n{}", missing.join("\n")).into()
                );
            }
        };
        if !missing.is_empty() {
            return Err(format!("a live run needs more of the environment:\n{}", missing.join("\n")).into());
        }
        let value = |name: &str| read(name).unwrap_or_default();
        let to = value("TIDINGS_DEMO_TO");
        if !validation::is_phone_number(&to) {
            return Err("TIDINGS_DEMO_TO is no E.164 phone number, such as +46701234567".into());
        }
        Ok(Self {
            config,
            project_id: value("SINCH_PROJECT_ID"),
            region: value("SINCH_REGION"),
            service_plan_id: value("SINCH_SERVICE_PLAN_ID"),
            api_token: value("SINCH_SMS_API_TOKEN"),
            to,
            webhook_url: value("TIDINGS_DEMO_WEBHOOK_URL"),
            port: value("TIDINGS_DEMO_PORT").parse().map_err(|_| "TIDINGS_DEMO_PORT is no port number")?,
            webhook_secret: secret()?,
        })
    }

    /// Asks whether to go on. Without a terminal nobody can say yes.
    pub(crate) fn confirm(&self) -> Result<bool> {
        println!(
            "This makes an app and a webhook in project {}, sends two real text messages",
            self.project_id
        );
        println!(
            "to {}, which cost money, and deletes the app and the webhook again.",
            mask::personal(&self.to)
        );
        if !io::stdin().is_terminal() {
            return Err("a live run asks before it sends, and there is no terminal to answer on".into());
        }
        print!("Send? Type yes: ");
        io::stdout().flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        Ok(answer.trim() == "yes")
    }

    pub(crate) fn scene(&self) -> Result<Scene> {
        Ok(Scene {
            client: Client::new(self.config.clone())?,
            base_url: format!("https://{}.conversation.api.sinch.com", self.region),
            project_id: self.project_id.clone(),
            service_plan_id: self.service_plan_id.clone(),
            api_token: self.api_token.clone(),
            webhook_url: self.webhook_url.clone(),
            webhook_secret: self.webhook_secret.clone(),
            to: self.to.clone(),
        })
    }
}

/// A webhook secret for this run only: a public address must not take anybody's callbacks.
fn secret() -> Result<String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(BASE64_STANDARD.encode(bytes))
}
