//! Where people are, and what they say of themselves.

use super::super::missed;
use super::hub::{Collaboration, group};
use super::place::{self, Places};
use octavo_domain_kernel::DocumentId;
use octavo_domain_realtime::SlowReader;
use octavo_domain_signalr::Payload;
use realtime_node_server::{Call, HubFault};
use serde::Serialize;
use std::sync::Arc;
use tokio::time::Instant;

#[derive(Debug, Serialize)]
struct Told<'a> {
    document: DocumentId,
    connection: octavo_domain_realtime::ConnectionId,
    user: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    state: Payload,
}

/// Never stored: whoever comes later sees it when it moves.
pub(super) async fn cursor(
    _deps: Arc<Collaboration>,
    call: Call,
    document: DocumentId,
    given: Payload,
) -> Result<(), HubFault> {
    let state = place::state(&given)?;
    call.caller().state(|places: &mut Places| places.cursor(document, Instant::now()))?;
    tell(&call, "cursor", document, state, false).await;
    Ok(())
}

pub(super) async fn set_state(
    deps: Arc<Collaboration>,
    call: Call,
    document: DocumentId,
    given: Payload,
) -> Result<(), HubFault> {
    let state = place::state(&given)?;
    call.caller().state(|places: &mut Places| places.say(document, state.clone(), Instant::now()))?;
    if let Err(error) = deps.write(call.caller(), document).await {
        // The next beat writes it.
        tracing::debug!(%error, "a state was not written");
    }
    tell(&call, "presence", document, state, true).await;
    Ok(())
}

async fn tell(call: &Call, target: &str, document: DocumentId, state: Payload, named: bool) {
    let caller = call.caller();
    let principal = caller.principal();
    let name = principal.name.as_deref().filter(|_| named);
    let told = Told { document, connection: caller.id(), user: principal.user.as_str(), name, state };
    let others = caller.clients().group(&group(document)).except(&[caller.id()]).slow(SlowReader::LatestWins);
    missed::send(&others, target, &told).await;
}
