//! A seat that was claimed is anyone's again.

use super::{room, still_open};
use crate::draft::Draft;
use crate::see::open;
use crate::{Actor, Approval, Change, EventKind, Refused};

pub(super) fn release<'a>(
    approval: &Approval,
    actor: &Actor,
    seat: Option<u32>,
    draft: impl FnOnce() -> Draft<'a>,
) -> Result<Change, Refused> {
    still_open(approval)?;
    let mut theirs = Vec::new();
    for (_, one) in open(approval) {
        let Some(claimer) = &one.claimed_by else { continue };
        let named = seat == Some(one.number);
        if *claimer == actor.user && (named || seat.is_none()) || named && actor.admin {
            theirs.push((one.number, Some(claimer).filter(|claimer| **claimer != actor.user).cloned()));
        } else if named {
            return Err(Refused::Claimed { by: claimer.clone() });
        }
    }
    if theirs.is_empty() {
        return Err(Refused::NoSeat);
    }
    room(approval)?;
    let mut draft = draft();
    for (number, claimer) in theirs {
        if let Some(seat) = draft.seat_mut(number) {
            seat.claimed_by = None;
        }
        draft.record_by(actor, claimer, EventKind::Released { seat: number });
    }
    Ok(draft.finish())
}
