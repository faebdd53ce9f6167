//! Executions as people see them in lists.

use chrono::{DateTime, Utc};
use octavo_domain_workflow::engine::ports::ExecutionSummary;
use serde::Serialize;
use serde_json::{Map, Value};

/// An execution in a list.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct ExecutionItem {
    /// Names it.
    #[schema(example = "arn:aws:states:us-east-1:123456789012:execution:orders:order-17")]
    arn: String,
    /// Its name.
    #[schema(example = "order-17")]
    name: String,
    /// Its state machine.
    machine_arn: String,
    /// The version that it was started by.
    #[serde(skip_serializing_if = "Option::is_none")]
    version_arn: Option<String>,
    /// The alias that it was started by.
    #[serde(skip_serializing_if = "Option::is_none")]
    alias_arn: Option<String>,
    /// The map run that it is a child of.
    #[serde(skip_serializing_if = "Option::is_none")]
    map_run_arn: Option<String>,
    /// Where it stands.
    #[schema(example = "RUNNING")]
    status: &'static str,
    /// When it was started.
    started_at: DateTime<Utc>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped_at: Option<DateTime<Utc>>,
    /// How often it was redriven.
    redrive_count: u32,
    /// When last.
    #[serde(skip_serializing_if = "Option::is_none")]
    redriven_at: Option<DateTime<Utc>>,
    /// Who started it.
    #[schema(example = "ada")]
    started_by: String,
    /// Its search attributes.
    #[schema(value_type = Object)]
    attributes: Map<String, Value>,
}

impl From<ExecutionSummary> for ExecutionItem {
    fn from(summary: ExecutionSummary) -> Self {
        Self {
            arn: summary.arn,
            name: summary.name,
            machine_arn: summary.machine_arn,
            version_arn: summary.version_arn,
            alias_arn: summary.alias_arn,
            map_run_arn: summary.map_run_arn,
            status: summary.status.as_str(),
            started_at: summary.started_at,
            stopped_at: summary.stopped_at,
            redrive_count: summary.redrive_count,
            redriven_at: summary.redriven_at,
            started_by: summary.started_by.to_string(),
            attributes: summary.attributes,
        }
    }
}
