//! A sandbox, a client with a token, and the calls that most tests make.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tidings_sandbox::{Clock, Options, Sandbox};

pub(crate) const PROJECT: &str = "/v1/projects/project-1";
pub(crate) const PHONE: &str = "+46701234567";

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Reply {
    /// The message of a refusal, after checking that it has the API's form.
    pub(crate) fn refusal(&self) -> &str {
        let error = &self.body["error"];
        assert_eq!(error["code"], self.status, "{self:?}");
        assert!(error["details"].is_array() && error["status"].is_string(), "{self:?}");
        error["message"].as_str().unwrap()
    }

    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        self.body
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }
}

pub(crate) fn client() -> reqwest::ClientBuilder {
    // reqwest wants a provider also where no TLS is spoken. An `Err` means that there is one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().tls_certs_only([]).retry(reqwest::retry::never())
}

pub(crate) fn virtual_clock() -> Options {
    Options::default().clock(Clock::Virtual { start: "2026-01-31T09:30:00Z".parse().unwrap() })
}

pub(crate) struct Desk {
    pub(crate) sandbox: Sandbox,
    pub(crate) client: Client,
    pub(crate) token: String,
}

impl Desk {
    /// A sandbox whose time stands still until [`Desk::run`].
    pub(crate) async fn new() -> Self {
        Self::with(virtual_clock()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let sandbox = Sandbox::start(options).unwrap();
        let mut desk = Self { sandbox, client: client().build().unwrap(), token: String::new() };
        desk.renew_token().await;
        desk
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.url())
    }

    /// From now on the desk uses a fresh token.
    pub(crate) async fn renew_token(&mut self) {
        let fresh = self.fresh_token().await;
        fresh.text("access_token").clone_into(&mut self.token);
    }

    pub(crate) async fn fresh_token(&self) -> Reply {
        let request = self
            .client
            .post(self.url("/oauth2/token"))
            .basic_auth(self.sandbox.key_id(), Some(self.sandbox.key_secret()))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials");
        reply(request).await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path)).bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        reply(self.request(Method::GET, path)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        reply(self.request(Method::DELETE, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        reply(self.request(Method::POST, path).body(body.to_string())).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Reply {
        reply(self.request(Method::PATCH, path).body(body.to_string())).await
    }

    /// An app with an SMS channel.
    pub(crate) async fn app(&self) -> String {
        self.app_with(json!({})).await
    }

    /// An app with an SMS channel that keeps contacts and conversations.
    pub(crate) async fn conversation_app(&self) -> String {
        self.app_with(json!({"processing_mode": "CONVERSATION"})).await
    }

    pub(crate) async fn app_with(&self, more: Value) -> String {
        let mut app = json!({"display_name": "Shop", "channel_credentials": [sms_credentials()]});
        for (name, value) in more.as_object().unwrap() {
            app[name] = value.clone();
        }
        self.post(&format!("{PROJECT}/apps"), &app).await.ok()["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn send(&self, message: &Value) -> Reply {
        self.post(&format!("{PROJECT}/messages:send"), message).await
    }

    /// Sends a text to [`PHONE`] and gives the message's id.
    pub(crate) async fn sent(&self, app_id: &str, text: &str) -> String {
        self.send(&sms(app_id, text)).await.ok()["message_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn run(&self) -> String {
        self.post("/_sandbox/run-until-idle", &json!({})).await.ok()["now"].as_str().unwrap().to_owned()
    }

    /// The texts that [`PHONE`] got, oldest first.
    pub(crate) async fn texts(&self) -> Vec<String> {
        let ledger = self.get("/_sandbox/ledger?to=46701234567").await.ok();
        let arrivals = ledger["arrivals"].as_array().unwrap();
        arrivals.iter().map(|arrival| arrival["text"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) async fn fault(&self, fault: Value) -> String {
        self.post("/_sandbox/faults", &fault).await.ok()["id"].as_str().unwrap().to_owned()
    }

    /// The journal, of one operation.
    pub(crate) async fn journal(&self, operation: &str) -> Vec<Value> {
        let journal = self.get(&format!("/_sandbox/requests?operation={operation}")).await.ok();
        journal["requests"].as_array().unwrap().clone()
    }

    /// Writes bytes on a connection of its own and reads until its end.
    pub(crate) fn raw(&self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut stream = self.connect();
        // The sandbox may have answered and left before everything is written.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.sandbox.url().trim_start_matches("http://")).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
        stream
    }

    /// A send as bytes; the answer ends with the connection.
    pub(crate) fn raw_send(&self, message: &Value) -> Vec<u8> {
        let body = message.to_string();
        format!(
            "POST {PROJECT}/messages:send HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
             connection: close\r\ncontent-length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        )
        .into_bytes()
    }
}

pub(crate) async fn reply(request: RequestBuilder) -> Reply {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await.unwrap();
    Reply { status, headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
}

pub(crate) fn sms_credentials() -> Value {
    json!({"channel": "SMS", "static_bearer": {"claimed_identity": "plan", "token": "plan-token"}})
}

pub(crate) fn sms(app_id: &str, text: &str) -> Value {
    sms_to(app_id, PHONE, text)
}

pub(crate) fn sms_to(app_id: &str, to: &str, text: &str) -> Value {
    json!({
        "app_id": app_id,
        "recipient": {"identified_by": {"channel_identities": [{"channel": "SMS", "identity": to}]}},
        "message": {"text_message": {"text": text}},
    })
}
