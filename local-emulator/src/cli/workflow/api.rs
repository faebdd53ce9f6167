//! The Step Functions API of the running emulator, as one of its people.

use crate::cli::private::Private;
use anyhow::{Context, bail};
use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;

/// Pages that are read of a list of state machines, each of as many as the API gives at once.
const PAGES_MAX: usize = 100;
const PAGE: usize = 1_000;

/// As whom.
#[derive(Debug, Clone, Args)]
pub(super) struct Person {
    /// The tenant
    #[arg(long, default_value = "acme")]
    tenant: String,
    /// The user
    #[arg(long, default_value = "ada")]
    user: String,
    /// A role of theirs; may be given several times. `workflows` makes definitions and sees what others started
    #[arg(long = "role", default_value = "workflows")]
    roles: Vec<String>,
}

/// The API in somebody's name.
pub(super) struct Api {
    emulator: Private,
    token: String,
}

impl Api {
    pub(super) async fn of(data: &Path, person: &Person) -> anyhow::Result<Self> {
        let emulator = Private::of(data)?;
        let token = emulator.token(&person.tenant, &person.user, &person.roles).await?;
        Ok(Self { emulator, token })
    }

    /// One operation, for example `StartExecution`. A refusal fails with the error's name and what it says.
    pub(super) async fn call(&self, operation: &str, input: &Value) -> anyhow::Result<Value> {
        let request = self
            .emulator
            .platform(Method::POST, "v1/states")
            .bearer_auth(&self.token)
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", format!("AWSStepFunctions.{operation}"))
            .body(input.to_string());
        let response = request.send().await?;
        let status = response.status();
        let body: Value = response.json().await.unwrap_or_default();
        if status.is_success() {
            return Ok(body);
        }
        // What stands before the operations (no such route, a token that is no good) answers with problems.
        let kind = body["__type"].as_str().map(|kind| kind.rsplit('#').next().unwrap_or(kind));
        let said = body["message"].as_str().or(body["detail"].as_str()).unwrap_or(status.as_str());
        match kind {
            Some(kind) => bail!("{kind}: {said}"),
            None => bail!("{said}"),
        }
    }

    /// A JSON route, with the API's address for whoever is told it.
    pub(super) async fn post(&self, path: &str, input: &Value) -> anyhow::Result<(Value, String)> {
        let request = self.emulator.platform(Method::POST, path).bearer_auth(&self.token).json(input);
        Ok((self.emulator.send(request).await?, self.emulator.address().to_owned()))
    }

    /// The ARN of a state machine that is named, or given by its ARN.
    pub(super) async fn machine(&self, named: &str) -> anyhow::Result<String> {
        let found = self.machine_of_name(named).await?;
        found.with_context(|| format!("there is no state machine {named}: `cargo octavo workflow put` makes one"))
    }

    /// The same; none where there is no such name.
    pub(super) async fn machine_of_name(&self, named: &str) -> anyhow::Result<Option<String>> {
        if named.starts_with("arn:") {
            return Ok(Some(named.to_owned()));
        }
        let mut input = json!({ "maxResults": PAGE });
        for _ in 0..PAGES_MAX {
            let page = self.call("ListStateMachines", &input).await?;
            let found = page["stateMachines"].as_array().into_iter().flatten().find(|one| one["name"] == named);
            if let Some(found) = found {
                return Ok(found["stateMachineArn"].as_str().map(str::to_owned));
            }
            let Some(next) = page["nextToken"].as_str() else { break };
            input["nextToken"] = json!(next);
        }
        Ok(None)
    }
}

/// A moment of the API, in seconds since 1970, as it is written for people.
pub(super) fn moment(seconds: &Value) -> String {
    let millis = seconds.as_f64().map(|seconds| (seconds * 1_000.0).round());
    let at = millis.and_then(|millis| chrono::DateTime::from_timestamp_millis(millis as i64));
    at.map_or_else(|| "-".to_owned(), |at| at.format("%Y-%m-%d %H:%M:%S%.3f").to_string())
}

/// A text of an answer.
pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or("-").to_owned()
}
