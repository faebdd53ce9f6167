//! `GetExecutionHistory`.

use super::find::{self, EXECUTION_ARN_CHARS_MAX};
use super::history_page::{Wanted, page};
use crate::Deps;
use crate::protocol::{Call, Checks, Fault, Input, PAGE_MAX, PageToken, Reply, page_limit};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// The longest token of a page, in characters: the service's own.
const TOKEN_CHARS_MAX: usize = 1_024;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HistoryInput {
    execution_arn: String,
    max_results: Option<i64>,
    #[serde(default)]
    reverse_order: Option<bool>,
    next_token: Option<String>,
    include_execution_data: Option<bool>,
}

impl Input for HistoryInput {
    fn check(&self, checks: &mut Checks) {
        checks.length("executionArn", &self.execution_arn, 1..=EXECUTION_ARN_CHARS_MAX);
        checks.range_if("maxResults", self.max_results, 0..=PAGE_MAX);
        checks.length_if("nextToken", self.next_token.as_ref(), 1..=TOKEN_CHARS_MAX);
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HistoryOutput {
    events: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// Lists the events of an execution, as its last commit left it.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: HistoryInput) -> Result<Reply<HistoryOutput>, Fault> {
    let view = find::view(&deps, &call.caller, "GetExecutionHistory", &input.execution_arn).await?;
    let reverse = input.reverse_order.unwrap_or(false);
    let list = format!("GetExecutionHistory:{}:{reverse}", view.id);
    let token = PageToken::<u64>::read(&list, input.next_token.as_deref())?;
    let wanted = Wanted {
        first: token.unwrap_or(if reverse { view.events } else { 1 }),
        limit: page_limit(input.max_results),
        reverse,
        data: input.include_execution_data.unwrap_or(true),
    };
    let (events, next) = page(&deps, call.caller.tenant(), view.id, wanted).await?;
    Ok(HistoryOutput { events, next_token: next.map(|next| PageToken::write(&list, next)) }.into())
}
