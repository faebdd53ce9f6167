//! Queues over Redis Streams.
//!
//! A queue is four keys with one hash tag: the stream, with one consumer group; a sorted set of what is delayed, by due
//! time, and a stream that holds the delayed entries; the stream of dead letters. A message is in exactly one of them,
//! moved by one script: wherever a process dies, it is before or after the move.
//!
//! An entry's fields: `i` message id, `m` message as JSON, `n` deliveries in earlier lives, `s` when it was sent
//! (milliseconds), `f` a failure as JSON (repeated, oldest first), and among the dead `b`, when it was buried. The
//! deliveries of the present life are counted by the group.

mod consumer;
mod dead_letters;
mod entry;
mod sender;

use crate::connection::Redis;
use octavo_domain_kernel::QueueName;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

/// Most messages that wait in one queue, in flight and delayed ones included. Sending more is refused with
/// `Unavailable`: what waits is never dropped to make room.
pub const QUEUE_LENGTH_MAX: usize = 1_000_000;
/// Most dead letters of one queue. Burying more is refused with `Unavailable`; the message stays in the queue and is
/// delivered again after its visibility.
pub const DEAD_LETTERS_MAX: usize = 100_000;
/// Most failures that are kept with a message: the newest.
pub const FAILURES_MAX: usize = 10;

/// The one consumer group of a queue.
const GROUP: &str = "octavo";

/// [`Queue`](octavo_domain_kernel::Queue), [`QueueConsumer`](octavo_domain_kernel::QueueConsumer) and
/// [`DeadLetters`](octavo_domain_kernel::DeadLetters) over Redis Streams. Cheap to clone.
///
/// What is held is claimed by its idle time: all consumers of a queue are to name the same visibility. Durable as far as
/// the server is: run it with `appendonly yes` and `maxmemory-policy noeviction`.
#[derive(Debug, Clone)]
pub struct RedisQueue {
    redis: Redis,
    length_max: usize,
    dead_max: usize,
    receives: Arc<AtomicU32>,
}

impl RedisQueue {
    /// Queues on `redis`.
    pub fn new(redis: Redis) -> Self {
        Self { redis, length_max: QUEUE_LENGTH_MAX, dead_max: DEAD_LETTERS_MAX, receives: Arc::default() }
    }

    /// The same with lower limits than [`QUEUE_LENGTH_MAX`] and [`DEAD_LETTERS_MAX`].
    #[must_use]
    pub fn with_limits(mut self, length_max: usize, dead_max: usize) -> Self {
        self.length_max = length_max.min(QUEUE_LENGTH_MAX);
        self.dead_max = dead_max.min(DEAD_LETTERS_MAX);
        self
    }
}

fn stream_key(queue: &QueueName) -> String {
    format!("octavo:{{queue:{queue}}}:stream")
}

fn delayed_key(queue: &QueueName) -> String {
    format!("octavo:{{queue:{queue}}}:delayed")
}

fn delayed_entries_key(queue: &QueueName) -> String {
    format!("octavo:{{queue:{queue}}}:delayed:entries")
}

fn dead_key(queue: &QueueName) -> String {
    format!("octavo:{{queue:{queue}}}:dead")
}
