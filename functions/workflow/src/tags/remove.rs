//! `UntagResource`.

use super::given::KEY_CHARS_MAX;
use super::set::change;
use crate::Deps;
use crate::machines::find::check_arn;
use crate::protocol::{Call, Checks, Fault, Input, Nothing, Reply};
use octavo_domain_workflow::catalogue::TagsChange;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UntagInput {
    resource_arn: String,
    tag_keys: Vec<String>,
}

impl Input for UntagInput {
    fn check(&self, checks: &mut Checks) {
        check_arn(checks, "resourceArn", &self.resource_arn);
        for (at, key) in self.tag_keys.iter().enumerate() {
            checks.length(&format!("tagKeys.{}.member", at + 1), key, 1..=KEY_CHARS_MAX);
        }
    }
}

/// Takes tags away; those that are not there are no error.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: UntagInput) -> Result<Reply<Nothing>, Fault> {
    let removal = TagsChange { removed: input.tag_keys, ..TagsChange::default() };
    change(&deps, &call, "UntagResource", &input.resource_arn, removal).await
}
