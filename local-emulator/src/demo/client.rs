//! The platform's API as somebody of the company uses it.

use super::company::{TENANT, token_request};
use crate::emulator::Parts;
use anyhow::{Context, bail};
use chrono::TimeDelta;
use octavo_adapters_system::SystemClock;
use octavo_domain_kernel::Clock;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// A function that starts cold on a busy machine takes its time.
const WITHIN: Duration = Duration::from_secs(30);
/// How often a request is sent that is refused for the moment (429, 502, 503, 504), and how long is waited before.
const TRIES: u32 = 6;
const PAUSE: Duration = Duration::from_millis(400);

/// The platform.
#[derive(Clone)]
pub(super) struct Platform {
    pub(super) parts: Arc<Parts>,
    /// The API's address, without a slash at its end.
    pub(super) url: String,
    client: reqwest::Client,
}

/// Somebody with a token.
pub(super) struct Someone {
    platform: Platform,
    token: String,
}

/// An answer, whatever its status.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) etag: Option<String>,
    /// Null where there is none, or no JSON.
    pub(super) body: Value,
    what: String,
}

impl Answer {
    /// The body of an answer that says yes.
    pub(super) fn good(self) -> anyhow::Result<Value> {
        if self.status.is_success() {
            return Ok(self.body);
        }
        let said = [&self.body["detail"], &self.body["message"], &self.body["error"]["message"]];
        let said = said.iter().find_map(|text| text.as_str()).unwrap_or_default();
        bail!("{} answers {}: {said} {}", self.what, self.status, self.body["errors"])
    }

    /// The same; none where there is no such thing.
    pub(super) fn found(self) -> anyhow::Result<Option<Value>> {
        if self.status == StatusCode::NOT_FOUND { Ok(None) } else { self.good().map(Some) }
    }
}

impl Platform {
    pub(super) fn new(parts: Arc<Parts>, url: String) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder().timeout(WITHIN).no_proxy().build()?;
        Ok(Self { parts, url, client })
    }

    /// A person of the company.
    pub(super) fn person(&self, user: &str) -> anyhow::Result<Someone> {
        let token = self.token(user, TimeDelta::hours(1))?;
        Ok(Someone { platform: self.clone(), token })
    }

    /// A person with a role that they do not have otherwise.
    pub(super) fn with_role(&self, user: &str, role: &str) -> anyhow::Result<Someone> {
        let mut request = token_request(user);
        request.roles.push(role.to_owned());
        let token = self.parts.issuer.token(&request, SystemClock.now())?;
        Ok(Someone { platform: self.clone(), token })
    }

    /// A token of somebody of the company, good for so long.
    pub(super) fn token(&self, user: &str, lifetime: TimeDelta) -> anyhow::Result<String> {
        let request = crate::TokenRequest { lifetime, ..token_request(user) };
        debug_assert_eq!(request.tenant, TENANT, "nothing is done elsewhere");
        self.parts.issuer.token(&request, SystemClock.now())
    }
}

impl Someone {
    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(Method::GET, path, &[], None).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send(Method::POST, path, &[], Some(body)).await
    }

    /// `POST` that may be sent again under this name.
    pub(super) async fn post_once(&self, path: &str, key: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send(Method::POST, path, &[("idempotency-key", key)], Some(body)).await
    }

    pub(super) async fn put(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send(Method::PUT, path, &[], Some(body)).await
    }

    /// `PUT` over the revision that was read.
    pub(super) async fn put_over(&self, path: &str, etag: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send(Method::PUT, path, &[("if-match", etag)], Some(body)).await
    }

    /// An operation of Step Functions.
    pub(super) async fn states(&self, operation: &str, input: &Value) -> anyhow::Result<Answer> {
        let target = format!("AWSStepFunctions.{operation}");
        let headers = [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", target.as_str())];
        let mut answer = self.send(Method::POST, "/v1/states", &headers, Some(input)).await?;
        answer.what = operation.to_owned();
        Ok(answer)
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        let what = format!("{method} {path}");
        let mut tries = 1;
        loop {
            let mut request = self.platform.client.request(method.clone(), format!("{}{path}", self.platform.url));
            request = request.bearer_auth(&self.token);
            if let Some(body) = body {
                request = request.header("content-type", "application/json").body(body.to_string());
            }
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let mut request = request.build()?;
            if let Some((_, kind)) = headers.iter().find(|(name, _)| *name == "content-type") {
                // One that is named takes the place of the usual one.
                request.headers_mut().insert("content-type", kind.parse()?);
            }
            let response = self.platform.client.execute(request).await.with_context(|| what.clone())?;
            let status = response.status();
            if matches!(status.as_u16(), 429 | 502 | 503 | 504) && tries < TRIES {
                tokio::time::sleep(PAUSE * tries).await;
                tries += 1;
                continue;
            }
            let etag = response.headers().get("etag").and_then(|tag| tag.to_str().ok()).map(str::to_owned);
            let body = serde_json::from_slice(&response.bytes().await?).unwrap_or_default();
            return Ok(Answer { status, etag, body, what });
        }
    }
}

/// What a list of an answer holds.
pub(super) fn list<'a>(body: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    body[name].as_array().into_iter().flatten()
}

/// Asks until there is an answer, or the time is over: then none.
pub(super) async fn soon<T, F, R>(within: Duration, mut ask: F) -> anyhow::Result<Option<T>>
where
    F: FnMut() -> R,
    R: Future<Output = anyhow::Result<Option<T>>>,
{
    let until = tokio::time::Instant::now() + within;
    loop {
        let found = ask().await?;
        if found.is_some() || tokio::time::Instant::now() >= until {
            return Ok(found);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
