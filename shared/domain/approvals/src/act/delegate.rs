//! A seat is handed on.

use super::{invalid, still_open, trimmed};
use crate::draft::Draft;
use crate::eligible::{Rank, Taking, decided, reach};
use crate::limits::DELEGATIONS_MAX;
use crate::see::open;
use crate::{Actor, Approval, Change, Delegation, EventKind, NoticeKind, Refused, Seat};
use octavo_domain_kernel::{Reader, UserId};

/// Whoever may take a seat hands it on, also one who decided another seat and may not decide this one; an administrator does so
/// for others. To whom it is handed has it alone.
pub(super) fn delegate<'a>(
    approval: &Approval,
    actor: &Actor,
    seat: Option<u32>,
    to: UserId,
    comment: Option<&str>,
    draft: impl FnOnce() -> Draft<'a>,
) -> Result<Change, Refused> {
    if approval.excluded.contains(&actor.user) || approval.excluded.contains(&to) {
        return Err(Refused::SelfApproval);
    }
    still_open(approval)?;
    let comment = trimmed(comment)?;
    let (stage, seat, taking) = theirs(approval, actor, seat)?;
    let from = from(seat, actor, &taking);
    if to == actor.user || to == from || seat.candidates == [Reader::User(to.clone())] {
        return Err(invalid("to", "expected somebody else than whose it is"));
    }
    if seat.delegations.len() >= DELEGATIONS_MAX {
        return Err(invalid("to", format!("expected a seat that was handed on fewer than {DELEGATIONS_MAX} times")));
    }
    if decided(approval, stage).contains(&to) {
        return Err(Refused::TwiceBySame);
    }
    let number = seat.number;
    let mut draft = draft();
    let at = draft.now;
    if let Some(seat) = draft.seat_mut(number) {
        let handed = Delegation { from: from.clone(), to: to.clone(), at, comment: comment.clone() };
        seat.delegations.push(handed);
        seat.candidates = vec![Reader::User(to.clone())];
        seat.claimed_by = None;
    }
    let for_whom = Some(from).filter(|user| *user != actor.user).or(taking.on_behalf_of);
    draft.record_by(actor, for_whom, EventKind::Delegated { seat: number, to: to.clone(), comment });
    draft.approval.participants.insert(to.clone());
    draft.ask_these(NoticeKind::Delegated, &[Reader::User(to)], &[number]);
    Ok(draft.finish())
}

/// Whose it was: who hands it on, or for whom a substitute or an administrator does.
fn from(seat: &Seat, actor: &Actor, taking: &Taking) -> UserId {
    let only = match seat.candidates.as_slice() {
        [Reader::User(user)] => Some(user),
        _ => None,
    };
    let absent = taking.on_behalf_of.as_ref().filter(|_| taking.substitute);
    let for_others = || seat.claimed_by.as_ref().or(only).filter(|_| taking.rank == Rank::Other);
    absent.or_else(for_others).unwrap_or(&actor.user).clone()
}

fn theirs<'a>(
    approval: &'a Approval,
    actor: &Actor,
    number: Option<u32>,
) -> Result<(usize, &'a Seat, Taking), Refused> {
    let mut refused = Refused::NoSeat;
    let mut found: Option<(Taking, usize, &Seat)> = None;
    for (stage, seat) in open(approval).filter(|(_, seat)| number.is_none_or(|number| number == seat.number)) {
        let taking = match reach(approval, stage, seat, actor) {
            Err(_) if actor.admin => Taking { rank: Rank::Other, on_behalf_of: None, substitute: false },
            Err(error) => {
                if refused == Refused::NoSeat {
                    refused = error;
                }
                continue;
            }
            Ok(taking) => taking,
        };
        if found.as_ref().is_none_or(|(other, ..)| taking < *other) {
            found = Some((taking, stage, seat));
        }
    }
    match found {
        Some((taking, stage, seat)) => Ok((stage, seat, taking)),
        None if number.is_some_and(|number| super::is_decided(approval, number)) => Err(Refused::Decided),
        None => Err(refused),
    }
}
