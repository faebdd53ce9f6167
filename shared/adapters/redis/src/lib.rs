//! Redis or Valkey behind the kernel's ports: [`RedisCache`], [`RedisQueue`] (Streams), [`RedisSchedules`] (leases, fires);
//! behind those of the AI gateway: [`RedisAnswers`], [`RedisMeter`] (rates, budgets), [`RedisBreakers`]; behind that of
//! notifications: [`RedisRates`]; and behind those of the realtime nodes: [`RedisBackplane`] (pub/sub, histories),
//! [`RedisDirectory`] (nodes, presence, users' groups).
//!
//! All share one [`Redis`], which connects when it is first used and recovers by itself. It deliberately knows nothing
//! of what is cached or queued, reads no settings and no clock: deadlines in Redis are kept by Redis' own clock, so that
//! nodes with different clocks agree.
//!
//! Works on Redis 7.0 and later, Valkey, and the emulator's. Every key of one queue carries the queue's hash tag, every
//! key of a tenant's meter and answers the tenant's, a breaker its target's, a channel its partition's; a script touches
//! the keys of one tag only, so that it may run in a Redis Cluster.
//!
//! To add a port: one file, a type that holds a [`Redis`], its keys made in one function, what must be atomic as one
//! script under `src/`, and the port's contract suite in `tests/`.
#![warn(missing_docs)]

mod ai;
mod backplane;
mod cache;
mod connection;
mod directory;
mod error;
mod gate;
mod queue;
mod rates;
mod schedules;

pub use ai::{
    BUDGET_MAX, LEASE_MAX, LINES_MAX, RECLAIM_MAX, RECORD_BYTES_MAX, RedisAnswers, RedisBreakers, RedisMeter,
};
pub use backplane::{
    BackplaneCounters, BackplaneOptions, HISTORY_BYTES_MAX, PAYLOAD_BYTES_MAX, PubSubKind, Random, RedisBackplane,
};
pub use cache::{CACHE_VALUE_BYTES_MAX, RedisCache};
pub use connection::{Options, Redis};
pub use directory::{NODES_MAX, PLACE_BYTES_MAX, RedisDirectory, STATE_BYTES_MAX};
pub use queue::{DEAD_LETTERS_MAX, FAILURES_MAX, QUEUE_LENGTH_MAX, RedisQueue};
pub use rates::RedisRates;
pub use schedules::RedisSchedules;
