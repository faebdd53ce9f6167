//! A backplane's listener that remembers what it heard.

use bytes::Bytes;
use octavo_domain_realtime::{BackplaneListener, BackplaneState, Channel, Position};
use std::time::Duration;
use tokio::sync::watch;

/// Longer than anything that a test waits for, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A message.
    Message {
        /// On which channel.
        channel: Channel,
        /// What it says.
        payload: Bytes,
        /// Its place, if it is durable.
        position: Option<Position>,
    },
    /// Another state.
    State(BackplaneState),
}

/// Remembers everything, in order.
#[derive(Debug, Default)]
pub struct Hearing(watch::Sender<Vec<Heard>>);

impl BackplaneListener for Hearing {
    fn received(&self, channel: &Channel, payload: Bytes, position: Option<Position>) {
        self.0.send_modify(|all| all.push(Heard::Message { channel: channel.clone(), payload, position }));
    }

    fn changed(&self, state: BackplaneState) {
        self.0.send_modify(|all| all.push(Heard::State(state)));
    }
}

impl Hearing {
    /// Everything up to now.
    pub fn all(&self) -> Vec<Heard> {
        self.0.borrow().clone()
    }

    /// The messages of a channel, in order.
    pub fn of(&self, channel: &Channel) -> Vec<(Bytes, Option<Position>)> {
        of(&self.0.borrow(), channel).collect()
    }

    /// The states, in order.
    pub fn states(&self) -> Vec<BackplaneState> {
        let state = |heard: &Heard| if let Heard::State(state) = heard { Some(*state) } else { None };
        self.0.borrow().iter().filter_map(state).collect()
    }

    /// Waits until it is so, and panics with `what` if it never is.
    pub async fn until(&self, what: &str, mut is_so: impl FnMut(&[Heard]) -> bool) {
        let mut changes = self.0.subscribe();
        let waited = tokio::time::timeout(PATIENCE, changes.wait_for(|all| is_so(all))).await;
        assert!(waited.is_ok(), "never: {what}");
    }

    /// Waits until so many messages came on a channel, and gives them.
    pub async fn messages(&self, channel: &Channel, count: usize) -> Vec<(Bytes, Option<Position>)> {
        let what = format!("{count} messages on {channel}");
        self.until(&what, |all| of(all, channel).count() >= count).await;
        self.of(channel)
    }

    /// Waits for a message.
    pub async fn message(&self, channel: &Channel, payload: &[u8]) {
        let what = format!("{:?} on {channel}", String::from_utf8_lossy(payload));
        self.until(&what, |all| of(all, channel).any(|(heard, _)| heard == payload)).await;
    }
}

fn of<'a>(all: &'a [Heard], channel: &'a Channel) -> impl Iterator<Item = (Bytes, Option<Position>)> + 'a {
    all.iter().filter_map(move |heard| match heard {
        Heard::Message { channel: on, payload, position } if on == channel => Some((payload.clone(), position.clone())),
        _ => None,
    })
}
