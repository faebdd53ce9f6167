//! Takes an event, and has it worked on at once.

use crate::page::now;
use crate::{Deps, NotifyFault};
use octavo_domain_kernel::{OutboxEntry, TenantId};
use octavo_domain_notify::{Event, EventId, event_message};

/// Takes an event. The id of the one that has its key already, if one has.
pub(crate) async fn accept(deps: &Deps, tenant: &TenantId, event: &Event) -> Result<EventId, NotifyFault> {
    event.check()?;
    let id = deps.store.event_accept(tenant, event, now(deps)).await?;
    if id != event.id {
        let found = deps.store.event_get(tenant, id).await?;
        let same = found.is_none_or(|found| is_same(&found.event, event));
        return if same { Ok(id) } else { Err(NotifyFault::KeyReused) };
    }
    publish(deps, tenant, event_message(tenant, event)).await;
    Ok(id)
}

/// Whether two events with one key are one that was sent twice.
fn is_same(one: &Event, other: &Event) -> bool {
    Event { id: other.id, at: other.at, ..one.clone() } == *other
}

/// Sends what was committed. That may fail without harm: the relay publishes what is still in the outbox.
async fn publish(deps: &Deps, tenant: &TenantId, OutboxEntry { queue, message }: OutboxEntry) {
    let id = message.id;
    let published = match deps.queue.send(&queue, &[message]).await {
        Ok(()) => deps.documents.outbox_published(tenant, &[id]).await,
        Err(error) => Err(error),
    };
    if let Err(error) = published {
        tracing::warn!(%error, message = %id, %queue, "left in the outbox for the relay");
    }
}
