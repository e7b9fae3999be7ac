//! Clients that come to a world by way of a server that stands before it.

use std::time::Duration;

use tidings::{Config, Credentials, RetryPolicy};

use crate::{PROJECT, World};

impl World {
    /// How a client is set up that goes to the server at this address, with short pauses between retries.
    ///
    /// The access key goes along with the call itself, so that each call is one request and no fetch of a token comes first.
    pub fn config_at(&self, url: impl Into<String>) -> Config {
        let credentials = Credentials::basic(self.sandbox.key_id(), self.sandbox.key_secret());
        let pauses = RetryPolicy::default().pauses(Duration::from_millis(5), Duration::from_millis(50));
        Config::new(PROJECT, credentials).app_id(&self.app_id).base_url(url).retry(pauses)
    }
}
