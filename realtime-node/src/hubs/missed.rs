//! What was pushed while a client was away.

use super::kept::RESYNC;
use super::{fault, page};
use octavo_domain_realtime::{Audience, Backplane, Channel, Command, Envelope, HistoryLimits, Position};
use octavo_domain_signalr::{Decoder, Message, Payload, Protocol};
use realtime_node_server::{Clients, HubFault, Recipients};
use serde::Serialize;
use std::time::Duration;

/// What is kept of a channel: for whoever was away for less than a day and missed no more than so many.
pub(super) const KEPT: HistoryLimits = HistoryLimits { length: 500, ttl: Duration::from_secs(24 * 60 * 60) };

/// A push that was missed.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Push {
    /// The client's method.
    pub(super) target: String,
    /// What it was called with; without the position.
    pub(super) arguments: Vec<Payload>,
}

/// What came after a position.
#[derive(Debug)]
pub(super) struct Missed {
    /// Whether `pushes` is all of it. If not, it is empty: ask for everything anew.
    pub(super) whole: bool,
    pub(super) pushes: Vec<Push>,
    /// Where the history stands now.
    pub(super) position: Position,
}

/// What `channel` was sent after `since`; without it, only where it stands.
pub(super) async fn missed(
    backplane: &dyn Backplane,
    channel: &Channel,
    since: Option<&Position>,
) -> Result<Missed, HubFault> {
    let history = backplane.history(channel, since, KEPT.length as usize).await.map_err(fault::port)?;
    let mut pushes: Vec<Push> = history.entries.iter().filter_map(|entry| push(&entry.payload)).collect();
    // One that cannot be read, of a node of another version, makes a part of it; so does one that could not be kept, and one
    // too many for an answer.
    let is_part = pushes.len() < history.entries.len() || pushes.iter().any(|push| push.target == RESYNC);
    let whole = history.whole && !is_part && !page::cut(&mut pushes);
    let pushes = if whole { pushes } else { Vec::new() };
    Ok(Missed { whole, pushes, position: history.top })
}

fn push(payload: &[u8]) -> Option<Push> {
    let Command::Send { frames, .. } = Envelope::decode(payload).ok()?.command else { return None };
    let mut decoder = Decoder::new(Protocol::Json, usize::MAX);
    match decoder.decode(&mut &frames.json[..]).ok()?? {
        Message::Invocation { target, arguments, .. } => Some(Push { target, arguments }),
        _ => None,
    }
}

/// Sends to those who are here; what other nodes miss is no failure of the caller's.
pub(super) async fn send(to: &Recipients, target: &str, value: &(impl Serialize + Sync)) {
    if let Err(error) = to.send(target, (value,)).await {
        tracing::debug!(%error, target, "a push did not reach the other nodes");
    }
}

/// Where a group's history stands; none where nobody can say.
pub(super) async fn position(backplane: &dyn Backplane, clients: &Clients, group: &str) -> Option<Position> {
    let channel = Channel::new(clients.tenant(), clients.hub(), &Audience::Group(group.to_owned())).ok()?;
    backplane.history(&channel, None, 1).await.ok().map(|history| history.top)
}
