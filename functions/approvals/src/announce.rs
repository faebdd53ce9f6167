//! Notices become notifications: who is told, with which link of their own.

use crate::Deps;
use chrono::{DateTime, Utc};
use octavo_domain_approvals::{Approval, Event, EventKind, Notice, Stage, StageStatus, derived_id, substitutes_of};
use octavo_domain_kernel::{GroupId, OutboxEntry, PortError, Reader, TenantId, UserId};
use octavo_domain_notify::{Event as Notification, Matter, Recipient, Urgency, event_message};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Recipients of one notification; more are told by further ones.
const RECIPIENTS_MAX: usize = 200;
/// People of the groups that are told at one time.
const PEOPLE_MAX: u32 = 10_000;

/// What is to be told.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// The approval as it is then.
    pub approval: &'a Approval,
    /// Who is to be told what.
    pub notices: &'a [Notice],
    /// What happened: its words are told too.
    pub events: &'a [Event],
    /// When.
    pub at: DateTime<Utc>,
}

/// The notifications that tell it, for an outbox or a queue. The same said again gives the same ids, so that telling twice is
/// telling once.
///
/// Groups are told person by person, each with a link of their own; of a group that nobody is known to be in, nobody is told.
/// Whoever is excluded is not asked to decide. Substitutes of today are asked beside those whom they substitute.
pub async fn announce(deps: &Deps, tenant: &TenantId, said: &Said<'_>) -> Result<Vec<OutboxEntry>, PortError> {
    if said.notices.is_empty() {
        return Ok(Vec::new());
    }
    let requester = deps.people.person_get(tenant, &said.approval.requester).await?;
    let data = data(said, requester.as_ref().and_then(|person| person.name.as_deref()));
    let mut messages = Vec::new();
    for (index, notice) in said.notices.iter().enumerate() {
        let told: Vec<(UserId, Option<UserId>)> = told(deps, tenant, said, notice).await?.into_iter().collect();
        for (part, recipients) in told.chunks(RECIPIENTS_MAX).enumerate() {
            let name = notice.kind.category();
            let (approval, seq) = (said.approval.id.to_string(), said.approval.seq.to_string());
            let place = format!("{index}.{part}");
            let id = derived_id(&["approval.notification", tenant.as_str(), &approval, &seq, name, &place]);
            let mut data = data.clone();
            if let Some(stage) = stage(said.approval, notice.seat) {
                data.insert("stage".to_owned(), json!(stage.name));
                data.insert("due_at".to_owned(), json!(stage.deadline_at));
            }
            let asks = notice.kind.asks();
            let recipient = |(user, on_behalf_of): &(UserId, Option<UserId>)| Recipient::User {
                user: user.clone(),
                data: own(deps, tenant, said, notice, user, on_behalf_of.as_ref()),
            };
            let event = Notification {
                id,
                key: None,
                category: name.to_owned(),
                template: None,
                recipients: recipients.iter().map(recipient).collect(),
                data,
                link: Some(format!("/approvals/{approval}")),
                urgency: if asks && said.approval.request.urgent { Urgency::Urgent } else { Urgency::Normal },
                channels: None,
                digest: None,
                matter: asks.then_some(Matter::Approval { approval: said.approval.id.0, seat: notice.seat }),
                at: said.at,
            };
            messages.push(event_message(tenant, &event));
        }
    }
    Ok(messages)
}

/// Who is told, and for whom: none for themselves.
async fn told(
    deps: &Deps,
    tenant: &TenantId,
    said: &Said<'_>,
    notice: &Notice,
) -> Result<BTreeMap<UserId, Option<UserId>>, PortError> {
    let asks = notice.kind.asks();
    let may = |user: &UserId| !asks || !said.approval.excluded.contains(user);
    let (mut users, mut groups) = (BTreeSet::<UserId>::new(), Vec::<GroupId>::new());
    for reader in &notice.to {
        match reader {
            Reader::User(user) => {
                users.insert(user.clone());
            }
            Reader::Group(group) => groups.push(group.clone()),
        }
    }
    let mut told: BTreeMap<UserId, Option<UserId>> =
        users.iter().filter(|user| may(user)).map(|user| (user.clone(), None)).collect();
    if !groups.is_empty() {
        let people = deps.people.people_of(tenant, &groups, PEOPLE_MAX).await?;
        if people.is_empty() {
            tracing::warn!(approval = %said.approval.id, ?groups, "nobody is known to be in these groups: nobody is told");
        }
        told.extend(people.into_iter().map(|person| person.user).filter(|user| may(user)).map(|user| (user, None)));
    }
    if asks && !users.is_empty() {
        let users: Vec<UserId> = users.into_iter().collect();
        let substitutions = deps.approvals.substitutions_of(tenant, &users, said.at).await?;
        let category = said.approval.request.category.as_deref();
        // Whoever is excluded has no seat to be substituted in.
        for user in users.iter().filter(|user| may(user)) {
            for substitute in substitutes_of(&substitutions, user, category, said.at) {
                if may(&substitute) {
                    told.entry(substitute).or_insert_with(|| Some(user.clone()));
                }
            }
        }
    }
    Ok(told)
}

/// What is said to one person alone.
fn own(
    deps: &Deps,
    tenant: &TenantId,
    said: &Said<'_>,
    notice: &Notice,
    user: &UserId,
    on_behalf_of: Option<&UserId>,
) -> Map<String, Value> {
    let mut own = Map::new();
    if let Some(of) = on_behalf_of {
        own.insert("on_behalf_of".to_owned(), json!(of));
    }
    if notice.kind.asks() && said.approval.outcome.is_none() {
        let deadline = stage(said.approval, notice.seat).and_then(|stage| stage.deadline_at);
        let url = deps.links.decide_url(tenant, said.approval, notice.seat, user, deadline, said.at);
        own.insert("decide_url".to_owned(), json!(url));
    }
    own
}

fn data(said: &Said<'_>, requester_name: Option<&str>) -> Map<String, Value> {
    let approval = said.approval;
    let (by, comment) = words(said.events);
    let document = approval.document.as_ref();
    let data = json!({
        "approval": approval.id,
        "title": approval.request.title,
        "description": approval.request.description,
        "document": document.map(|found| json!({"id": found.id, "title": found.title, "version": found.version})),
        "requester": approval.requester,
        "requester_name": requester_name,
        "outcome": approval.outcome,
        "outcome_words": approval.outcome.map(crate::fault::word),
        "by": by,
        "comment": comment,
    });
    match data {
        Value::Object(mut data) => {
            // A template that asks for what is not there is told so by its absence.
            data.retain(|_, value| !value.is_null());
            data
        }
        _ => Map::new(),
    }
}

/// Who did it, and what they said.
fn words(events: &[Event]) -> (Option<UserId>, Option<String>) {
    let said = |event: &Event| match &event.kind {
        EventKind::Decided { comment, .. } | EventKind::Delegated { comment, .. } => comment.clone(),
        EventKind::Ended { comment, .. } => comment.clone(),
        EventKind::Commented { text, .. } => Some(text.clone()),
        _ => None,
    };
    let by = events.iter().rev().find_map(|event| event.actor.clone());
    (by, events.iter().rev().find_map(said))
}

fn stage(approval: &Approval, seat: Option<u32>) -> Option<&Stage> {
    let of_seat =
        |number: u32| approval.stages.iter().find(|stage| stage.seats.iter().any(|seat| seat.number == number));
    seat.and_then(of_seat).or_else(|| approval.stages.iter().find(|stage| stage.status == StageStatus::Open))
}
