//! `DeleteStateMachine`.

use super::find::{self, check_arn};
use crate::Deps;
use crate::protocol::{Call, Checks, Fault, Input, Nothing, Reply};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeleteInput {
    state_machine_arn: String,
}

impl Input for DeleteInput {
    fn check(&self, checks: &mut Checks) {
        check_arn(checks, "stateMachineArn", &self.state_machine_arn);
    }
}

/// Deletes a state machine with its versions and aliases: at once, or when its last execution has ended. Until then it is
/// shown as `DELETING`, and nothing is started with it. Executions are not stopped.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: DeleteInput) -> Result<Reply<Nothing>, Fault> {
    let arn = &input.state_machine_arn;
    find::must_be_machine(arn)?;
    call.caller.must_be_operator("DeleteStateMachine", arn)?;
    deps.catalogue.machine_delete(call.caller.tenant(), arn).await?;
    deps.memory.forget(call.caller.tenant());
    Ok(Nothing {}.into())
}
