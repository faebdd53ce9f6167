//! `DeleteActivity`.

use super::find;
use crate::Deps;
use crate::machines::find::check_arn;
use crate::protocol::{Call, Checks, Fault, Input, Nothing, Reply};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeleteInput {
    activity_arn: String,
}

impl Input for DeleteInput {
    fn check(&self, checks: &mut Checks) {
        check_arn(checks, "activityArn", &self.activity_arn);
    }
}

/// Deletes an activity; one that is not there is no error.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: DeleteInput) -> Result<Reply<Nothing>, Fault> {
    let arn = &input.activity_arn;
    find::must_be_activity(arn)?;
    call.caller.must_be_operator("DeleteActivity", arn)?;
    deps.activities.activity_delete(call.caller.tenant(), arn).await?;
    Ok(Nothing {}.into())
}
