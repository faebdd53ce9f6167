//! The emulator's own API below `/_octavo`, as the commands use it, and the platform's in somebody's name.

use crate::run_file::RunFile;
use anyhow::{Context, bail};
use octavo_domain_kernel::{TenantId, UserId};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
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

    /// Where it is.
    pub(super) fn address(&self) -> &str {
        &self.url
    }

    /// A request below `/_octavo/`, to be completed.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/_octavo/{path}", self.url)).header("x-octavo-console", "1")
    }

    /// A request to the platform, below `/`, to be completed.
    pub(super) fn platform(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/{path}", self.url))
    }

    /// A token of the emulator's issuer.
    pub(super) async fn token(&self, tenant: &str, user: &str, roles: &[String]) -> anyhow::Result<String> {
        tenant.parse::<TenantId>().context("--tenant")?;
        user.parse::<UserId>().context("--user")?;
        let wanted = json!({ "tenant": tenant, "user": user, "roles": roles });
        let answer = self.send(self.request(Method::POST, "token").json(&wanted)).await?;
        answer["token"].as_str().map(str::to_owned).context("the emulator gave no token")
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
