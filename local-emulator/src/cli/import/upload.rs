//! One document through the public API.

use super::content::Content;
use reqwest::{Client, RequestBuilder, Response, StatusCode, multipart};
use serde_json::Value;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long one document is tried while the platform is away or busy.
const PATIENCE: Duration = Duration::from_secs(120);
/// The pause before the first retry where the answer names none; doubled each time, at most [`PAUSE_MAX`].
const PAUSE: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// The API, as one user.
#[derive(Clone)]
pub(super) struct Api {
    pub(super) client: Client,
    pub(super) url: String,
    pub(super) token: String,
}

/// What a document is filed under.
pub(super) struct Labels<'a> {
    pub(super) path: &'a str,
    pub(super) tags: &'a [String],
    /// Names this request: sent twice, it makes one document.
    pub(super) idempotency_key: String,
}

impl Api {
    /// Makes a document, or says in words for a person why not. Returns its id.
    pub(super) async fn create(&self, content: &Content, labels: &Labels<'_>) -> Result<String, String> {
        let request = || {
            let mut form = form(content);
            if let Some(title) = &content.title {
                form = form.text("title", title.clone());
            }
            for tag in labels.tags {
                form = form.text("tags", tag.clone());
            }
            let metadata = serde_json::json!({ "path": labels.path }).to_string();
            self.client
                .post(format!("{}/v1/documents", self.url))
                .header("idempotency-key", &labels.idempotency_key)
                .multipart(form.text("metadata", metadata))
        };
        let document: Value = self.send(request).await?.json().await.map_err(|error| error.to_string())?;
        document["id"].as_str().map(str::to_owned).ok_or_else(|| "the answer names no document".to_owned())
    }

    /// Gives a document a new body. Returns false if the document is gone.
    pub(super) async fn replace(&self, document: &str, content: &Content) -> Result<bool, String> {
        let address = format!("{}/v1/documents/{document}", self.url);
        let present = self.try_send(|| self.client.get(&address)).await?;
        if matches!(present.status(), StatusCode::NOT_FOUND | StatusCode::GONE) {
            return Ok(false);
        }
        let tag = accepted(present).await?.headers().get("etag").cloned().ok_or("the answer has no entity tag")?;
        self.send(|| self.client.put(&address).header("if-match", tag.clone()).multipart(form(content))).await?;
        Ok(true)
    }

    async fn send(&self, request: impl Fn() -> RequestBuilder) -> Result<Response, String> {
        accepted(self.try_send(request).await?).await
    }

    /// Sends until there is an answer that a retry would not change, or patience is over.
    async fn try_send(&self, request: impl Fn() -> RequestBuilder) -> Result<Response, String> {
        let started = Instant::now();
        let mut pause = PAUSE;
        loop {
            let wait = match request().bearer_auth(&self.token).send().await {
                Ok(response) if !is_passing(response.status()) => return Ok(response),
                Ok(response) if started.elapsed() > PATIENCE => return accepted(response).await,
                Ok(response) => retry_after(&response).unwrap_or(pause),
                Err(error) if error.is_builder() || started.elapsed() > PATIENCE => return Err(error.to_string()),
                Err(_) => pause,
            };
            sleep(wait.min(PAUSE_MAX)).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }
}

fn form(content: &Content) -> multipart::Form {
    let part = multipart::Part::bytes(content.bytes.clone()).file_name(content.file_name.clone());
    let part = part.mime_str(content.media_type).expect("the media types here are constants that parse");
    multipart::Form::new().part("file", part)
}

fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 409 | 429 | 500 | 502 | 503 | 504)
}

fn retry_after(response: &Response) -> Option<Duration> {
    response.headers().get("retry-after")?.to_str().ok()?.parse().ok().map(Duration::from_secs)
}

/// The answer if it is a good one; else its problem document in words.
async fn accepted(response: Response) -> Result<Response, String> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let problem: Value = response.json().await.unwrap_or_default();
    match (problem["code"].as_str(), problem["detail"].as_str()) {
        (Some(code), Some(detail)) => Err(format!("{detail} ({code})")),
        _ => Err(format!("the platform answered {status}")),
    }
}
