//! `SendTaskSuccess`.

use super::token::{answer, check_length};
use crate::Deps;
use crate::executions::input::task_output;
use crate::protocol::{Call, Checks, Fault, Input, Nothing, Reply};
use octavo_domain_workflow::machine::Event;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SuccessInput {
    task_token: String,
    output: String,
}

impl Input for SuccessInput {
    fn check(&self, checks: &mut Checks) {
        check_length(checks, &self.task_token);
    }
}

/// Answers a task with its output.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: SuccessInput) -> Result<Reply<Nothing>, Fault> {
    let output = task_output(&input.output)?;
    answer(&deps, call.caller.tenant(), &input.task_token, &Event::TaskSucceeded { output }).await?;
    Ok(Nothing {}.into())
}
