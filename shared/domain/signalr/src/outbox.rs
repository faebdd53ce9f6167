//! Stateful reconnect, what we send (HubProtocol.md, "Stateful Reconnect").

use bytes::Bytes;
use std::collections::VecDeque;

/// Bytes of sent messages that wait for their acknowledgement: ASP.NET Core's default.
pub const OUTBOX_BYTES_MAX: usize = 100_000;

/// The records of the numbered messages that were sent and not acknowledged. Messages of types 1 to 5 are numbered from 1;
/// the others go past it.
#[derive(Debug, Clone)]
pub struct Outbox {
    frames: VecDeque<Bytes>,
    /// The number of the last message; that of the first that is kept is `sent - frames.len() + 1`.
    sent: u64,
    bytes: usize,
    bytes_max: usize,
}

/// The outbox holds as much as it may: nothing is sent until the peer acknowledges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{bytes} bytes wait for an acknowledgement")]
pub struct OutboxFull {
    /// Bytes that it holds.
    pub bytes: usize,
}

/// The peer acknowledges what was never sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("message {sequence_id} is acknowledged, and {sent} were sent")]
pub struct AckFault {
    /// What it acknowledges.
    pub sequence_id: u64,
    /// How many were sent.
    pub sent: u64,
}

impl Outbox {
    /// An empty one. It takes messages while it holds fewer than `bytes_max` bytes; the last may go beyond.
    pub fn new(bytes_max: usize) -> Self {
        Self { frames: VecDeque::new(), sent: 0, bytes: 0, bytes_max }
    }

    /// Numbers a message that is sent now and keeps its record.
    ///
    /// # Errors
    /// It is full. The message is not numbered: it may be sent later, or the connection is closed.
    pub fn push(&mut self, frame: Bytes) -> Result<u64, OutboxFull> {
        if self.is_full() {
            return Err(OutboxFull { bytes: self.bytes });
        }
        self.sent += 1;
        self.bytes += frame.len();
        self.frames.push_back(frame);
        Ok(self.sent)
    }

    /// Whether it takes no more.
    pub fn is_full(&self) -> bool {
        self.bytes >= self.bytes_max
    }

    /// Bytes that it holds. Records are shared with other connections' outboxes, so that the memory may be less.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Messages that were sent.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Drops what the peer has received: everything up to this number. Answers how many bytes that were.
    ///
    /// # Errors
    /// The number was never sent. The peer's count is wrong, and the connection cannot go on.
    pub fn acknowledge(&mut self, sequence_id: u64) -> Result<usize, AckFault> {
        if sequence_id > self.sent {
            return Err(AckFault { sequence_id, sent: self.sent });
        }
        let before = self.bytes;
        while self.next_kept() <= sequence_id {
            let Some(frame) = self.frames.pop_front() else { break };
            self.bytes -= frame.len();
        }
        if self.frames.is_empty() {
            self.frames.shrink_to(0);
        }
        Ok(before - self.bytes)
    }

    /// What a new transport begins with: the number for the Sequence message, which is that of the first record that
    /// follows (or of the next message, where none is kept), and the records.
    ///
    /// The specification says "of the next new message"; the reference server and the JavaScript client both count from
    /// the first that is sent again, and would otherwise take it for a new one.
    pub fn resume(&self) -> (u64, impl Iterator<Item = &Bytes>) {
        (self.next_kept(), self.frames.iter())
    }

    fn next_kept(&self) -> u64 {
        self.sent - self.frames.len() as u64 + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(byte: u8) -> Bytes {
        vec![byte; 10].into()
    }

    fn resumed(outbox: &Outbox) -> (u64, Vec<u8>) {
        let (sequence_id, frames) = outbox.resume();
        (sequence_id, frames.map(|frame| frame[0]).collect())
    }

    #[test]
    fn what_was_not_acknowledged_is_sent_again_from_its_number() {
        let mut outbox = Outbox::new(1000);
        assert_eq!(resumed(&outbox), (1, vec![]));
        for byte in 1..=5 {
            assert_eq!(outbox.push(frame(byte)), Ok(u64::from(byte)));
        }
        assert_eq!(resumed(&outbox), (1, vec![1, 2, 3, 4, 5]));
        assert_eq!(outbox.acknowledge(3), Ok(30));
        assert_eq!(resumed(&outbox), (4, vec![4, 5]));
        assert_eq!(outbox.acknowledge(2), Ok(0), "an older acknowledgement changes nothing");
        assert_eq!(outbox.acknowledge(5), Ok(20));
        assert_eq!(resumed(&outbox), (6, vec![]));
        assert_eq!(outbox.bytes(), 0);
        assert_eq!(outbox.push(frame(6)), Ok(6));
        assert_eq!(resumed(&outbox), (6, vec![6]));
    }

    #[test]
    fn a_full_outbox_takes_nothing_until_it_is_acknowledged() {
        let mut outbox = Outbox::new(15);
        assert_eq!(outbox.push(frame(1)), Ok(1));
        assert_eq!(outbox.push(frame(2)), Ok(2));
        assert!(outbox.is_full());
        assert_eq!(outbox.push(frame(3)), Err(OutboxFull { bytes: 20 }));
        assert_eq!(outbox.sent(), 2);
        assert_eq!(outbox.acknowledge(1), Ok(10));
        assert_eq!(outbox.push(frame(3)), Ok(3));
    }

    #[test]
    fn an_acknowledgement_of_what_was_not_sent_is_a_fault() {
        let mut outbox = Outbox::new(100);
        assert_eq!(outbox.acknowledge(0), Ok(0));
        assert_eq!(outbox.acknowledge(1), Err(AckFault { sequence_id: 1, sent: 0 }));
        assert!(outbox.acknowledge(u64::MAX).is_err());
    }
}
