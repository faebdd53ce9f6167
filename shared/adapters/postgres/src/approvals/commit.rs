//! Makes a change of an approval true, if it is still where the change was decided.

use super::columns::{Events, Messages, Seats};
use crate::error::{commit_error, is_code, port_error};
use crate::pool::{Pool, Repeat};
use crate::row::number;
use crate::workflow::text::{json, plain};
use octavo_domain_approvals::{Approval, Commit, Committed, Outcome, barred};
use octavo_domain_kernel::{Ids, PortError, TenantId};
use octavo_domain_workflow::machine::Event;
use sqlx::Row;
use sqlx::postgres::{PgArguments, PgRow, Postgres as Engine};
use sqlx::query::Query;

/// Somebody else changed the approval after the function had begun to write: all of it was undone.
const OVERTAKEN: &str = "OA001";

const COMMIT: &str = "select outcome, execution from approval_commit(
    p_tenant => $1, p_id => $2, p_expected => $3, p_body => $4, p_requester => $5, p_for_whom => $6, p_document => $7,
    p_execution => $8, p_token => $9, p_category => $10, p_title_key => $11, p_outcome => $12, p_created_at => $13,
    p_ended_at => $14, p_due_at => $15,
    p_candidates => $16, p_holders => $17, p_barred => $18, p_people => $19,
    p_numbers => $20, p_ats => $21, p_actors => $22, p_events => $23,
    p_message_ids => $24, p_queues => $25, p_messages => $26,
    p_answer => $27, p_answered_at => $28, p_link => $29, p_link_expires_at => $30)";

pub(super) async fn approval_commit(
    pool: &Pool,
    audit: Option<&dyn Ids>,
    tenant: &TenantId,
    commit: &Commit,
) -> Result<Committed, PortError> {
    let columns = Columns::of(tenant, commit, audit)?;
    // Made again after it took effect, it is stale: whoever loads it again sees that. A link would only be said to be used.
    let repeat = if commit.link.is_some() { Repeat::Never } else { Repeat::Harmless };
    match pool.call(repeat, || columns.bind(pool.query(COMMIT), tenant, commit)).await {
        Ok(rows) => committed(rows.first()),
        Err(error) if is_code(&error, OVERTAKEN) => Ok(Committed::Stale),
        Err(error) => Err(commit_error(error)),
    }
}

fn committed(row: Option<&PgRow>) -> Result<Committed, PortError> {
    let row = row.ok_or_else(|| PortError::corrupt("the function answered nothing"))?;
    let outcome: String = row.try_get("outcome").map_err(port_error)?;
    match outcome.as_str() {
        "done" => Ok(Committed::Done { execution: row.try_get("execution").map_err(port_error)? }),
        "stale" => Ok(Committed::Stale),
        "used" => Ok(Committed::LinkUsed),
        other => Err(PortError::corrupt(format!("the function answered {other:?}"))),
    }
}

/// An outcome as it is stored, which is how the workflow is told.
pub(super) fn outcome_text(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Approved => "APPROVED",
        Outcome::Rejected => "REJECTED",
        Outcome::ChangesRequested => "CHANGES_REQUESTED",
        Outcome::Expired => "EXPIRED",
        Outcome::Withdrawn => "WITHDRAWN",
        Outcome::Cancelled => "CANCELLED",
    }
}

struct Columns {
    expected: Option<i64>,
    body: String,
    answer: Option<String>,
    title_key: String,
    seats: Seats,
    barred: Vec<String>,
    events: Events,
    messages: Messages,
}

impl Columns {
    fn of(tenant: &TenantId, commit: &Commit, audit: Option<&dyn Ids>) -> Result<Self, PortError> {
        let approval = &commit.approval;
        check(commit)?;
        let barred = barred(approval);
        let answer = commit.output.as_ref().map(|output| json(&Event::TaskSucceeded { output: output.clone() }));
        Ok(Self {
            expected: commit.expected_seq.map(|seq| number("seq", seq)).transpose()?,
            body: json(approval)?,
            answer: answer.transpose()?,
            title_key: title_key(&approval.request.title),
            seats: Seats::of(&commit.open_seats, &barred),
            barred: barred.iter().map(ToString::to_string).collect(),
            events: Events::of(&commit.events)?,
            messages: Messages::of(tenant, commit, audit)?,
        })
    }

    /// Binds $1 to $30, in order.
    fn bind<'q>(
        &'q self,
        query: Query<'q, Engine, PgArguments>,
        tenant: &'q TenantId,
        commit: &'q Commit,
    ) -> Query<'q, Engine, PgArguments> {
        let approval = &commit.approval;
        query
            .bind(tenant.as_str())
            .bind(approval.id.0)
            .bind(self.expected)
            .bind(&self.body)
            .bind(approval.requester.as_str())
            .bind(for_whom(approval))
            .bind(approval.document.as_ref().map(|document| document.id.0))
            .bind(approval.origin.execution)
            .bind(&approval.origin.token)
            .bind(approval.request.category.as_deref().map(plain))
            .bind(&self.title_key)
            .bind(approval.outcome.map(outcome_text))
            .bind(approval.created_at)
            .bind(approval.ended_at)
            .bind(commit.due_at)
            .bind(&self.seats.candidates)
            .bind(&self.seats.holders)
            .bind(&self.barred)
            .bind(&self.events.people)
            .bind(&self.events.numbers)
            .bind(&self.events.ats)
            .bind(&self.events.actors)
            .bind(&self.events.bodies)
            .bind(&self.messages.ids)
            .bind(&self.messages.queues)
            .bind(&self.messages.bodies)
            .bind(&self.answer)
            .bind(approval.ended_at)
            .bind(commit.link.as_ref().map(|link| link.nonce))
            .bind(commit.link.as_ref().map(|link| link.expires_at))
    }
}

/// What would be a defect of the caller, and would be found out too late.
fn check(commit: &Commit) -> Result<(), PortError> {
    let approval = &commit.approval;
    let seq = commit.expected_seq.unwrap_or(0) + 1;
    if approval.seq != seq {
        return Err(PortError::corrupt(format!("the new number must be {seq}, not {}", approval.seq)));
    }
    if approval.outcome.is_some() != approval.ended_at.is_some() {
        return Err(PortError::corrupt("an approval has an outcome exactly if it has ended"));
    }
    if approval.outcome.is_some() && !commit.open_seats.is_empty() {
        return Err(PortError::corrupt("an approval that has ended has no open seats"));
    }
    if approval.outcome.is_none() && commit.output.is_some() {
        return Err(PortError::corrupt("a workflow is answered by an approval that has ended"));
    }
    Ok(())
}

/// What a title is searched in: PostgreSQL's own folding would be that of the database's language.
pub(super) fn title_key(title: &str) -> String {
    plain(title).to_lowercase()
}

/// For whom it was asked, where that is somebody else than who asked.
fn for_whom(approval: &Approval) -> Option<&str> {
    approval.request.requester.as_ref().filter(|whom| **whom != approval.requester).map(|whom| whom.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_stored_as_the_workflow_is_told() {
        for outcome in [
            Outcome::Approved,
            Outcome::Rejected,
            Outcome::ChangesRequested,
            Outcome::Expired,
            Outcome::Withdrawn,
            Outcome::Cancelled,
        ] {
            assert_eq!(serde_json::to_value(outcome).expect("it is a name"), outcome_text(outcome));
        }
    }
}
