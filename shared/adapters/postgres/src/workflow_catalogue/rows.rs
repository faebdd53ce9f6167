//! Rows of the catalogue, and what they are in the domain.

use crate::error::port_error;
use crate::row::number;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::PortError;
use octavo_domain_workflow::catalogue::{Machine, MachineStatus, Version};
use octavo_domain_workflow::engine::RevisionId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::FromRow;
use sqlx::postgres::PgRow;
use uuid::Uuid;

/// What follows `select` to read a [`machine`]: from `workflow_machine m` and `workflow_revision r`.
pub(super) const MACHINE_COLUMNS: &str = "m.arn, m.name, m.deleting, m.express, r.id as revision, r.initial, \
     r.definition, r.role_arn, r.configuration, m.created_at, r.created_at as updated_at";

/// What follows `select` to read a [`version`].
pub(super) const VERSION_COLUMNS: &str = "number, revision, description, created_at";

#[derive(FromRow)]
struct MachineRow {
    arn: String,
    name: String,
    deleting: bool,
    express: bool,
    revision: Uuid,
    initial: bool,
    definition: String,
    role_arn: String,
    configuration: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct VersionRow {
    number: i32,
    revision: Uuid,
    description: Option<String>,
    created_at: DateTime<Utc>,
}

pub(super) fn machine(row: &PgRow) -> Result<Machine, PortError> {
    let row = MachineRow::from_row(row).map_err(port_error)?;
    Ok(Machine {
        arn: row.arn,
        name: row.name,
        status: if row.deleting { MachineStatus::Deleting } else { MachineStatus::Active },
        express: row.express,
        revision: RevisionId(row.revision),
        initial: row.initial,
        definition: row.definition,
        role_arn: row.role_arn,
        configuration: read_json("configuration", &row.configuration)?,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

pub(super) fn version(machine_arn: &str, row: &PgRow) -> Result<Version, PortError> {
    let row = VersionRow::from_row(row).map_err(port_error)?;
    Ok(Version {
        arn: version_arn(machine_arn, row.number),
        number: number("number", row.number)?,
        revision: RevisionId(row.revision),
        description: row.description,
        created_at: row.created_at,
    })
}

pub(super) fn version_arn(machine_arn: &str, number: impl std::fmt::Display) -> String {
    format!("{machine_arn}:{number}")
}

/// JSON that the domain wrote.
pub(super) fn read_json<T: DeserializeOwned>(column: &str, text: &str) -> Result<T, PortError> {
    serde_json::from_str(text).map_err(|error| PortError::corrupt(format!("column {column}: {error}")))
}

pub(super) fn write_json(value: &impl Serialize) -> Result<String, PortError> {
    serde_json::to_string(value).map_err(PortError::corrupt)
}
