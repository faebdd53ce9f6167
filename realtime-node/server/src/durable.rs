//! Durable messages: delivered once, in order, without gaps; what was missed is fetched, or it is said that it was missed.
//!
//! A message is delivered when it is the next after the last one; an older one was delivered already. One that lies beyond
//! has a gap before it: then the history is read. The backplane's channel keeps its order, so that a message that was
//! published here can be delivered at once where it is the next, and its echo is an old one then.

use crate::circle::Circle;
use crate::core::Core;
use crate::encoded::Encoded;
use crate::{Clients, SendFault};
use bytes::Bytes;
use octavo_domain_realtime::{Channel, Command, Envelope, Frames, History, HistoryLimits, Position, SlowReader};
use octavo_domain_signalr::{Decoder, Message, Payload, Protocol, encode, frames};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Messages that are fetched from a history at once; where more were missed the clients read anew.
const RECOVERED_MAX: usize = 1_000;
/// What clients are told when messages were lost to them: with the name of the group, or null for the others.
const RESYNC: &str = "resync";

/// How far a channel was delivered.
pub(crate) struct Seen {
    last: Position,
    /// Whether `last` was delivered here. If not, it is what the history had when the subscription was there already: what
    /// is not beyond it may be under way still, and comes in its order.
    live: bool,
    recovering: bool,
    /// Something came meanwhile.
    more: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Next {
    Deliver,
    Old,
    Gap,
}

impl Seen {
    fn new(last: Position, live: bool) -> Self {
        Self { last, live, recovering: false, more: false }
    }

    /// Judges one that came by the subscription.
    fn judge(&mut self, position: &Position) -> Next {
        if self.recovering {
            self.more = true;
            return Next::Old;
        }
        if position.epoch != self.last.epoch {
            return Next::Gap;
        }
        let next = self.last.offset + 1;
        match position.offset {
            offset if offset > next => Next::Gap,
            offset if offset < next && self.live => Next::Old,
            _ => Next::Deliver,
        }
    }

    /// Judges one that was published here: delivered at once only where it is certainly the next.
    fn is_next(&self, position: &Position) -> bool {
        self.live && !self.recovering && position.epoch == self.last.epoch && position.offset == self.last.offset + 1
    }

    fn delivered(&mut self, position: Position) {
        self.last = position;
        self.live = true;
    }
}

impl Core {
    /// Stores, publishes, and delivers here where it is the next.
    pub(crate) async fn publish_durable(
        self: &Arc<Self>,
        channel: &Channel,
        envelope: &Envelope,
        limits: HistoryLimits,
    ) -> Result<Position, SendFault> {
        let circle = self.circles.get(channel);
        if circle.as_ref().is_some_and(|circle| circle.seen.lock().as_ref().is_none_or(|seen| !seen.live)) {
            // The first one here comes by its echo, which needs the subscription that may be under way.
            self.ports.backplane.subscribed().await?;
        }
        let position = self.ports.backplane.publish_durable(channel, envelope.encode(), limits).await?;
        if let Some(circle) = circle {
            let mut seen = circle.seen.lock();
            if let Some(seen) = seen.as_mut()
                && seen.is_next(&position)
            {
                seen.delivered(position.clone());
                self.deliver_durable(&circle, envelope, &position);
            }
        }
        Ok(position)
    }

    /// One has come.
    pub(crate) fn received_durable(self: &Arc<Self>, channel: &Channel, envelope: &Envelope, position: &Position) {
        let Some(circle) = self.circles.get(channel) else { return };
        let mut seen = circle.seen.lock();
        let next = seen.as_mut().map_or(Next::Deliver, |seen| seen.judge(position));
        match next {
            Next::Old => {}
            Next::Deliver => {
                seen.get_or_insert_with(|| Box::new(Seen::new(position.clone(), true))).delivered(position.clone());
                // Under the lock, so that the next one does not overtake it.
                self.deliver_durable(&circle, envelope, position);
            }
            Next::Gap => {
                drop(seen);
                self.recover(circle);
            }
        }
    }

