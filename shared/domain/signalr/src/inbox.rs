//! Stateful reconnect, what we receive (HubProtocol.md, "Stateful Reconnect").

use crate::Message;
use std::time::Duration;

/// An acknowledgement is sent no more often than this.
pub const ACK_INTERVAL: Duration = Duration::from_secs(1);

/// Counts the numbered messages of a connection, so that none is done twice after its transport was replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbox {
    /// The number of the next message on this transport.
    next: u64,
    /// The highest number that was done.
    done: u64,
    /// The highest number that was acknowledged.
    acknowledged: u64,
    /// The transport is new and its Sequence has not come.
    waits: bool,
}

/// What becomes of a received message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// It is new, or not numbered.
    Process,
    /// It was done before, or came before the Sequence of a new transport.
    Drop,
}

/// The peer's count is ahead of ours: messages are lost, and the connection cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the next message would be {sequence_id}, and {received} were received")]
pub struct SequenceFault {
    /// What the peer says.
    pub sequence_id: u64,
    /// How many have come.
    pub received: u64,
}

impl Default for Inbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Inbox {
    /// At the start of a connection.
    pub fn new() -> Self {
        Self { next: 1, done: 0, acknowledged: 0, waits: false }
    }

    /// The transport was replaced: nothing counts until its Sequence comes. What was acknowledged is acknowledged again, for
    /// that may have been lost: a peer whose buffer is full sends nothing new before it hears of it.
    pub fn resumed(&mut self) {
        self.waits = true;
        self.acknowledged = 0;
    }

    /// Judges a message in the order in which it came. A Sequence is taken up here, and an acknowledgement is for
    /// [`crate::Outbox::acknowledge`].
    ///
    /// # Errors
    /// See [`SequenceFault`].
    pub fn receive(&mut self, message: &Message) -> Result<Receipt, SequenceFault> {
        if let Message::Sequence { sequence_id } = *message {
            // One above what was done is the next message. The reference compares with its place on the last transport,
            // which is behind where that one broke off while messages were still sent again.
            if sequence_id == 0 || sequence_id > self.done + 1 {
                return Err(SequenceFault { sequence_id, received: self.done });
            }
            self.next = sequence_id;
            self.waits = false;
            return Ok(Receipt::Process);
        }
        if self.waits {
            return Ok(Receipt::Drop);
        }
        if !message.is_numbered() {
            return Ok(Receipt::Process);
        }
        let number = self.next;
        self.next += 1;
        if number <= self.done {
            return Ok(Receipt::Drop);
        }
        self.done = number;
        Ok(Receipt::Process)
    }

    /// The number to acknowledge, if there is one that was not and the last acknowledgement is `elapsed` ago or more than
    /// [`ACK_INTERVAL`]. It counts as acknowledged from here.
    pub fn ack_due(&mut self, elapsed: Duration) -> Option<u64> {
        if elapsed < ACK_INTERVAL || self.acknowledged >= self.done {
            return None;
        }
        self.acknowledged = self.done;
        Some(self.done)
    }

    /// Whether something waits for its acknowledgement: a timer is wanted.
    pub fn owes_ack(&self) -> bool {
        self.acknowledged < self.done
    }

    /// Numbered messages that were received.
    pub fn received(&self) -> u64 {
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Outbox, Outcome};
    use proptest::prelude::*;

    fn numbered() -> Message {
        Message::Completion { id: "1".to_owned(), outcome: Outcome::Void }
    }

    fn sequence(sequence_id: u64) -> Message {
        Message::Sequence { sequence_id }
    }

    #[test]
    fn what_was_done_is_dropped_after_a_sequence() {
        let mut inbox = Inbox::new();
        for _ in 0..3 {
            assert_eq!(inbox.receive(&numbered()), Ok(Receipt::Process));
        }
        assert_eq!(inbox.receive(&Message::Ping), Ok(Receipt::Process), "a ping is not numbered");
        assert_eq!(inbox.received(), 3);
        inbox.resumed();
        assert_eq!(inbox.receive(&numbered()), Ok(Receipt::Drop), "before the sequence nothing counts");
        assert_eq!(inbox.receive(&Message::Ping), Ok(Receipt::Drop));
        assert_eq!(inbox.receive(&sequence(2)), Ok(Receipt::Process));
        let rest: Vec<_> = (0..4).map(|_| inbox.receive(&numbered()).unwrap()).collect();
        assert_eq!(rest, [Receipt::Drop, Receipt::Drop, Receipt::Process, Receipt::Process]);
        assert_eq!(inbox.received(), 5);
    }

