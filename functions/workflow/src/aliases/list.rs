//! `ListStateMachineAliases`.

use crate::Deps;
use crate::machines::find::{self, check_arn};
use crate::protocol::{Call, Checks, Fault, Input, Moment, PageToken, Reply, check_page, page_limit};
use octavo_domain_workflow::arn::Resource;
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
    state_machine_aliases: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    state_machine_alias_arn: String,
    creation_date: Moment,
}

/// Lists the aliases of a state machine, or those that send starts to a version of it, by their names.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: ListInput) -> Result<Reply<ListOutput>, Fault> {
    let (arn, tenant) = (&input.state_machine_arn, call.caller.tenant());
    let parsed = find::parse(arn)?;
    let version = match parsed.resource {
        Resource::Version { number, .. } => Some(number),
        _ => {
            find::must_be_machine(arn)?;
            None
        }
    };
    let machine_arn = parsed.machine_arn().unwrap_or(arn);
    let list = format!("ListStateMachineAliases {arn}");
    let after: Option<String> = PageToken::read(&list, input.next_token.as_deref())?;
    let limit = page_limit(input.max_results);
    find::machine(&deps, &call.caller, machine_arn).await?;
    let mut found = deps.aliases.alias_list(tenant, machine_arn, version, after.as_deref(), limit + 1).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next_token = found.last().filter(|_| more).map(|last| PageToken::write(&list, last.name.clone()));
    let state_machine_aliases = found
        .into_iter()
        .map(|alias| Item { state_machine_alias_arn: alias.arn, creation_date: alias.created_at.into() });
    Ok(ListOutput { state_machine_aliases: state_machine_aliases.collect(), next_token }.into())
}
