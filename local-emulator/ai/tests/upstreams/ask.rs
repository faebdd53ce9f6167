//! A server with a fixed clock, and requests to it.

use std::fmt::Write as _;
use std::sync::Arc;

use local_emulator_ai::{Options, Server};
use reqwest::{RequestBuilder, Response};
use serde_json::Value;

/// 15 January 2027, 08:00 UTC.
const NOW: u64 = 1_800_000_000;

pub(crate) struct Asker {
    pub(crate) server: Server,
    pub(crate) client: reqwest::Client,
}

impl Asker {
    pub(crate) async fn start() -> Self {
        let options = Options { clock: Arc::new(|| NOW), ..Options::default() };
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { server: Server::start(options).await.unwrap(), client }
    }

    /// A POST with whatever key and version the provider wants.
    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        let request = self.client.post(format!("{}{path}", self.server.url())).json(body);
        match path {
            _ if path.starts_with("/anthropic") => {
                request.header("x-api-key", "key").header("anthropic-version", "2023-06-01")
            }
            _ if path.starts_with("/azure") => request.header("api-key", "key"),
            _ => request.bearer_auth("key"),
        }
    }

    /// Status and JSON of the answer.
    pub(crate) async fn json(&self, path: &str, body: &Value) -> (u16, Value) {
        let response = self.post(path, body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// The text of a stream, whole.
    pub(crate) async fn text(&self, path: &str, body: &Value) -> String {
        self.post(path, body).send().await.unwrap().text().await.unwrap()
    }

    /// Adds a fault over HTTP.
    pub(crate) async fn fault(&self, fault: &Value) -> Value {
        let response = self.client.post(format!("{}/_faults", self.server.url())).json(fault).send().await.unwrap();
        assert_eq!(response.status(), 201);
        response.json().await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.client.get(format!("{}{path}", self.server.url())).send().await.unwrap().json().await.unwrap()
    }
}

/// The whole of an answer: status, headers in order but for the date, body; JSON is laid out.
pub(crate) async fn whole(response: Response) -> String {
    let mut text = format!("{}\n", response.status());
    for (name, value) in response.headers() {
        if name != "date" {
            writeln!(text, "{name}: {}", value.to_str().unwrap()).unwrap();
        }
    }
    let is_json = response.headers()["content-type"] == "application/json";
    let body = response.text().await.unwrap();
    let laid_out = match serde_json::from_str::<Value>(&body) {
        Ok(json) if is_json => serde_json::to_string_pretty(&json).unwrap(),
        _ => body,
    };
    write!(text, "\n{laid_out}").unwrap();
    text
}
