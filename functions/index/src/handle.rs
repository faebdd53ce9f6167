//! A batch from the queue into the index.

use crate::batch::{BatchResponse, Grouped, QueueRecord, Wanted, group};
use crate::load::{Pending, documents, groups, texts};
use crate::repair::{later, repair};
use crate::vectors::{self, Made};
use crate::{Deps, IndexFault};
use octavo_domain_kernel::{DocumentId, Fault, PortError, TenantId};
use octavo_domain_search::Repair;

/// Brings every document that `records` speak of into the index as it is now. Doing it twice changes nothing more.
///
/// Of a failure only the messages about the same document come again, except where a whole call fails: then those whose
/// documents were in it.
pub async fn handle(deps: &Deps, records: Vec<QueueRecord>) -> BatchResponse {
    let mut response = BatchResponse::default();
    let Grouped { changed, repairs } = group(records, &mut response);
    for (tenant, wanted) in changed {
        let pending: Vec<Pending> = documents(deps, &tenant, wanted)
            .await
            .into_iter()
            .filter_map(|loaded| kept(loaded, &mut response))
            .collect();
        for group in groups(pending) {
            index(deps, &tenant, group, &mut response).await;
        }
    }
    for wanted in repairs {
        if let Err(fault) = repair(deps, &wanted.tenant, wanted.repair).await {
            response.fail(&[wanted.message_id], fault);
        }
    }
    for failure in &response.failures {
        let fault = &*failure.fault;
        let cause = std::error::Error::source(fault).map(ToString::to_string);
        tracing::error!(message_id = failure.message_id, code = fault.code().name, %fault, cause, "a message was not done");
    }
    response
}

async fn index(deps: &Deps, tenant: &TenantId, group: Vec<Pending>, response: &mut BatchResponse) {
    let loaded = texts(deps, tenant, group).await;
    let (mut revisions, mut writes) = (Vec::new(), Vec::new());
    for ready in loaded.into_iter().filter_map(|loaded| kept(loaded, response)) {
        revisions.push((ready.wanted, ready.revision));
        writes.push(ready.write);
    }
    if writes.is_empty() {
        return;
    }
    let made = vectors::fill(deps, tenant, &mut writes).await;
    let mut settled: Vec<(Wanted, (DocumentId, i64))> = Vec::new();
    for ((wanted, revision), outcome) in revisions.into_iter().zip(deps.index.write(writes).await) {
        match outcome {
            // Superseded: the index holds this revision or a later one already. It is told all the same, since whoever
            // wrote it may have died before telling.
            Ok(_) => settled.push(((wanted.clone()), (wanted.document, revision))),
            Err(error) => response.fail(&wanted.message_ids, IndexFault::Write(error)),
        }
    }
    if settled.is_empty() {
        return;
    }
    let revisions: Vec<(DocumentId, i64)> = settled.iter().map(|(_, revision)| *revision).collect();
    if let Err(error) = tell(deps, tenant, &revisions, made).await {
        let reason = error.to_string();
        for (wanted, _) in settled {
            response.fail(&wanted.message_ids, IndexFault::Settle(PortError::new(error.kind, reason.clone())));
        }
    }
}

/// Tells that `revisions` are in the index, and has vectors that were missed made later.
async fn tell(deps: &Deps, tenant: &TenantId, revisions: &[(DocumentId, i64)], made: Made) -> Result<(), PortError> {
    if made == Made::Away {
        later(deps, tenant, Repair::default()).await?;
    }
    settle(deps, tenant, revisions).await
}

/// Tells that `revisions` are in the index.
pub(crate) async fn settle(deps: &Deps, tenant: &TenantId, revisions: &[(DocumentId, i64)]) -> Result<(), PortError> {
    let grace_ms = u64::try_from(deps.index.visible_within().as_millis()).unwrap_or(u64::MAX);
    deps.state.search_settled(tenant, revisions, grace_ms).await
}

fn kept<T>(loaded: Result<T, (Wanted, IndexFault)>, response: &mut BatchResponse) -> Option<T> {
    match loaded {
        Ok(value) => Some(value),
        Err((wanted, fault)) => {
            response.fail(&wanted.message_ids, fault);
            None
        }
    }
}
