//! Who may take a seat, and for whom.
//!
//! Whoever is excluded may take none, as whomever they come. A seat that was claimed is its claimer's and their substitute's.
//! Each seat of a stage is another person's, and each of the whole approval where that was asked for; somebody whose substitute
//! decided counts as having decided.

use crate::{Actor, Approval, Refused, Seat, Stage};
use octavo_domain_kernel::{Reader, UserId};
use std::collections::BTreeSet;

/// A seat that may be taken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Taking {
    /// How close it is to them: what is theirs alone is taken first, so that it is not left over.
    pub(crate) rank: Rank,
    /// For whom.
    pub(crate) on_behalf_of: Option<UserId>,
    /// Whether as a substitute.
    pub(crate) substitute: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    Claimed,
    Named,
    Group,
    Substitute,
    /// An administrator's, to hand it on.
    Other,
}

/// Whether this person may take this seat of this stage. That it is open is for the caller to see to.
pub(crate) fn take(approval: &Approval, stage: usize, seat: &Seat, actor: &Actor) -> Result<Taking, Refused> {
    let taking = reach(approval, stage, seat, actor)?;
    let decided = decided(approval, stage);
    let counted = taking.on_behalf_of.as_ref().filter(|_| taking.substitute);
    if decided.contains(&actor.user) || counted.is_some_and(|user| decided.contains(user)) {
        return Err(Refused::TwiceBySame);
    }
    Ok(taking)
}

/// As [`take`], but whoever decided another seat may still have this one: to hand it on.
pub(crate) fn reach(approval: &Approval, stage: usize, seat: &Seat, actor: &Actor) -> Result<Taking, Refused> {
    if approval.excluded.contains(&actor.user) {
        return Err(Refused::SelfApproval);
    }
    let own = own(approval, stage, seat, actor);
    match &seat.claimed_by {
        Some(claimer) if *claimer == actor.user => {
            own.map(|taking| Taking { rank: Rank::Claimed, ..taking }).ok_or(Refused::NoSeat)
        }
        Some(claimer) if actor.substitute_of.contains(claimer) && !approval.excluded.contains(claimer) => {
            Ok(Taking { rank: Rank::Substitute, on_behalf_of: Some(claimer.clone()), substitute: true })
        }
        Some(claimer) if own.is_some() => Err(Refused::Claimed { by: claimer.clone() }),
        Some(_) => Err(Refused::NoSeat),
        None => own.ok_or(Refused::NoSeat),
    }
}

fn own(approval: &Approval, stage: usize, seat: &Seat, actor: &Actor) -> Option<Taking> {
    let handed_by = seat.delegations.iter().rev().find(|delegation| delegation.to == actor.user);
    let for_whom = || handed_by.map(|delegation| delegation.from.clone());
    let named = |user: &UserId| seat.candidates.iter().any(|reader| matches!(reader, Reader::User(one) if one == user));
    if named(&actor.user) {
        return Some(Taking { rank: Rank::Named, on_behalf_of: for_whom(), substitute: false });
    }
    let in_group = |reader: &Reader| matches!(reader, Reader::Group(group) if actor.groups.contains(group));
    if seat.candidates.iter().any(in_group) {
        return Some(Taking { rank: Rank::Group, on_behalf_of: None, substitute: false });
    }
    let decided = decided(approval, stage);
    let mut absent: Vec<&UserId> =
        actor.substitute_of.iter().filter(|user| named(user) && !approval.excluded.contains(user)).collect();
    absent.sort_by_key(|user| decided.contains(*user));
    let user = (*absent.first()?).clone();
    Some(Taking { rank: Rank::Substitute, on_behalf_of: Some(user), substitute: true })
}

/// Who may decide no further seat of this stage: who has decided one, themselves or by a substitute.
pub(crate) fn decided(approval: &Approval, stage: usize) -> BTreeSet<UserId> {
    let within: &[Stage] = if approval.request.distinct_across_stages {
        &approval.stages
    } else {
        approval.stages.get(stage..=stage).unwrap_or(&[])
    };
    within.iter().flat_map(|stage| &stage.seats).flat_map(counted).cloned().collect()
}

fn counted(seat: &Seat) -> impl Iterator<Item = &UserId> {
    let substituted = |decision: &&crate::Decision| {
        // Who handed a seat on gave it away: it is not their decision.
        !seat.delegations.iter().any(|delegation| delegation.to == decision.by)
    };
    let by = seat.decision.iter().map(|decision| &decision.by);
    by.chain(seat.decision.iter().filter(substituted).filter_map(|decision| decision.on_behalf_of.as_ref()))
}
