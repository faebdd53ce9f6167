//! Connections as they are shown: never with their value.

use crate::caller::Caller;
use crate::{Deps, WorkflowFault};
use chrono::{DateTime, Utc};
use octavo_domain_workflow::catalogue::Connection;
use octavo_wiring_edge::{Problem, Request};
use serde::Serialize;

/// A connection. Its value is never shown.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ConnectionView {
    /// For `Authentication.ConnectionArn` of `arn:aws:states:::http:invoke`.
    #[schema(
        example = "arn:aws:events:us-east-1:123456789012:connection/billing/01934d2e-7b1c-7def-8a2b-3c4d5e6f7081"
    )]
    arn: String,
    /// Its name.
    name: String,
    /// The header that the value goes into.
    header: String,
    /// To which hosts it may go.
    hosts: Vec<String>,
    /// When it was set last.
    updated_at: DateTime<Utc>,
    /// By whom.
    updated_by: String,
}

impl From<Connection> for ConnectionView {
    fn from(connection: Connection) -> Self {
        let Connection { arn, name, header, hosts, updated_at, updated_by, .. } = connection;
        Self { arn, name, header, hosts, updated_at, updated_by: updated_by.into() }
    }
}

/// Connections.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ConnectionList {
    /// By their names.
    pub(super) connections: Vec<ConnectionView>,
}

/// The caller, if they may deal with connections.
pub(super) fn operator(deps: &Deps, request: &Request) -> Result<Caller, Problem> {
    let caller = Caller::new(request.principal()?.clone(), &deps.region);
    if caller.is_operator() { Ok(caller) } else { Err(WorkflowFault::NotAllowed.into()) }
}
