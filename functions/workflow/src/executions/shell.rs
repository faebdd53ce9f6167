//! The function's time and chance, and what it makes changes true with.

use crate::Deps;
use chrono::{DateTime, SubsecRound, Utc};
use octavo_domain_kernel::QueueName;
use octavo_domain_realtime::REALTIME_QUEUE;
use octavo_domain_workflow::definition::Definition;
use octavo_domain_workflow::engine::{Draw, Keeper, Settling};
use std::sync::LazyLock;

static WATCHERS: LazyLock<QueueName> = LazyLock::new(|| REALTIME_QUEUE.parse().expect("the constant is a queue name"));

/// The present, as precise as the API tells it: milliseconds.
pub(crate) fn now(deps: &Deps) -> DateTime<Utc> {
    deps.clock.now().trunc_subsecs(3)
}

/// What a change is made true with.
pub(crate) fn keeper(deps: &Deps) -> Keeper<'_> {
    Keeper {
        store: &*deps.executions,
        blobs: &*deps.blobs,
        queue: &*deps.queue,
        ids: &*deps.ids,
        watchers: deps.announces.then(|| &*WATCHERS),
    }
}

/// What is drawn by chance.
pub(crate) fn draw(deps: &Deps) -> Draw<'_> {
    Draw(&*deps.ids)
}

/// Decides a wake with the function's time and chance.
pub(crate) fn settled<T>(
    deps: &Deps,
    definition: &Definition,
    now: DateTime<Utc>,
    decide: impl FnOnce(&Settling<'_>) -> T,
) -> T {
    let draw = draw(deps);
    let (chance, token, ids) = (|| draw.number(), || draw.token(), || draw.id());
    decide(&Settling { definition, now, chance: &chance, token: &token, ids: &ids })
}

/// The position of what was written last, for reads that must not be older. None while it cannot be had: what was written is
/// true all the same.
pub(crate) async fn written(deps: &Deps) -> Option<String> {
    match deps.reads.write_position().await {
        Ok(position) => Some(position),
        Err(error) => {
            tracing::debug!(%error, "the position of a write is not known");
            None
        }
    }
}
