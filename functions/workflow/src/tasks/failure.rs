//! `SendTaskFailure`.

use super::token::{answer, check_length};
use crate::Deps;
use crate::executions::input::error_and_cause;
use crate::protocol::{Call, Checks, Fault, Input, Nothing, Reply};
use octavo_domain_workflow::machine::Event;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FailureInput {
    task_token: String,
    error: Option<String>,
    cause: Option<String>,
}

impl Input for FailureInput {
    fn check(&self, checks: &mut Checks) {
        check_length(checks, &self.task_token);
    }
}

/// Answers a task with an error.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: FailureInput) -> Result<Reply<Nothing>, Fault> {
    error_and_cause(input.error.as_ref(), input.cause.as_ref())?;
    let event = Event::TaskFailed { error: input.error, cause: input.cause };
    answer(&deps, call.caller.tenant(), &input.task_token, &event).await?;
    Ok(Nothing {}.into())
}
