//! The backplane over Redis: pub/sub for what is said, a stream a channel for what must not be missed.

mod counters;
mod history;
mod inbox;
mod link;
mod names;
mod options;
mod redis_backplane;
mod session;
mod shared;
mod wanted;
mod wire;

pub use counters::BackplaneCounters;
pub use options::{BackplaneOptions, PubSubKind, Random};
pub use redis_backplane::{HISTORY_BYTES_MAX, PAYLOAD_BYTES_MAX, RedisBackplane};
