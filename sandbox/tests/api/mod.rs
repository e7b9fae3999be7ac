//! A sandbox and a plain HTTP client, which knows nothing of Tidings.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "shared by several test files, which say what they expect"
)]

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tidings_sandbox::{Options, Sandbox};

pub struct Api {
    pub sandbox: Sandbox,
    pub http: Client,
    pub token: String,
}

/// Status, headers and body of an answer.
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

pub const PROJECT: &str = "p1";

pub fn http() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().tls_certs_only([]).build().unwrap()
}

pub async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null) }
}

impl Api {
    pub async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub async fn with(options: Options) -> Self {
        let api = Self { sandbox: Sandbox::start(options).unwrap(), http: http(), token: String::new() };
        let token = api.token_call("sandbox-secret", "client_credentials").await;
        Self { token: token.body["access_token"].as_str().unwrap().to_owned(), ..api }
    }

    pub async fn token_call(&self, secret: &str, grant: &str) -> Answer {
        let request = self.http.post(format!("{}/oauth2/token", self.sandbox.url()));
        let request = request.basic_auth("sandbox-key", Some(secret));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        answer(request.body(format!("grant_type={grant}"))).await
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.sandbox.url())).bearer_auth(&self.token)
    }

    pub async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, &format!("/v1/projects/{PROJECT}{path}"))).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        answer(self.request(Method::DELETE, &format!("/v1/projects/{PROJECT}{path}"))).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        let request = self.request(Method::POST, &format!("/v1/projects/{PROJECT}{path}"));
        answer(request.body(body.to_string())).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        let request = self.request(Method::PATCH, &format!("/v1/projects/{PROJECT}{path}"));
        answer(request.body(body.to_string())).await
    }

    /// A call of the control plane.
    pub async fn control(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = self.http.request(method, format!("{}/_sandbox{path}", self.sandbox.url()));
        answer(match body {
            Some(body) => request.body(body.to_string()),
            None => request,
        })
        .await
    }

    pub async fn idle(&self) -> Answer {
        self.control(Method::POST, "/run-until-idle", None).await
    }

    pub async fn ledger(&self) -> Vec<Value> {
        self.control(Method::GET, "/ledger", None).await.body["arrivals"].as_array().unwrap().clone()
    }

    /// An app with an SMS channel, and what else is asked for.
    pub async fn app(&self, more: Value) -> String {
        let mut body = json!({
            "display_name": "test",
            "channel_credentials": [
                {"channel": "SMS", "static_bearer": {"claimed_identity": "plan", "token": "secret"}},
            ],
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let app = self.post("/apps", body).await;
        assert_eq!(app.status, 200, "{}", app.body);
        app.body["id"].as_str().unwrap().to_owned()
    }

    pub async fn send(&self, app_id: &str, text: &str, more: Value) -> Answer {
        let mut body = json!({
            "app_id": app_id,
            "recipient": {"identified_by": {"channel_identities": [{"channel": "SMS", "identity": "+46701234567"}]}},
            "message": {"text_message": {"text": text}},
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.post("/messages:send", body).await
    }

    pub async fn fault(&self, fault: Value) {
        let answer = self.control(Method::POST, "/faults", Some(fault)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

/// The code of a refusal, after checking that it has the API's shape.
pub fn code(answer: &Answer) -> &str {
    let error = &answer.body["error"];
    assert_eq!(error["code"], answer.status, "{}", answer.body);
    assert!(error["message"].is_string() && error["details"].is_array(), "{}", answer.body);
    error["status"].as_str().unwrap()
}
