//! Coming to a document and leaving it.

use super::super::{fault, missed};
use super::documents::spelled;
use super::hub::{Collaboration, group};
use super::place::Places;
use super::presence::{Present, through};
use octavo_domain_documents::Access;
use octavo_domain_kernel::DocumentId;
use octavo_domain_realtime::Position;
use realtime_node_server::{Call, Caller, HubFault};
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;

/// People who are shown to whoever joins.
const PRESENT_SHOWN_MAX: usize = 100;

/// What whoever joins is told.
#[derive(Debug, Serialize)]
pub(super) struct Joined {
    access: &'static str,
    revision: i64,
    version: u32,
    present: Vec<Present>,
    present_count: usize,
    comments: u32,
    position: Option<Position>,
}

pub(super) async fn join(deps: Arc<Collaboration>, call: Call, document: DocumentId) -> Result<Joined, HubFault> {
    let caller = call.caller();
    let principal = caller.principal();
    let (found, access) = deps.open(&principal, document, Access::Viewer).await?;
    let comments = deps.ports.comments.comment_count(&principal.tenant, document).await.map_err(fault::port)?;
    let is_new = caller.state(|places: &mut Places| places.enter(document, through(&found, &principal)))?;
    if let Err(refused) = caller.join(&group(document)) {
        caller.state(|places: &mut Places| places.leave(document));
        return Err(refused);
    }
    deps.here.add(document, caller);
    // While other nodes cannot be heard, people work on with those of this one.
    if let Err(error) = caller.subscribed().await {
        tracing::debug!(%error, "joined without the other nodes");
    }
    if let Err(error) = deps.write(caller, document).await {
        tracing::warn!(%error, "a presence was not written");
    }
    if caller.is_gone() {
        // It went while it came: its end was seen to before it was here.
        disconnected(&deps, caller).await;
        return Err(HubFault::refused("The connection has ended."));
    }
    if is_new {
        let others = caller.clients().group(&group(document)).except(&[caller.id()]);
        let told = json!({
            "document": document, "connection": caller.id(), "user": principal.user, "name": principal.name,
        });
        missed::send(&others, "joined", &told).await;
    }
    // Read before those who are present: what is missed in between is asked for by this.
    let position = missed::position(&*deps.ports.backplane, caller.clients(), &group(document)).await;
    let mut present = deps.present(&principal.tenant, document).await;
    let present_count = present.len();
    present.sort_by_key(|one| one.connection != caller.id());
    present.truncate(PRESENT_SHOWN_MAX);
    Ok(Joined {
        access: spelled(access),
        revision: found.revision,
        version: found.version,
        present,
        present_count,
        comments,
        position,
    })
}

pub(super) async fn leave(deps: Arc<Collaboration>, call: Call, document: DocumentId) -> Result<(), HubFault> {
    let caller = call.caller();
    caller.leave(&group(document));
    depart(&deps, caller, document).await;
    Ok(())
}

/// A connection has ended.
pub(super) async fn disconnected(deps: &Collaboration, caller: &Caller) {
    for document in caller.state(|places: &mut Places| places.documents()) {
        depart(deps, caller, document).await;
    }
}

/// It is not at the document any more: the others are told, if it was.
pub(super) async fn depart(deps: &Collaboration, caller: &Caller, document: DocumentId) {
    deps.here.remove(document, &caller.id());
    if caller.state(|places: &mut Places| places.leave(document)) {
        deps.erase(&caller.tenant(), document, &caller.id()).await;
        let told = json!({ "document": document, "connection": caller.id() });
        missed::send(&caller.clients().group(&group(document)), "left", &told).await;
    }
}
