//! Which executions a query finds: the statement for lists and counts.

use super::row::{ENDED_COLUMNS, RUNNING_COLUMNS};
use super::text::{self, plain};
use crate::call_list::smallest_id;
use crate::row::number;
use chrono::TimeDelta;
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::engine::Status;
use octavo_domain_workflow::engine::ports::ExecutionQuery;
use sqlx::{Postgres as Engine, QueryBuilder};

/// How far the time in an execution's id may be from when it began: both are drawn one after the other. The id is what
/// the indexes and the partitions are ordered by, so a period is looked for between ids, and then exactly.
const ID_SLACK: TimeDelta = TimeDelta::minutes(1);
/// No name that begins with a text comes after that text with this behind it.
const LAST_CHARACTER: char = '\u{10FFFF}';

/// Where executions of these statuses are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Running,
    Ended,
}

impl Place {
    pub(super) fn of(status: Status) -> Self {
        match status {
            Status::Running => Self::Running,
            _ => Self::Ended,
        }
    }

    fn table(self) -> &'static str {
        match self {
            Self::Running => "workflow_running",
            Self::Ended => "workflow_ended",
        }
    }

    fn columns(self) -> &'static str {
        match self {
            Self::Running => RUNNING_COLUMNS,
            Self::Ended => ENDED_COLUMNS,
        }
    }
}

/// The parts that a query is made of: each is found newest first by one index, and ends after `limit` rows. Several
/// statuses are so many parts, because an index that begins with the status has them one after the other.
pub(super) fn parts(query: &ExecutionQuery) -> Vec<(Place, Option<Status>)> {
    if query.statuses.is_empty() {
        return vec![(Place::Running, None), (Place::Ended, None)];
    }
    let mut statuses: Vec<Status> = Vec::new();
    for status in &query.statuses {
        if !statuses.contains(status) {
            statuses.push(*status);
        }
    }
    statuses.into_iter().map(|status| (Place::of(status), Some(status))).collect()
}

/// Adds a part: `(select ... order by id desc limit ...)`.
pub(super) fn push_part(
    sql: &mut QueryBuilder<Engine>,
    tenant: &TenantId,
    query: &ExecutionQuery,
    (place, status): (Place, Option<Status>),
    limit: u64,
) -> Result<(), PortError> {
    let limit: i64 = number("limit", limit)?;
    let mut looked_for: Vec<(String, String)> = Vec::new();
    for (name, value) in &query.attributes {
        // What can be no value is nobody's.
        let Some(attribute) = text::attribute(name, value) else {
            sql.push(format!("(select {} from {} where false)", place.columns(), place.table()));
            return Ok(());
        };
        looked_for.push(attribute);
    }
    if looked_for.is_empty() {
        sql.push(format!("(select {} from {} where tenant = ", place.columns(), place.table()));
        sql.push_bind(tenant.as_str().to_owned());
        push_bounds(sql, query, "id");
        push_conditions(sql, query, status);
        sql.push(" order by id desc limit ").push_bind(limit).push(")");
        return Ok(());
    }
    // From the attribute to the execution, newest first, and no further than the limit: `offset 0` keeps the two apart.
    sql.push("(select e.* from (select a.execution_id from workflow_attribute a where a.tenant = ");
    sql.push_bind(tenant.as_str().to_owned());
    for (place, (name, value)) in looked_for.into_iter().enumerate() {
        if place == 0 {
            sql.push(" and a.name = ").push_bind(name).push(" and a.value = ").push_bind(value);
            continue;
        }
        sql.push(" and exists (select from workflow_attribute b where b.tenant = ");
        sql.push_bind(tenant.as_str().to_owned());
        sql.push(" and b.execution_id = a.execution_id and b.name = ").push_bind(name);
        sql.push(" and b.value = ").push_bind(value).push(")");
    }
    push_bounds(sql, query, "a.execution_id");
    sql.push(format!(
        " order by a.execution_id desc offset 0) a cross join lateral (select {} from {} where tenant = ",
        place.columns(),
        place.table()
    ));
    sql.push_bind(tenant.as_str().to_owned());
    sql.push(" and id = a.execution_id");
    push_conditions(sql, query, status);
    sql.push(") e order by a.execution_id desc limit ").push_bind(limit).push(")");
    Ok(())
}

/// What of the query is said of ids.
fn push_bounds(sql: &mut QueryBuilder<Engine>, query: &ExecutionQuery, id: &str) {
    if let Some(after) = query.after {
        sql.push(format!(" and {id} < ")).push_bind(after.0);
    }
    // The id of a map run's child has the time of the run, which is before its own.
    if let (Some(from), None) = (query.from, &query.map_run_arn) {
        sql.push(format!(" and {id} >= ")).push_bind(smallest_id(from, -ID_SLACK));
    }
    if let Some(to) = query.to {
        sql.push(format!(" and {id} < ")).push_bind(smallest_id(to, ID_SLACK));
    }
}

fn push_conditions(sql: &mut QueryBuilder<Engine>, query: &ExecutionQuery, status: Option<Status>) {
    match &query.map_run_arn {
        Some(arn) => sql.push(" and map_run_arn = ").push_bind(plain(arn).into_owned()),
        None => sql.push(" and map_run_arn is null"),
    };
    if let Some(status) = status {
        sql.push(" and status = ").push_bind(status.as_str());
        if !matches!(status, Status::Succeeded) {
            // Said once more in the words of the index.
            sql.push(" and status <> 'SUCCEEDED'");
        }
    }
    if let Some(arn) = &query.machine_arn {
        push_machine(sql, &plain(arn));
    }
    if let Some(prefix) = &query.name_prefix {
        let prefix = plain(prefix).into_owned();
        let end = format!("{prefix}{LAST_CHARACTER}");
        sql.push(" and name >= ").push_bind(prefix).push(" and name < ").push_bind(end);
    }
    if let Some(from) = query.from {
        sql.push(" and started_at >= ").push_bind(from);
    }
    if let Some(to) = query.to {
        sql.push(" and started_at < ").push_bind(to);
    }
    if let Some(user) = &query.started_by {
        sql.push(" and started_by = ").push_bind(user.as_str().to_owned());
    }
    match query.redriven {
        Some(true) => drop(sql.push(" and redrive_count > 0")),
        Some(false) => drop(sql.push(" and redrive_count = 0")),
        None => {}
    }
}

/// `arn:...:stateMachine:NAME`, or the same with `:VERSION` (digits) or `:ALIAS`, which is never all digits.
fn push_machine(sql: &mut QueryBuilder<Engine>, arn: &str) {
    let qualified = arn.split(':').count() > 7;
    match arn.rsplit_once(':') {
        Some((machine, last)) if qualified => {
            let version = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
            sql.push(if version { " and version_arn = " } else { " and alias_arn = " }).push_bind(arn.to_owned());
            sql.push(" and machine_arn = ").push_bind(machine.to_owned());
        }
        _ => drop(sql.push(" and machine_arn = ").push_bind(arn.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_is_looked_for_once_where_it_is() {
        let query = |statuses: &[Status]| ExecutionQuery { statuses: statuses.to_vec(), ..ExecutionQuery::default() };
        assert_eq!(parts(&query(&[])), [(Place::Running, None), (Place::Ended, None)]);
        assert_eq!(
            parts(&query(&[Status::Failed, Status::Running, Status::Failed])),
            [(Place::Ended, Some(Status::Failed)), (Place::Running, Some(Status::Running))]
        );
    }
}
