//! What a change writes, as the arrays that a statement takes.

use crate::call_insert::AUDIT_QUEUE;
use crate::row::number;
use crate::workflow::text::json;
use chrono::{DateTime, Utc};
use octavo_domain_approvals::{Approval, Commit, Event, EventKind, OpenSeat};
use octavo_domain_kernel::{Ids, Message, OutboxEntry, PortError, Reader, TenantId, UserId};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The candidate of a seat that was claimed and has no other left: its holder's substitutes may still decide it.
const NOBODY: &str = "-";

/// Who may decide now: a pair for each candidate and holder, once; the holder is empty where the seat is anyone's. What is
/// only of somebody who is barred is nobody's: their substitutes may not decide it for them either.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Seats {
    pub(super) candidates: Vec<String>,
    pub(super) holders: Vec<String>,
}

impl Seats {
    pub(super) fn of(open: &[OpenSeat], barred: &BTreeSet<UserId>) -> Self {
        let may = |candidate: &&Reader| !matches!(candidate, Reader::User(user) if barred.contains(user));
        let mut pairs = BTreeSet::new();
        for seat in open {
            let holder = match &seat.claimed_by {
                Some(by) if barred.contains(by) => continue,
                Some(by) => by.to_string(),
                None => String::new(),
            };
            let mut candidates: Vec<_> = seat.candidates.iter().filter(may).map(ToString::to_string).collect();
            if candidates.is_empty() && !holder.is_empty() {
                candidates.push(NOBODY.to_owned());
            }
            pairs.extend(candidates.into_iter().map(|candidate| (candidate, holder.clone())));
        }
        let (candidates, holders) = pairs.into_iter().unzip();
        Self { candidates, holders }
    }
}

#[derive(Default)]
pub(super) struct Events {
    pub(super) numbers: Vec<i32>,
    pub(super) ats: Vec<DateTime<Utc>>,
    pub(super) actors: Vec<Option<String>>,
    pub(super) bodies: Vec<String>,
    /// Who decided, delegated or commented, once.
    pub(super) people: Vec<String>,
}

impl Events {
    pub(super) fn of(events: &[Event]) -> Result<Self, PortError> {
        let mut columns = Self::default();
        let mut people = BTreeSet::new();
        for event in events {
            columns.numbers.push(number("number", event.number)?);
            columns.ats.push(event.at);
            columns.actors.push(event.actor.as_ref().map(ToString::to_string));
            columns.bodies.push(json(event)?);
            if matches!(
                event.kind,
                EventKind::Decided { .. } | EventKind::Delegated { .. } | EventKind::Commented { .. }
            ) {
                people.extend(event.actor.as_ref());
            }
        }
        columns.people = people.into_iter().map(UserId::to_string).collect();
        Ok(columns)
    }
}

#[derive(Default)]
pub(super) struct Messages {
    pub(super) ids: Vec<Uuid>,
    pub(super) queues: Vec<String>,
    pub(super) bodies: Vec<String>,
}

impl Messages {
    /// Those of the change, and one a thing that happened for the audit trail.
    pub(super) fn of(tenant: &TenantId, commit: &Commit, audit: Option<&dyn Ids>) -> Result<Self, PortError> {
        let mut columns = Self::default();
        for OutboxEntry { queue, message } in &commit.messages {
            if message.tenant != *tenant {
                return Err(PortError::corrupt("a message in the outbox names another tenant than the approval's"));
            }
            columns.push(queue.as_str(), message)?;
        }
        if let Some(ids) = audit {
            for event in &commit.events {
                columns.push(AUDIT_QUEUE, &audited(ids.next(), tenant, &commit.approval, event)?)?;
            }
        }
        Ok(columns)
    }

    fn push(&mut self, queue: &str, message: &Message) -> Result<(), PortError> {
        self.ids.push(message.id);
        self.queues.push(queue.to_owned());
        self.bodies.push(message.to_json().map_err(PortError::corrupt)?);
        Ok(())
    }
}

/// What happened, with what it happened to: `approval.decided`, `approval.ended`.
fn audited(id: Uuid, tenant: &TenantId, approval: &Approval, event: &Event) -> Result<Message, PortError> {
    let told = serde_json::to_value(event).map_err(PortError::corrupt)?;
    let kind = told.pointer("/kind/kind").and_then(Value::as_str).unwrap_or("changed");
    Ok(Message {
        id,
        tenant: tenant.clone(),
        kind: format!("approval.{kind}"),
        key: approval.id.to_string(),
        at: event.at,
        traceparent: None,
        body: json!({
            "approval": approval.id,
            "execution": approval.origin.execution_arn,
            "document": approval.document.as_ref().map(|document| json!({"id": document.id, "version": document.version})),
            "event": told,
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_candidate_of_many_seats_is_one_row_for_each_holder() {
        let seat = |number, candidates: &[&str], claimed_by: Option<&str>| OpenSeat {
            seat: number,
            candidates: candidates.iter().map(|reader| reader.parse().expect("a reader")).collect(),
            claimed_by: claimed_by.map(|user| user.parse().expect("a user")),
        };
        let barred = ["eve", "zoe"].map(|user| user.parse().expect("a user")).into();
        let seats = [
            seat(0, &["group:legal", "user:ada", "user:eve"], None),
            seat(1, &["group:legal"], None),
            seat(2, &["group:legal"], Some("bob")),
            seat(3, &["group:legal"], Some("zoe")),
            seat(4, &["user:eve"], Some("sam")),
            seat(5, &["user:eve"], None),
        ];
        let seats = Seats::of(&seats, &barred);
        assert_eq!(seats.candidates, ["-", "group:legal", "group:legal", "user:ada"]);
        assert_eq!(seats.holders, ["sam", "", "bob", ""]);
        assert_eq!(Seats::of(&[], &BTreeSet::new()), Seats::default());
    }
}
