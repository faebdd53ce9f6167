//! A seat becomes somebody's alone.

use super::{find, repeated, room, still_open};
use crate::draft::Draft;
use crate::{Actor, Approval, Change, EventKind, Refused};

pub(super) fn claim<'a>(
    approval: &Approval,
    actor: &Actor,
    seat: Option<u32>,
    draft: impl FnOnce() -> Draft<'a>,
) -> Result<Change, Refused> {
    still_open(approval)?;
    let (_, number, taking) = find(approval, actor, seat)?;
    let claimed_by = crate::see::open(approval)
        .find(|(_, seat)| seat.number == number)
        .and_then(|(_, seat)| seat.claimed_by.as_ref());
    match claimed_by {
        Some(claimer) if *claimer == actor.user => return Ok(repeated(approval)),
        // A substitute may decide it; it need not change hands for that.
        Some(claimer) => return Err(Refused::Claimed { by: claimer.clone() }),
        None => room(approval)?,
    }
    let mut draft = draft();
    if let Some(seat) = draft.seat_mut(number) {
        seat.claimed_by = Some(actor.user.clone());
    }
    draft.record_by(actor, taking.on_behalf_of, EventKind::Claimed { seat: number });
    Ok(draft.finish())
}
