//! A seat is decided.

use super::{find, form, invalid, repeated, still_open, trimmed};
use crate::draft::Draft;
use crate::limits::{ANSWERS_BYTES_MAX, KEY_CHARS_MAX};
use crate::{Actor, Approval, Change, Decision, EventKind, Outcome, Refused, RejectRule, Seat, Verdict};
use serde_json::{Map, Value};

/// The members of [`Action::Decide`](crate::Action::Decide).
pub(super) struct Decide {
    pub(super) seat: Option<u32>,
    pub(super) verdict: Verdict,
    pub(super) comment: Option<String>,
    pub(super) answers: Map<String, Value>,
    pub(super) document_version: Option<u32>,
    pub(super) key: Option<String>,
}

/// The same person, the same seat, the same verdict and no other key is the same decision, also when all is over. Whoever names
/// neither a seat nor a key and may take a further seat decides that one.
pub(super) fn decide<'a>(
    approval: &Approval,
    actor: &Actor,
    decide: Decide,
    draft: impl FnOnce() -> Draft<'a>,
) -> Result<Change, Refused> {
    if approval.excluded.contains(&actor.user) {
        return Err(Refused::SelfApproval);
    }
    if let Some(same) = known(approval, actor, &decide) {
        return if same { Ok(repeated(approval)) } else { Err(Refused::Decided) };
    }
    let (stage, number, taking) = match still_open(approval).and_then(|()| find(approval, actor, decide.seat)) {
        Ok(found) => found,
        Err(_) if said_before(approval, actor, &decide) => return Ok(repeated(approval)),
        // What they could decide they did, otherwise.
        Err(Refused::NoSeat) if theirs(approval, actor).next().is_some() => return Err(Refused::Decided),
        Err(refused) => return Err(refused),
    };
    let decide = check(approval, decide)?;
    let mut draft = draft();
    let at = draft.now;
    if let Some(seat) = draft.seat_mut(number) {
        seat.open = false;
        seat.decision = Some(Decision {
            verdict: decide.verdict,
            by: actor.user.clone(),
            on_behalf_of: taking.on_behalf_of.clone(),
            at,
            comment: decide.comment.clone(),
            answers: decide.answers.clone(),
            document_version: decide.document_version,
            place: actor.place.clone(),
            key: decide.key,
        });
    }
    let recorded = EventKind::Decided {
        seat: number,
        verdict: decide.verdict,
        comment: decide.comment.clone(),
        answers: decide.answers,
        document_version: decide.document_version,
    };
    draft.record_by(actor, taking.on_behalf_of, recorded);
    settle(&mut draft, stage, decide.verdict, decide.comment, actor);
    Ok(draft.finish())
}

/// Whether this was decided before: by the key, or by the seat; and if so, whether in the very same way.
fn known(approval: &Approval, actor: &Actor, decide: &Decide) -> Option<bool> {
    for (number, decision) in theirs(approval, actor) {
        let same_seat = decide.seat.is_none_or(|seat| seat == number);
        let same_key = decide.key.is_some() && decide.key == decision.key;
        if same_key || decide.seat == Some(number) {
            return Some(decision.verdict == decide.verdict && same_seat && (same_key || decide.key.is_none()));
        }
    }
    None
}

/// Whether this person's last decision was the very same, where neither seat nor key says which is meant.
fn said_before(approval: &Approval, actor: &Actor, decide: &Decide) -> bool {
    let last = theirs(approval, actor).max_by_key(|(_, decision)| decision.at);
    decide.seat.is_none() && decide.key.is_none() && last.is_some_and(|(_, last)| last.verdict == decide.verdict)
}

fn theirs<'a>(approval: &'a Approval, actor: &'a Actor) -> impl Iterator<Item = (u32, &'a Decision)> {
    let seats = approval.stages.iter().flat_map(|stage| &stage.seats);
    seats
        .filter_map(|seat| seat.decision.as_ref().map(|decision| (seat.number, decision)))
        .filter(|(_, decision)| decision.by == actor.user)
}

fn check(approval: &Approval, decide: Decide) -> Result<Decide, Refused> {
    let document_version = match (&approval.document, decide.document_version) {
        (Some(document), Some(version)) if version != document.version => {
            return Err(Refused::OtherVersion { expected: document.version });
        }
        (Some(_), None) => return Err(invalid("document_version", "expected the version that was looked at")),
        (Some(_), version) => version,
        (None, _) => None,
    };
    let comment = trimmed(decide.comment.as_deref())?;
    if decide.verdict != Verdict::Approve && comment.is_none() {
        return Err(invalid("comment", "expected the reason, where something is not approved"));
    }
    if decide.verdict == Verdict::RequestChanges && !approval.request.allow_changes {
        return Err(invalid("verdict", "expected approve or reject: this approval has no room for changes"));
    }
    if decide.key.as_ref().is_some_and(|key| key.is_empty() || key.chars().count() > KEY_CHARS_MAX) {
        return Err(invalid("key", format!("expected 1 to {KEY_CHARS_MAX} characters")));
    }
    check_answers(approval, decide.verdict, &decide.answers)?;
    Ok(Decide { document_version, comment, ..decide })
}

fn check_answers(approval: &Approval, verdict: Verdict, answers: &Map<String, Value>) -> Result<(), Refused> {
    let bytes = serde_json::to_vec(answers).map_or(usize::MAX, |text| text.len());
    if bytes > ANSWERS_BYTES_MAX {
        return Err(invalid("answers", format!("expected at most {ANSWERS_BYTES_MAX} bytes of JSON")));
    }
    match &approval.request.form {
        // Whoever does not approve need not fill it in.
        Some(schema) if verdict == Verdict::Approve => form::check(schema, answers),
        None if !answers.is_empty() => Err(invalid("answers", "expected none: this approval has no form")),
        _ => Ok(()),
    }
}

/// What follows from a decision.
fn settle(draft: &mut Draft<'_>, number: usize, verdict: Verdict, comment: Option<String>, actor: &Actor) {
    let stage = &draft.approval.stages[number];
    let count = |wanted: Verdict| {
        let verdicts = stage.seats.iter().filter_map(|seat: &Seat| seat.decision.as_ref());
        verdicts.filter(|decision| decision.verdict == wanted).count()
    };
    let needed = usize::from(stage.needed);
    let out_of_reach = stage.seats.len() - count(Verdict::Reject) < needed;
    match verdict {
        Verdict::RequestChanges => draft.end(Outcome::ChangesRequested, comment, Some(actor)),
        Verdict::Reject if out_of_reach || draft.approval.request.stages[number].reject == RejectRule::First => {
            draft.end(Outcome::Rejected, comment, Some(actor));
        }
        Verdict::Approve if count(Verdict::Approve) >= needed => draft.stage_approved(number, Some(actor)),
        Verdict::Approve | Verdict::Reject => draft.open_next_seat(number),
    }
}