    /// Notes how far the histories of new circles go, so that what is missed later is known to be missed. `late` are those
    /// for which that could not be asked at once: what came meanwhile was missed.
    pub(crate) async fn note_tops(self: Arc<Self>, circles: Vec<Arc<Circle>>, late: bool) {
        if self.ports.backplane.subscribed().await.is_err() {
            self.circles.ask_again(circles);
            return;
        }
        let mut left = &circles[..];
        while !left.is_empty() {
            let (some, rest) = left.split_at(left.len().min(RECOVERED_MAX));
            let channels: Vec<Channel> = some.iter().map(|circle| circle.channel.clone()).collect();
            let Ok(tops) = self.ports.backplane.tops(&channels).await else {
                self.circles.ask_again(left.to_vec());
                return;
            };
            for (circle, top) in some.iter().zip(tops) {
                let mut seen = circle.seen.lock();
                circle.noted.store(true, Ordering::Relaxed);
                if let (None, Some(top)) = (seen.as_ref(), top) {
                    *seen = Some(Box::new(Seen::new(top, false)));
                    if late {
                        self.resync(circle);
                    }
                }
            }
            left = rest;
        }
    }

    /// Compares what was delivered with what there is, after the backplane was away.
    pub(crate) async fn recover_all(self: Arc<Self>) {
        let circles = self.circles.all();
        for some in circles.chunks(RECOVERED_MAX) {
            let channels: Vec<Channel> = some.iter().map(|circle| circle.channel.clone()).collect();
            // If it is away again, its return comes here again.
            let Ok(tops) = self.ports.backplane.tops(&channels).await else { return };
            for (circle, top) in some.iter().zip(tops) {
                let missed = {
                    let mut seen = circle.seen.lock();
                    if let (None, Some(top), true) = (&*seen, &top, circle.noted.load(Ordering::Relaxed)) {
                        // There was no history: all of it was missed.
                        let start = Position { epoch: top.epoch.clone(), offset: 0 };
                        *seen = Some(Box::new(Seen::new(start, true)));
                    }
                    seen.as_ref().is_some_and(|seen| Some(&seen.last) != top.as_ref())
                };
                if missed {
                    self.recover(circle.clone());
                }
            }
        }
    }

    fn recover(self: &Arc<Self>, circle: Arc<Circle>) {
        {
            let mut seen = circle.seen.lock();
            let Some(seen) = seen.as_mut() else { return };
            if std::mem::replace(&mut seen.recovering, true) {
                return;
            }
        }
        let core = self.clone();
        tokio::spawn(async move { while core.recover_once(&circle).await {} });
    }

    /// Reads the history once; whether something came meanwhile.
    async fn recover_once(&self, circle: &Circle) -> bool {
        let since = match circle.seen.lock().as_mut() {
            Some(seen) => {
                seen.more = false;
                seen.last.clone()
            }
            None => return false,
        };
        let history = self.ports.backplane.history(&circle.channel, Some(&since), RECOVERED_MAX).await;
        let mut seen = circle.seen.lock();
        let Some(seen) = seen.as_mut() else { return false };
        match history {
            Err(error) => {
                // The next message, or the backplane's return, tries again.
                tracing::warn!(channel = %circle.channel, %error, "a history could not be read");
                seen.recovering = false;
                return false;
            }
            Ok(History { whole: true, entries, top }) => {
                let count = entries.len();
                for entry in entries {
                    let position = Position { epoch: top.epoch.clone(), offset: entry.offset };
                    if let Ok(envelope) = Envelope::decode(&entry.payload) {
                        self.deliver_durable(circle, &envelope, &position);
                    }
                    seen.delivered(position);
                }
                if count > 0 {
                    self.ports.observer.recovered(count, true);
                }
            }
            Ok(History { whole: false, top, .. }) => {
                seen.delivered(top);
                self.ports.observer.recovered(0, false);
                self.resync(circle);
            }
        }
        seen.recovering = seen.more;
        seen.more
    }

