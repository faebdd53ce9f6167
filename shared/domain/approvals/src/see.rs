//! What an approval shows: whose turn it is, and who may see it.

use crate::eligible::take;
use crate::limits::TOLD_MAX;
use crate::{Actor, Approval, OpenSeat, Seat, SeatRequest, Stage, StageStatus};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{Reader, UserId};
use std::collections::BTreeSet;

/// The seats that wait for a decision.
pub fn open_seats(approval: &Approval) -> Vec<OpenSeat> {
    open(approval)
        .map(|(_, seat)| OpenSeat {
            seat: seat.number,
            candidates: seat.candidates.clone(),
            claimed_by: seat.claimed_by.clone(),
        })
        .collect()
}

/// When time does something to it next; never once it has ended.
pub fn due_at(approval: &Approval) -> Option<DateTime<Utc>> {
    if approval.outcome.is_some() {
        return None;
    }
    let stage = approval.stages.iter().find(|stage| stage.status == StageStatus::Open)?;
    [stage.remind_at, stage.escalate_at, stage.deadline_at].into_iter().flatten().min()
}

/// The seats that this person may decide now.
pub fn may_decide(approval: &Approval, actor: &Actor) -> Vec<u32> {
    open(approval)
        .filter(|(stage, seat)| take(approval, *stage, seat, actor).is_ok())
        .map(|(_, seat)| seat.number)
        .collect()
}

/// Whether this person may see it: who asked for it or had it asked for, whoever is or was to be asked (also by a group, or as
/// a substitute), whoever took part, an administrator.
pub fn may_see(approval: &Approval, actor: &Actor) -> bool {
    if actor.admin || requesters(approval).contains(&actor.user) || approval.participants.contains(&actor.user) {
        return true;
    }
    let theirs = |reader: &Reader| match reader {
        Reader::User(user) => *user == actor.user || actor.substitute_of.contains(user),
        Reader::Group(group) => actor.groups.contains(group),
    };
    let seats = approval.stages.iter().flat_map(|stage| &stage.seats);
    // Somebody of a group is known as a candidate only by what they claimed.
    let mut claimers = seats.clone().filter_map(|seat| seat.claimed_by.as_ref());
    if claimers.any(|claimer| actor.substitute_of.contains(claimer)) {
        return true;
    }
    let asked = approval.request.stages.iter().filter(|stage| stage.when).flat_map(|stage| &stage.approvers);
    seats.flat_map(|seat| &seat.candidates).any(theirs)
        || asked.flat_map(SeatRequest::candidates).any(theirs)
        || approval
            .request
            .stages
            .iter()
            .zip(&approval.stages)
            .flat_map(|(asked, stage)| asked.escalations.iter().take(usize::from(stage.escalated)))
            .flat_map(|escalation| &escalation.to)
            .any(theirs)
}

/// Whose counts may be others after a change: whoever could decide before or can now, and who asked. Each once, at most
/// [`TOLD_MAX`].
pub fn concerned(before: Option<&Approval>, after: &Approval) -> Vec<Reader> {
    let waiting = |approval: &Approval| -> Vec<Reader> {
        let readers = |seat: &Seat| {
            let claimed = seat.claimed_by.clone().map(Reader::User);
            seat.candidates.iter().cloned().chain(claimed).collect::<Vec<_>>()
        };
        open(approval).flat_map(|(_, seat)| readers(seat)).collect()
    };
    let requesters = requesters(after).into_iter().map(Reader::User);
    let all: Vec<Reader> = requesters.chain(before.map(waiting).unwrap_or_default()).chain(waiting(after)).collect();
    let mut seen = BTreeSet::new();
    all.into_iter().filter(|reader| seen.insert(reader.clone())).take(TOLD_MAX).collect()
}

/// Who asked, and for whom.
pub(crate) fn requesters(approval: &Approval) -> BTreeSet<UserId> {
    std::iter::once(&approval.requester).chain(&approval.request.requester).cloned().collect()
}

/// The seats that wait, each with the number of its stage.
pub(crate) fn open(approval: &Approval) -> impl Iterator<Item = (usize, &Seat)> {
    let running = approval.outcome.is_none();
    let is_open = move |(_, stage): &(usize, &Stage)| running && stage.status == StageStatus::Open;
    approval
        .stages
        .iter()
        .enumerate()
        .filter(is_open)
        .flat_map(|(number, stage)| stage.seats.iter().map(move |seat| (number, seat)))
        .filter(|(_, seat)| seat.open && seat.decision.is_none())
}

impl SeatRequest {
    /// Who may take it.
    pub fn candidates(&self) -> &[Reader] {
        match self {
            Self::One(reader) => std::slice::from_ref(reader),
            Self::Any { candidates, .. } => candidates,
        }
    }
}
