//! What waits to be written, and what happens when too much does. Knows no socket.

use bytes::Bytes;
use std::collections::VecDeque;
use std::io::IoSlice;

/// A waiting frame counts for its bytes and so many more: an empty one is not free either.
const OVERHEAD_BYTES: usize = size_of::<Waiting>();

/// What to do with a frame for a reader that is too slow for it: its queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// The reader is disconnected. A frame that was taken so is written or the connection ends.
    Disconnect,
    /// The oldest waiting frames that were sent as this or as `Replace` are dropped, as many as it takes; if that does not
    /// suffice the new one is.
    DropOldest,
    /// The newest wins: a waiting frame with this key is replaced at once, full or not, and keeps its place. Otherwise as
    /// `DropOldest`.
    Replace {
        /// What the frames have in common, among those of one socket.
        key: u64,
    },
}

/// The queue is full of frames that may not be dropped, and neither may the new one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Data(WhenFull),
    Pong,
    Control,
}

#[derive(Debug)]
struct Waiting {
    frame: Bytes,
    kind: Kind,
}

/// Frames in the order in which they are written. No memory while it is empty.
#[derive(Debug)]
pub(crate) struct Outbound {
    waiting: VecDeque<Waiting>,
    /// So many bytes of the first are written already.
    written: usize,
    /// With overheads, without what is written.
    bytes: usize,
    bytes_max: usize,
    dropped: u64,
}

impl Outbound {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { waiting: VecDeque::new(), written: 0, bytes: 0, bytes_max, dropped: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Bytes that wait, with overheads.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Bytes that waited with this frame; and how many may.
    pub(crate) fn bytes_with(&self, frame: &Bytes) -> (usize, usize) {
        (self.bytes + frame.len() + OVERHEAD_BYTES, self.bytes_max)
    }

    /// Frames that were dropped or replaced.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(crate) fn clear(&mut self) {
        self.waiting = VecDeque::new();
        (self.written, self.bytes) = (0, 0);
    }

    /// Takes a frame of which nothing is written. An empty queue takes any: so it holds at most its limit or one frame.
    pub(crate) fn push(&mut self, frame: Bytes, when_full: WhenFull) -> Result<(), Full> {
        let kind = Kind::Data(when_full);
        if let WhenFull::Replace { .. } = when_full
            && self.replace(&frame, kind)
        {
            self.dropped += 1;
            // The new one may be larger.
            if self.waiting.len() > 1 {
                self.make_room(0);
            }
            return Ok(());
        }
        let charge = frame.len() + OVERHEAD_BYTES;
        if when_full != WhenFull::Disconnect {
            self.make_room(charge);
        }
        if !self.is_empty() && self.bytes + charge > self.bytes_max {
            if when_full == WhenFull::Disconnect {
                return Err(Full);
            }
            self.dropped += 1;
            return Ok(());
        }
        self.append(frame, kind);
        Ok(())
    }

    /// Takes the rest of a frame whose first `written` bytes are on the wire; the queue must be empty.
    pub(crate) fn push_rest(&mut self, frame: Bytes, written: usize) {
        // What is begun must be finished, whatever the policy was.
        self.append(frame, Kind::Control);
        self.bytes -= written;
        self.written = written;
    }

    /// Takes a Close or a ping, full or not.
    pub(crate) fn push_control(&mut self, frame: Bytes) {
        self.append(frame, Kind::Control);
    }

    /// Takes a pong, full or not. One that waits is replaced: only the latest ping must be answered (section 5.5.3), and a
    /// peer that pings without reading cannot fill the queue.
    pub(crate) fn push_pong(&mut self, frame: Bytes) {
        if !self.replace(&frame, Kind::Pong) {
            self.append(frame, Kind::Pong);
        }
    }

    fn append(&mut self, frame: Bytes, kind: Kind) {
        self.bytes += frame.len() + OVERHEAD_BYTES;
        self.waiting.push_back(Waiting { frame, kind });
    }

    /// A frame that is begun stays: its receiver has half of it.
    fn begun(&self) -> usize {
        usize::from(self.written > 0)
    }

    fn replace(&mut self, frame: &Bytes, kind: Kind) -> bool {
        let begun = self.begun();
        let Some(old) = self.waiting.iter_mut().skip(begun).find(|waiting| waiting.kind == kind) else { return false };
        self.bytes = self.bytes - old.frame.len() + frame.len();
        old.frame = frame.clone();
        true
    }

    fn make_room(&mut self, charge: usize) {
        if self.bytes + charge <= self.bytes_max {
            return;
        }
        let (mut at, begun) = (0, self.begun());
        self.waiting.retain(|waiting| {
            let keep = at < begun
                || self.bytes + charge <= self.bytes_max
                || !matches!(waiting.kind, Kind::Data(WhenFull::DropOldest | WhenFull::Replace { .. }));
            at += 1;
            if !keep {
                self.bytes -= waiting.frame.len() + OVERHEAD_BYTES;
                self.dropped += 1;
            }
            keep
        });
    }

