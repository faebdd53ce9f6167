//! `DescribeActivity`.

use super::find;
use crate::Deps;
use crate::machines::find::check_arn;
use crate::protocol::{Call, Checks, Fault, Input, Moment, Reply};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeInput {
    activity_arn: String,
}

impl Input for DescribeInput {
    fn check(&self, checks: &mut Checks) {
        check_arn(checks, "activityArn", &self.activity_arn);
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeOutput {
    activity_arn: String,
    name: String,
    creation_date: Moment,
    encryption_configuration: Value,
}

/// Shows an activity.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: DescribeInput) -> Result<Reply<DescribeOutput>, Fault> {
    let activity = find::activity(&deps, &call.caller, &input.activity_arn).await?;
    let output = DescribeOutput {
        activity_arn: activity.arn,
        name: activity.name,
        creation_date: activity.created_at.into(),
        // There are no other keys to choose.
        encryption_configuration: json!({ "type": "AWS_OWNED_KEY" }),
    };
    Ok(output.into())
}
