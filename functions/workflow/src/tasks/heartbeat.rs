//! `SendTaskHeartbeat`.

use super::token::{check_length, heartbeat};
use crate::Deps;
use crate::protocol::{Call, Checks, Fault, Input, Nothing, Reply};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HeartbeatInput {
    task_token: String,
}

impl Input for HeartbeatInput {
    fn check(&self, checks: &mut Checks) {
        check_length(checks, &self.task_token);
    }
}

/// Tells that a task is still worked on: the time between heartbeats begins anew.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: HeartbeatInput) -> Result<Reply<Nothing>, Fault> {
    heartbeat(&deps, call.caller.tenant(), &input.task_token).await?;
    Ok(Nothing {}.into())
}