    #[test]
    fn a_sequence_above_what_is_expected_is_fatal() {
        let mut inbox = Inbox::new();
        inbox.receive(&numbered()).unwrap();
        inbox.resumed();
        assert_eq!(inbox.clone().receive(&sequence(2)), Ok(Receipt::Process), "none is lost");
        assert_eq!(inbox.receive(&sequence(3)), Err(SequenceFault { sequence_id: 3, received: 1 }));
        assert!(inbox.receive(&sequence(0)).is_err());
        assert!(inbox.receive(&sequence(u64::MAX)).is_err());
    }

    #[test]
    fn a_second_cut_while_messages_are_sent_again_loses_nothing() {
        let mut inbox = Inbox::new();
        for _ in 0..10 {
            inbox.receive(&numbered()).unwrap();
        }
        inbox.resumed();
        inbox.receive(&sequence(5)).unwrap();
        inbox.receive(&numbered()).unwrap();
        // Our acknowledgement of 10 arrives, and the transport breaks again: the peer goes on from 11.
        inbox.resumed();
        assert_eq!(inbox.receive(&sequence(11)), Ok(Receipt::Process));
        assert_eq!(inbox.receive(&numbered()), Ok(Receipt::Process));
    }

    #[test]
    fn an_acknowledgement_is_due_once_a_second_and_only_for_something_new() {
        let mut inbox = Inbox::new();
        assert_eq!(inbox.ack_due(ACK_INTERVAL), None);
        inbox.receive(&numbered()).unwrap();
        inbox.receive(&numbered()).unwrap();
        assert!(inbox.owes_ack());
        assert_eq!(inbox.ack_due(Duration::from_millis(999)), None);
        assert_eq!(inbox.ack_due(ACK_INTERVAL), Some(2));
        assert!(!inbox.owes_ack());
        assert_eq!(inbox.ack_due(ACK_INTERVAL * 9), None);
        // The acknowledgement may have been lost with its transport.
        inbox.resumed();
        assert_eq!(inbox.ack_due(ACK_INTERVAL), Some(2));
        assert!(!inbox.owes_ack());
    }

    #[derive(Debug, Clone)]
    enum Event {
        Send,
        Acknowledge,
        /// The transport breaks; so many of the records on their way still arrive.
        Cut(usize),
    }

    fn events() -> impl Strategy<Value = Vec<Event>> {
        let event = prop_oneof![
            6 => Just(Event::Send),
            2 => Just(Event::Acknowledge),
            1 => (0_usize..6).prop_map(Event::Cut),
        ];
        prop::collection::vec(event, 0..200)
    }

    proptest! {
        /// Whatever is sent is done exactly once and in order, wherever the transport is cut.
        #[test]
        fn nothing_is_lost_and_nothing_is_done_twice(events in events()) {
            let (mut outbox, mut inbox) = (Outbox::new(usize::MAX), Inbox::new());
            let (mut on_the_way, mut done, mut sent) = (std::collections::VecDeque::new(), Vec::new(), 0_u8);
            for event in events.into_iter().chain([Event::Cut(usize::MAX), Event::Cut(0)]) {
                match event {
                    Event::Send => {
                        sent = sent.wrapping_add(1);
                        outbox.push(vec![sent].into()).unwrap();
                        on_the_way.push_back((numbered(), sent));
                    }
                    Event::Acknowledge => {
                        if let Some(number) = inbox.ack_due(ACK_INTERVAL) {
                            outbox.acknowledge(number).unwrap();
                        }
                    }
                    Event::Cut(arrive) => {
                        let arrive = arrive.min(on_the_way.len());
                        for (message, name) in on_the_way.drain(..arrive) {
                            if inbox.receive(&message).unwrap() == Receipt::Process && message.is_numbered() {
                                done.push(name);
                            }
                        }
                        on_the_way.clear();
                        inbox.resumed();
                        let (number, frames) = outbox.resume();
                        on_the_way.push_back((sequence(number), 0));
                        on_the_way.extend(frames.map(|frame| (numbered(), frame[0])));
                    }
                }
            }
            for (message, name) in on_the_way {
                if inbox.receive(&message).unwrap() == Receipt::Process && message.is_numbered() {
                    done.push(name);
                }
            }
            let expected: Vec<u8> = (1..=inbox.received()).map(|number| number as u8).collect();
            prop_assert_eq!(done, expected);
            prop_assert_eq!(inbox.received(), outbox.sent());
        }
    }
}
