//! `TagResource`.

use super::given::{self, Tag};
use crate::Deps;
use crate::machines::find::check_arn;
use crate::protocol::{Call, Checks, Fault, Input, Nothing, Reply};
use octavo_domain_workflow::arn::Arn;
use octavo_domain_workflow::catalogue::{TagsChange, TagsChanged};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TagInput {
    resource_arn: String,
    tags: Vec<Tag>,
}

impl Input for TagInput {
    fn check(&self, checks: &mut Checks) {
        check_arn(checks, "resourceArn", &self.resource_arn);
        given::check(checks, &self.tags);
    }
}

/// Adds tags to a state machine or an activity, over those with the same keys.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: TagInput) -> Result<Reply<Nothing>, Fault> {
    let set = given::all(input.tags)?;
    change(&deps, &call, "TagResource", &input.resource_arn, TagsChange { set, removed: Vec::new() }).await
}

/// Changes the tags of `arn`.
pub(crate) async fn change(
    deps: &Deps,
    call: &Call,
    action: &str,
    arn: &str,
    change: TagsChange,
) -> Result<Reply<Nothing>, Fault> {
    Arn::parse(arn)?;
    call.caller.must_be_operator(action, arn)?;
    match deps.tags.tags_change(call.caller.tenant(), arn, &change).await? {
        TagsChanged::Done => Ok(Nothing {}.into()),
        TagsChanged::Missing => Err(Fault::no_resource(arn)),
        TagsChanged::TooMany => Err(given::too_many().of(arn)),
    }
}
