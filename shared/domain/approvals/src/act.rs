//! What somebody does to an approval.

mod claim;
mod comment;
mod decide;
mod delegate;
pub(crate) mod form;
mod release;
mod withdraw;

use crate::draft::Draft;
use crate::eligible::{Taking, take};
use crate::limits::{COMMENT_CHARS_MAX, EVENTS_FREE_MAX};
use crate::see::open;
use crate::{Action, Actor, Approval, Change, Refused};
use chrono::{DateTime, Utc};
use octavo_domain_calendar::Calendar;

/// What an action of this person changes, or why it is refused. The approval is not touched: what is answered is to be made true
/// behind a compare on `seq`, and asked again where that fails.
///
/// Whoever is excluded decides nothing, claims nothing and hands nothing on, and nothing is handed to them.
pub fn act(
    approval: &Approval,
    actor: &Actor,
    action: Action,
    now: DateTime<Utc>,
    calendar: &Calendar,
) -> Result<Change, Refused> {
    let draft = || Draft::of(approval.clone(), now, calendar);
    match action {
        Action::Claim { seat } => claim::claim(approval, actor, seat, draft),
        Action::Release { seat } => release::release(approval, actor, seat, draft),
        Action::Delegate { seat, to, comment } => {
            delegate::delegate(approval, actor, seat, to, comment.as_deref(), draft)
        }
        Action::Decide { seat, verdict, comment, answers, document_version, key } => {
            let decide = decide::Decide { seat, verdict, comment, answers, document_version, key };
            decide::decide(approval, actor, decide, draft)
        }
        Action::Withdraw { comment } => withdraw::withdraw(approval, actor, comment.as_deref(), draft),
        Action::Comment { text, attachments } => comment::comment(approval, actor, &text, attachments, draft),
    }
}

/// The seat that is meant, which waits and which this person may take: that of this number, or the closest to them.
fn find(approval: &Approval, actor: &Actor, seat: Option<u32>) -> Result<(usize, u32, Taking), Refused> {
    if approval.excluded.contains(&actor.user) {
        return Err(Refused::SelfApproval);
    }
    let mut refused = Refused::NoSeat;
    let mut found: Option<(Taking, usize, u32)> = None;
    for (stage, one) in open(approval).filter(|(_, one)| seat.is_none_or(|number| number == one.number)) {
        match take(approval, stage, one, actor) {
            Ok(taking) => {
                let this = (taking, stage, one.number);
                if found.as_ref().is_none_or(|other| this < *other) {
                    found = Some(this);
                }
            }
            // That somebody claimed it says more than that there is none.
            Err(error) if refused == Refused::NoSeat => refused = error,
            Err(_) => {}
        }
    }
    match found {
        Some((taking, stage, number)) => Ok((stage, number, taking)),
        None if seat.is_some_and(|number| is_decided(approval, number)) => Err(Refused::Decided),
        None => Err(refused),
    }
}

fn is_decided(approval: &Approval, number: u32) -> bool {
    let mut seats = approval.stages.iter().flat_map(|stage| &stage.seats);
    seats.any(|seat| seat.number == number && seat.decision.is_some())
}

fn still_open(approval: &Approval) -> Result<(), Refused> {
    match approval.outcome {
        Some(outcome) => Err(Refused::Ended { outcome }),
        None => Ok(()),
    }
}

/// For what people may do as often as they like.
fn room(approval: &Approval) -> Result<(), Refused> {
    if approval.events < EVENTS_FREE_MAX {
        return Ok(());
    }
    Err(invalid("events", format!("expected an approval with fewer than {EVENTS_FREE_MAX} recorded events")))
}

/// A comment without the blanks around it; one of blanks is none.
fn trimmed(comment: Option<&str>) -> Result<Option<String>, Refused> {
    let Some(text) = comment.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().count() > COMMENT_CHARS_MAX {
        return Err(invalid("comment", format!("expected at most {COMMENT_CHARS_MAX} characters")));
    }
    Ok(Some(text.to_owned()))
}

fn invalid(field: &str, message: impl Into<String>) -> Refused {
    Refused::Invalid { field: field.to_owned(), message: message.into() }
}

/// The very same was done before.
fn repeated(approval: &Approval) -> Change {
    Change {
        approval: approval.clone(),
        events: Vec::new(),
        notices: Vec::new(),
        output: None,
        due_at: crate::due_at(approval),
        repeated: true,
    }
}
