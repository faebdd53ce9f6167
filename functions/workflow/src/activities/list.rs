//! `ListActivities`.

use crate::Deps;
use crate::protocol::{Call, Checks, Fault, Input, Moment, PageToken, Reply, check_page, page_limit};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const LIST: &str = "ListActivities";

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
    activities: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    activity_arn: String,
    name: String,
    creation_date: Moment,
}

/// Lists the tenant's activities, by their names.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: ListInput) -> Result<Reply<ListOutput>, Fault> {
    let after: Option<String> = PageToken::read(LIST, input.next_token.as_deref())?;
    let limit = page_limit(input.max_results);
    let mut found = deps.activities.activity_list(call.caller.tenant(), after.as_deref(), limit + 1).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next_token = found.last().filter(|_| more).map(|last| PageToken::write(LIST, last.arn.clone()));
    let activities = found.into_iter().map(|activity| Item {
        activity_arn: activity.arn,
        name: activity.name,
        creation_date: activity.created_at.into(),
    });
    Ok(ListOutput { activities: activities.collect(), next_token }.into())
}
