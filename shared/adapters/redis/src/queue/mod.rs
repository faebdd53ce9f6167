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
mod keys;
mod redis_queue;
mod sender;

pub use redis_queue::{DEAD_LETTERS_MAX, FAILURES_MAX, QUEUE_LENGTH_MAX, RedisQueue};
