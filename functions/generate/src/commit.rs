//! Makes a decided change true and has the next step done.
//!
//! Here is also the place for telling of progress: a message of the kind `generation.progress`
//! (`octavo_domain_generate::ProgressBody`) beside the step's own, in the same transaction. Nobody consumes one yet.

use crate::Deps;
use chrono::{DateTime, SubsecRound, Utc};
use octavo_domain_generate::{Generation, Transition, step_message};
use octavo_domain_kernel::{OutboxEntry, PortError, TenantId};

/// How often a change that a person asked for is decided anew when a step was faster.
pub(crate) const ATTEMPTS_MAX: u32 = 8;

/// The present, as precise as it is stored: microseconds.
pub(crate) fn now(deps: &Deps) -> DateTime<Utc> {
    deps.clock.now().trunc_subsecs(6)
}

/// Commits, then publishes. None if the generation is at another step by now: then nothing was done.
pub(crate) async fn commit(deps: &Deps, transition: Transition) -> Result<Option<Generation>, PortError> {
    let mut outbox = Vec::new();
    if transition.goes_on() {
        outbox.push(step_message(deps.ids.next(), transition.generation.updated_at, &transition.generation));
    }
    let change = transition.with(outbox);
    let tenant = change.generation.tenant.clone();
    if !deps.generations.generation_change(&tenant, &change).await? {
        return Ok(None);
    }
    publish(deps, &tenant, change.outbox).await;
    Ok(Some(change.generation))
}

/// Sends what was committed. That may fail without harm: the relay publishes what is still in the outbox.
pub(crate) async fn publish(deps: &Deps, tenant: &TenantId, outbox: Vec<OutboxEntry>) {
    for OutboxEntry { queue, message } in outbox {
        let id = message.id;
        let published = match deps.queue.send(&queue, &[message]).await {
            Ok(()) => deps.documents.outbox_published(tenant, &[id]).await,
            Err(error) => Err(error),
        };
        if let Err(error) = published {
            tracing::warn!(%error, message = %id, %queue, "left in the outbox for the relay");
        }
    }
}
