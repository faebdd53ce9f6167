//! Whether a message is still wanted at the moment of sending: much may have happened since it was planned.

use super::known::Known;
use super::work::Worker;
use octavo_domain_kernel::PortError;
use octavo_domain_notify::{Address, Choice, Claim, Event, Reason};
use std::sync::Arc;

/// What of a message is still to be told.
pub(super) enum Wanted {
    /// These of its events, at least one.
    Tell(Vec<Arc<Event>>),
    /// Nothing, for this reason.
    Nothing(Reason),
}

/// What of a message is still to be told at `address`: not what was settled, what its recipient does not want any more, or what
/// the address does not take.
pub(super) async fn wanted(
    worker: &Worker<'_>,
    known: &Known,
    claim: &Claim,
    address: &Address,
) -> Result<Wanted, PortError> {
    let mut told = Vec::with_capacity(claim.events.len());
    let mut why = Reason::Settled;
    for event in &claim.events {
        match unwanted(worker, known, claim, event, address).await? {
            None => told.push(Arc::clone(event)),
            Some(reason) => why = reason,
        }
    }
    Ok(if told.is_empty() { Wanted::Nothing(why) } else { Wanted::Tell(told) })
}

async fn unwanted(
    worker: &Worker<'_>,
    known: &Known,
    claim: &Claim,
    event: &Event,
    address: &Address,
) -> Result<Option<Reason>, PortError> {
    let (channel, user) = (claim.message.channel, claim.message.user.as_ref());
    let rule = known.settings.rule_of(&event.category);
    let mandatory = rule.mandatory && (rule.channels.contains(&channel) || user.is_none());
    if known.is_suppressed(channel, address, &event.category, mandatory) {
        return Ok(Some(Reason::Suppressed));
    }
    let preferences = user.and_then(|user| known.preferences.get(user));
    let choice = preferences.and_then(|preferences| preferences.choice(&event.category, channel));
    if choice == Some(Choice::Off) && !mandatory {
        return Ok(Some(Reason::Preference));
    }
    match &event.matter {
        Some(matter) if !worker.deps.store.matter_stands(worker.tenant, matter, user).await? => {
            Ok(Some(Reason::Settled))
        }
        _ => Ok(None),
    }
}
