//! The emulator's own API below `/_octavo`, as the commands use it.

use crate::run_file::RunFile;
use anyhow::bail;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use std::path::Path;

/// The running emulator.
pub(super) struct Private {
    client: Client,
    url: String,
}

impl Private {
    /// The emulator that runs on the data folder.
    pub(super) fn of(data: &Path) -> anyhow::Result<Self> {
        Ok(Self { client: Client::new(), url: RunFile::read(data)?.url })
    }

    /// A request below `/_octavo/`, to be completed.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/_octavo/{path}", self.url)).header("x-octavo-console", "1")
    }

    /// Sends it. A refusal fails in its own words.
    pub(super) async fn send(&self, request: RequestBuilder) -> anyhow::Result<Value> {
        let response = request.send().await?;
        let status = response.status();
        let body: Value = response.json().await.unwrap_or_default();
        if !status.is_success() {
            bail!("{}", body["detail"].as_str().unwrap_or(status.as_str()));
        }
        Ok(body)
    }
}