    /// What to write next, as much as `slices` takes; answers how many are set.
    pub(crate) fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut count = 0;
        for (slice, waiting) in slices.iter_mut().zip(&self.waiting) {
            let from = if count == 0 { self.written } else { 0 };
            *slice = IoSlice::new(&waiting.frame[from..]);
            count += 1;
        }
        count
    }

    /// So many bytes were written.
    pub(crate) fn advance(&mut self, mut bytes: usize) {
        while let Some(first) = self.waiting.front() {
            let left = first.frame.len() - self.written;
            if bytes < left {
                self.written += bytes;
                self.bytes -= bytes;
                return;
            }
            bytes -= left;
            self.bytes -= left + OVERHEAD_BYTES;
            self.written = 0;
            self.waiting.pop_front();
        }
        // Nothing waits: give the memory back.
        self.waiting = VecDeque::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frame(byte: u8, length: usize) -> Bytes {
        vec![byte; length].into()
    }

    fn written(mut outbound: Outbound) -> Vec<u8> {
        let mut all = Vec::new();
        while !outbound.is_empty() {
            let mut slices = [IoSlice::new(&[]); 4];
            let count = outbound.slices(&mut slices);
            let part: Vec<u8> = slices[..count].iter().flat_map(|slice| slice.iter().copied()).collect();
            outbound.advance(part.len());
            all.extend(part);
        }
        assert_eq!(outbound.bytes(), 0);
        all
    }

    const ROOM_FOR_TWO: usize = 2 * (10 + OVERHEAD_BYTES);

    #[test]
    fn a_full_queue_of_frames_that_must_arrive_refuses_the_next() {
        let mut outbound = Outbound::new(ROOM_FOR_TWO);
        outbound.push(frame(1, 10), WhenFull::Disconnect).unwrap();
        outbound.push(frame(2, 10), WhenFull::Disconnect).unwrap();
        assert_eq!(outbound.push(frame(3, 1), WhenFull::Disconnect), Err(Full));
        // One that may be dropped is.
        assert_eq!(outbound.push(frame(4, 1), WhenFull::DropOldest), Ok(()));
        assert_eq!(outbound.dropped(), 1);
        assert_eq!(written(outbound), [[1; 10], [2; 10]].concat());
    }

    #[test]
    fn the_oldest_are_dropped_but_not_one_that_is_begun() {
        let mut outbound = Outbound::new(ROOM_FOR_TWO + 10 + OVERHEAD_BYTES);
        for byte in 1..=3 {
            outbound.push(frame(byte, 10), WhenFull::DropOldest).unwrap();
        }
        outbound.advance(4);
        outbound.push(frame(4, 10), WhenFull::DropOldest).unwrap();
        assert_eq!(outbound.dropped(), 1);
        assert_eq!(written(outbound), [&[1; 6][..], &[3; 10], &[4; 10]].concat());
    }

    #[test]
    fn the_newest_of_a_key_wins_in_its_place() {
        let mut outbound = Outbound::new(1000);
        let (one, two) = (WhenFull::Replace { key: 1 }, WhenFull::Replace { key: 2 });
        for (byte, key) in [(1, one), (2, two), (3, one), (4, one)] {
            outbound.push(frame(byte, 2), key).unwrap();
        }
        assert_eq!(outbound.dropped(), 2);
        assert_eq!(written(outbound), [4, 4, 2, 2]);
    }

    #[test]
    fn only_the_latest_pong_waits() {
        let mut outbound = Outbound::new(0);
        outbound.push_rest(frame(9, 4), 3);
        for byte in 0..100 {
            outbound.push_pong(frame(byte, 2));
        }
        assert_eq!(written(outbound), [9, 99, 99]);
    }

    proptest! {
        #[test]
        fn its_memory_is_bounded_and_every_frame_is_whole(
            sent in prop::collection::vec((1usize..60, 0u8..4, prop::option::of(0usize..90)), 1..60),
        ) {
            let mut outbound = Outbound::new(300);
            let mut all = Vec::new();
            for (length, kind, write) in sent {
                let when_full = match kind { 0 => WhenFull::Disconnect, 1 => WhenFull::DropOldest, key => WhenFull::Replace { key: key.into() } };
                // Says its own length, so that a torn one is seen.
                let _ = outbound.push(frame(length as u8, length), when_full);
                prop_assert!(outbound.bytes() <= 300 || outbound.waiting.len() == 1);
                if let Some(write) = write {
                    let mut slices = [IoSlice::new(&[]); 8];
                    let count = outbound.slices(&mut slices);
                    let part: Vec<u8> = slices[..count].iter().flat_map(|slice| slice.iter().copied()).take(write).collect();
                    outbound.advance(part.len());
                    all.extend(part);
                }
            }
            all.extend(written(outbound));
            let mut rest = &all[..];
            while let Some(length) = rest.first().map(|byte| usize::from(*byte)) {
                prop_assert!(rest.len() >= length && rest[..length].iter().all(|byte| usize::from(*byte) == length));
                rest = &rest[length..];
            }
        }
    }
}
