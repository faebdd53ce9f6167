//! `ListStateMachines`.

use crate::Deps;
use crate::protocol::{Call, Checks, Fault, Input, Moment, PageToken, Reply, check_page, page_limit};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const LIST: &str = "ListStateMachines";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListInput {
    max_results: Option<i64>,
    next_token: Option<String>,
}

impl Input for ListInput {
    fn check(&self, checks: &mut Checks) {
        check_page(checks, self.max_results, self.next_token.as_ref());
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListOutput {
    state_machines: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    state_machine_arn: String,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    creation_date: Moment,
}

/// Lists the tenant's state machines, by their names.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: ListInput) -> Result<Reply<ListOutput>, Fault> {
    let after: Option<String> = PageToken::read(LIST, input.next_token.as_deref())?;
    let limit = page_limit(input.max_results);
    // One more than is shown tells whether there are more.
    let mut found = deps.catalogue.machine_list(call.caller.tenant(), after.as_deref(), limit + 1).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next_token = found.last().filter(|_| more).map(|last| PageToken::write(LIST, last.arn.clone()));
    let state_machines = found.into_iter().map(|machine| Item {
        state_machine_arn: machine.arn,
        name: machine.name,
        kind: if machine.express { "EXPRESS" } else { "STANDARD" },
        creation_date: machine.created_at.into(),
    });
    Ok(ListOutput { state_machines: state_machines.collect(), next_token }.into())
}
