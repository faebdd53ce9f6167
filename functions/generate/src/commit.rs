//! Makes a decided change true, has the next step done, and tells of progress where somebody shows it.

use crate::Deps;
use chrono::{DateTime, SubsecRound, Utc};
use octavo_domain_generate::{Generation, Transition, progress_message, step_message};
use octavo_domain_kernel::{OutboxEntry, PortError, TenantId};
use octavo_domain_realtime::REALTIME_QUEUE;

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
    if deps.announces {
        let queue = REALTIME_QUEUE.parse().expect("the constant is a queue name");
        let message = progress_message(deps.ids.next(), transition.generation.updated_at, &transition.generation);
        outbox.push(OutboxEntry { queue, message });
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
