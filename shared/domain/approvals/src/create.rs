//! An approval is asked for.

use crate::check::{Checked, InvalidRequest, check, needed};
use crate::draft::Draft;
use crate::reachable::unreachable;
use crate::{
    Approval, ApprovalId, ApprovedDocument, Change, Origin, Quorum, Request, Seat, SeatRequest, Stage, StageRequest,
    StageStatus,
};
use chrono::{DateTime, Utc};
use octavo_domain_calendar::Calendar;
use octavo_domain_kernel::{Reader, UserId};
use std::collections::BTreeSet;

/// What is known of a request beside what it says.
#[derive(Debug, Clone)]
pub struct Creation<'a> {
    /// Which it will be: follows from the task, so that the same task asks for the same.
    pub id: ApprovalId,
    /// Whose workflow asks.
    pub requester: UserId,
    /// The task that waits.
    pub origin: Origin,
    /// The document as it is; the caller has looked at whether the requester may read it.
    pub document: Option<ApprovedDocument>,
    /// Who wrote that version.
    pub author: Option<UserId>,
    /// What business time goes by.
    pub calendar: &'a Calendar,
    /// When.
    pub now: DateTime<Utc>,
}

/// The first change of a new approval: its first stage is open, or it has ended as approved where no stage is needed.
///
/// Stages and seats that are not needed are left out, and so is whoever is excluded. A seat that nobody is left for is left out
/// where the quorum can be reached without it, and refused where each seat counts; so is a quorum that cannot be reached, as each
/// seat is another person's. Members of groups are not known here: a group counts as people enough.
pub fn create(request: Request, creation: Creation<'_>) -> Result<Change, InvalidRequest> {
    let Checked { request, places } = check(request)?;
    let excluded: BTreeSet<UserId> = std::iter::once(&creation.requester)
        .chain(&request.requester)
        .chain(&creation.author)
        .chain(&request.exclude)
        .cloned()
        .collect();
    let single = request.stages.len() == 1;
    let mut first = 0;
    let mut stages = Vec::with_capacity(request.stages.len());
    for (number, (asked, place)) in request.stages.iter().zip(&places).enumerate() {
        let stage = stage(asked, number, single, place, &excluded, first)?;
        first += u32::try_from(stage.seats.len()).unwrap_or(0);
        stages.push(stage);
    }
    if let Some(number) = unreachable(&stages, request.distinct_across_stages) {
        let message =
            "expected people enough: each seat is another person's, and who asked or wrote it is none of them";
        return Err(InvalidRequest::nobody(format!("{}.Approvers", places[number]), message));
    }
    let approval = Approval {
        id: creation.id,
        seq: 0,
        request,
        requester: creation.requester,
        excluded,
        document: creation.document,
        origin: creation.origin,
        stages,
        outcome: None,
        created_at: creation.now,
        ended_at: None,
        events: 0,
        remarks: 0,
        participants: BTreeSet::new(),
    };
    let mut draft = Draft::of(approval, creation.now, creation.calendar);
    draft.record_request();
    draft.open_next_stage(None);
    Ok(draft.finish())
}

fn stage(
    asked: &StageRequest,
    number: usize,
    single: bool,
    place: &str,
    excluded: &BTreeSet<UserId>,
    first: u32,
) -> Result<Stage, InvalidRequest> {
    let name = match (&asked.name, single) {
        (Some(name), _) => name.clone(),
        (None, true) => "Approval".to_owned(),
        (None, false) => format!("Stage {}", number + 1),
    };
    let written: Vec<(usize, &SeatRequest)> =
        asked.approvers.iter().enumerate().filter(|(_, seat)| asked.when && is_needed(seat)).collect();
    let wanted: usize = written.iter().map(|(_, seat)| crate::check::seats(seat)).sum();
    // All of none is none.
    let skipped = !asked.when || wanted == 0 && asked.quorum == Quorum::All;
    let needed = if skipped { 0 } else { needed(asked.quorum, wanted) };
    if needed > wanted {
        let message = format!("expected no more than there are seats: {wanted}");
        return Err(InvalidRequest::member(format!("{place}.Quorum"), message));
    }
    let mut seats = Vec::with_capacity(wanted);
    for (position, seat) in written {
        let candidates: Vec<Reader> =
            seat.candidates().iter().filter(|reader| !is_excluded(reader, excluded)).cloned().collect();
        if candidates.is_empty() && needed == wanted {
            let place = format!("{place}.Approvers[{position}]");
            return Err(InvalidRequest::nobody(
                place,
                "expected somebody who neither asked for it nor wrote it nor is excluded",
            ));
        }
        let copies = if candidates.is_empty() { 0 } else { crate::check::seats(seat) };
        for _ in 0..copies {
            let number = first + u32::try_from(seats.len()).unwrap_or(0);
            let candidates = candidates.clone();
            seats.push(Seat {
                number,
                candidates,
                open: false,
                claimed_by: None,
                delegations: Vec::new(),
                decision: None,
            });
        }
    }
    if !skipped {
        check_escalations(asked, place, excluded)?;
    }
    Ok(Stage {
        name,
        status: if skipped { StageStatus::Skipped } else { StageStatus::Waiting },
        seats,
        needed: u16::try_from(needed).unwrap_or(u16::MAX),
        opened_at: None,
        reminded: 0,
        remind_at: None,
        escalated: 0,
        escalate_at: None,
        deadline_at: None,
    })
}

fn check_escalations(asked: &StageRequest, place: &str, excluded: &BTreeSet<UserId>) -> Result<(), InvalidRequest> {
    match asked.escalations.iter().position(|one| one.to.iter().all(|reader| is_excluded(reader, excluded))) {
        Some(number) => Err(InvalidRequest::nobody(
            format!("{place}.Escalations[{number}].To"),
            "expected somebody who neither asked for it nor wrote it nor is excluded",
        )),
        None => Ok(()),
    }
}

fn is_needed(seat: &SeatRequest) -> bool {
    match seat {
        SeatRequest::One(_) => true,
        SeatRequest::Any { when, .. } => *when,
    }
}

fn is_excluded(reader: &Reader, excluded: &BTreeSet<UserId>) -> bool {
    matches!(reader, Reader::User(user) if excluded.contains(user))
}
