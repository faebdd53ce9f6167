//! `ListStateMachineVersions`.

use crate::Deps;
use crate::machines::find::{self, check_arn};
use crate::protocol::{Call, Checks, Fault, Input, Moment, PageToken, Reply, check_page, page_limit};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListInput {
    state_machine_arn: String,
    max_results: Option<i64>,
    next_token: Option<String>,
}

impl Input for ListInput {
    fn check(&self, checks: &mut Checks) {
        check_arn(checks, "stateMachineArn", &self.state_machine_arn);
        check_page(checks, self.max_results, self.next_token.as_ref());
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListOutput {
    state_machine_versions: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    state_machine_version_arn: String,
    creation_date: Moment,
}

/// Lists the versions of a state machine, newest first; none for a machine that is not there, as the service does.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: ListInput) -> Result<Reply<ListOutput>, Fault> {
    let arn = &input.state_machine_arn;
    find::must_be_machine(arn)?;
    let list = format!("ListStateMachineVersions {arn}");
    let below: Option<u32> = PageToken::read(&list, input.next_token.as_deref())?;
    let limit = page_limit(input.max_results);
    let mut found = deps.catalogue.version_list(call.caller.tenant(), arn, below, limit + 1).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next_token = found.last().filter(|_| more).map(|last| PageToken::write(&list, last.number));
    let state_machine_versions = found
        .into_iter()
        .map(|version| Item { state_machine_version_arn: version.arn, creation_date: version.created_at.into() });
    Ok(ListOutput { state_machine_versions: state_machine_versions.collect(), next_token }.into())
}
