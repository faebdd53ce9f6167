//! `ListTagsForResource`.

use super::given::Tag;
use crate::Deps;
use crate::machines::find::check_arn;
use crate::protocol::{Call, Checks, Fault, Input, Reply};
use octavo_domain_workflow::arn::Arn;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListInput {
    resource_arn: String,
}

impl Input for ListInput {
    fn check(&self, checks: &mut Checks) {
        check_arn(checks, "resourceArn", &self.resource_arn);
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct ListOutput {
    tags: Vec<Tag>,
}

/// Lists the tags of a state machine or an activity, by their keys.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: ListInput) -> Result<Reply<ListOutput>, Fault> {
    Arn::parse(&input.resource_arn)?;
    let found = deps.tags.tags_get(call.caller.tenant(), &input.resource_arn).await?;
    let tags = found.ok_or_else(|| Fault::no_resource(&input.resource_arn))?;
    Ok(ListOutput { tags: tags.into_iter().map(|(key, value)| Tag { key, value }).collect() }.into())
}
