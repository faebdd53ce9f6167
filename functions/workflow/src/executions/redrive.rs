//! `RedriveExecution`.

use super::change::{Decline, Told, tell};
use super::find::{self, EXECUTION_ARN_CHARS_MAX};
use super::shell::written;
use crate::Deps;
use crate::protocol::{Call, Checks, Fault, Input, Moment, Name, Reply};
use chrono::{DateTime, TimeDelta, Utc};
use octavo_domain_kernel::{PortError, PortErrorKind, TenantId};
use octavo_domain_workflow::engine::{ExecutionId, Kept, NotRedrivable, RedriveError, redrive as begin_again};
use octavo_domain_workflow::machine::{Event, Signal};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use uuid::Uuid;

/// The longest `clientToken`, in characters: the service's own.
const CLIENT_TOKEN_CHARS_MAX: usize = 64;
/// How long a request with the same `clientToken` is the same request.
const REMEMBERED_FOR: TimeDelta = TimeDelta::minutes(15);
/// No frame has this id: what is told to it changes nothing.
const NO_FRAME: u64 = 0;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RedriveInput {
    execution_arn: String,
    client_token: Option<String>,
}

impl Input for RedriveInput {
    fn check(&self, checks: &mut Checks) {
        checks.length("executionArn", &self.execution_arn, 1..=EXECUTION_ARN_CHARS_MAX);
        checks.length_if("clientToken", self.client_token.as_ref(), 1..=CLIENT_TOKEN_CHARS_MAX);
        if let Some(token) =
            self.client_token.as_ref().filter(|token| !token.bytes().all(|byte| byte.is_ascii_graphic()))
        {
            checks.fail("clientToken", token, "Member must satisfy regular expression pattern: [!-~]+");
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RedriveOutput {
    redrive_date: Moment,
}

/// Why an execution does not begin again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RedriveRefused {
    /// There is none.
    #[error("there is no such execution")]
    Gone,
    /// It may not.
    #[error(transparent)]
    NotRedrivable(NotRedrivable),
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Begins an execution again from where it failed. The same request sent again within a quarter of an hour changes nothing.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: RedriveInput) -> Result<Reply<RedriveOutput>, Fault> {
    let arn = &input.execution_arn;
    let view = find::view(&deps, &call.caller, "RedriveExecution", arn).await?;
    let redriven = redrive(&deps, call.caller.tenant(), view.id, input.client_token.as_deref()).await;
    let at = redriven.map_err(|error| match error {
        RedriveRefused::Gone => Fault::no_execution(arn),
        RedriveRefused::NotRedrivable(reason) => Fault::new(Name::ExecutionNotRedrivable, reason.to_string()),
        RedriveRefused::Port(error) => error.into(),
    })?;
    Ok(Reply { output: RedriveOutput { redrive_date: at.into() }, written: written(&deps).await })
}

/// Begins an execution again; when it did, which may have been an earlier request with the same `client_token`.
pub(crate) async fn redrive(
    deps: &Deps,
    tenant: &TenantId,
    id: ExecutionId,
    client_token: Option<&str>,
) -> Result<DateTime<Utc>, RedriveRefused> {
    let marker = client_token.map(|token| marker_id(id, token));
    if let Some(marker) = marker {
        let waiting = deps.reads.signals_waiting(tenant, id).await?;
        if let Some(found) = waiting.iter().find(|kept| kept.id == marker) {
            return Ok(found.at - REMEMBERED_FOR);
        }
    }
    let told = tell(deps, tenant, id, |settling, loaded| {
        let mut change = begin_again(settling, loaded).map_err(|error| match error {
            RedriveError::NotRedrivable(reason) => Decline::Left(reason),
            RedriveError::Unwritable(error) => Decline::Unwritable(error),
        })?;
        // That the request was made is kept in the commit that does it, as a signal that tells nobody anything.
        change.kept.extend(marker.filter(|_| change.finished.is_none()).map(|marker| Kept {
            id: marker,
            at: settling.now + REMEMBERED_FOR,
            signal: Signal { frame: NO_FRAME, turn: 0, event: Event::Timer },
        }));
        Ok(change)
    });
    match told.await? {
        Told::Done(change) => Ok(change.at),
        Told::Left(reason) => Err(RedriveRefused::NotRedrivable(reason)),
        Told::Gone => Err(RedriveRefused::Gone),
        Told::Contended => Err(PortError::from(PortErrorKind::Conflict).into()),
    }
}

/// Names a request: the same for the same execution and token.
fn marker_id(id: ExecutionId, client_token: &str) -> Uuid {
    let hash = Sha256::new().chain_update(id.0.as_bytes()).chain_update(client_token.as_bytes()).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_named_by_execution_and_token() {
        let (one, other) = (ExecutionId(Uuid::from_u128(1)), ExecutionId(Uuid::from_u128(2)));
        assert_eq!(marker_id(one, "a"), marker_id(one, "a"));
        assert_ne!(marker_id(one, "a"), marker_id(one, "b"));
        assert_ne!(marker_id(one, "a"), marker_id(other, "a"));
        assert_eq!(marker_id(one, "a").get_version_num(), 8);
    }
}
