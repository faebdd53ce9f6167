//! A queue's handle and its limits.

use crate::connection::Redis;
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

/// [`Queue`](octavo_domain_kernel::Queue), [`QueueConsumer`](octavo_domain_kernel::QueueConsumer) and
/// [`DeadLetters`](octavo_domain_kernel::DeadLetters) over Redis Streams. Cheap to clone.
///
/// What is held is claimed by its idle time: all consumers of a queue are to name the same visibility. Durable as far as
/// the server is: run it with `appendonly yes` and `maxmemory-policy noeviction`.
#[derive(Debug, Clone)]
pub struct RedisQueue {
    pub(super) redis: Redis,
    pub(super) length_max: usize,
    pub(super) dead_max: usize,
    pub(super) receives: Arc<AtomicU32>,
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