    fn deliver_durable(&self, circle: &Circle, envelope: &Envelope, position: &Position) {
        let Command::Send { target, frames, excluded, slow, .. } = &envelope.command else { return };
        let Some(frames) = with_position(frames, position) else {
            tracing::warn!(channel = %circle.channel, "a durable message that is no invocation was passed over");
            return;
        };
        self.deliver_now(circle, &Encoded::for_all(target, frames, *slow), excluded);
    }

    /// Tells the members that messages were lost to them.
    fn resync(&self, circle: &Circle) {
        let Some(clients) = circle.find(|member| Some(member.clients.clone())) else { return };
        if let Ok((json, message_pack)) = frames(RESYNC, &(group_of(&clients, &circle.channel),)) {
            let encoded = Encoded::for_all(RESYNC, Frames { json, message_pack }, SlowReader::Disconnect);
            self.deliver_now(circle, &encoded, &[]);
        }
    }
}

/// The group of a channel, if it is a group's.
fn group_of<'a>(clients: &Clients, channel: &'a Channel) -> Option<&'a str> {
    channel.as_str().strip_prefix(clients.group_prefix()?.as_str())
}

/// The record with its position as the last argument.
fn with_position(frames: &Frames, position: &Position) -> Option<Frames> {
    let append = |protocol: Protocol, record: &Bytes| {
        let mut decoder = Decoder::new(protocol, usize::MAX);
        let mut message = decoder.decode(&mut &record[..]).ok()??;
        let Message::Invocation { arguments, .. } = &mut message else { return None };
        arguments.push(Payload::of(protocol, position).ok()?);
        encode(protocol, &message).ok()
    };
    Some(Frames {
        json: append(Protocol::Json, &frames.json)?,
        message_pack: append(Protocol::MessagePack, &frames.message_pack)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(epoch: &str, offset: u64) -> Position {
        Position { epoch: epoch.to_owned(), offset }
    }

    #[test]
    fn a_position_is_the_last_argument() {
        let (json, message_pack) = frames("told", &("a", 1)).unwrap();
        let frames = with_position(&Frames { json, message_pack }, &at("e", 7)).unwrap();
        let text = std::str::from_utf8(&frames.json).unwrap();
        assert!(text.ends_with("[\"a\",1,{\"epoch\":\"e\",\"offset\":7}]}\u{1e}"), "{text}");
        let mut decoder = Decoder::new(Protocol::MessagePack, usize::MAX);
        let Some(Message::Invocation { arguments, .. }) = decoder.decode(&mut &frames.message_pack[..]).unwrap() else {
            panic!("no invocation");
        };
        assert_eq!(arguments[2].decode::<Position>().unwrap(), at("e", 7));
    }

    #[test]
    fn only_the_next_is_delivered_and_a_gap_is_seen() {
        let mut seen = Seen::new(at("e", 4), true);
        assert_eq!(seen.judge(&at("e", 4)), Next::Old);
        assert_eq!(seen.judge(&at("e", 5)), Next::Deliver);
        assert_eq!(seen.judge(&at("e", 6)), Next::Gap);
        assert_eq!(seen.judge(&at("f", 1)), Next::Gap);
        assert!(seen.is_next(&at("e", 5)) && !seen.is_next(&at("e", 6)) && !seen.is_next(&at("f", 5)));
        seen.recovering = true;
        assert_eq!(seen.judge(&at("e", 5)), Next::Old);
        assert!(seen.more && !seen.is_next(&at("e", 5)));
    }

    #[test]
    fn what_was_under_way_when_the_history_was_looked_at_still_comes() {
        let mut seen = Seen::new(at("e", 4), false);
        assert_eq!(seen.judge(&at("e", 6)), Next::Gap);
        // Published here, and others may be before it on their way.
        assert!(!seen.is_next(&at("e", 5)));
        assert_eq!(seen.judge(&at("e", 3)), Next::Deliver);
        seen.delivered(at("e", 3));
        assert_eq!(seen.judge(&at("e", 4)), Next::Deliver);
        assert_eq!(seen.judge(&at("e", 3)), Next::Old);
    }
}
