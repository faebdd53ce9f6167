//! What nodes know of each other, in Redis: expiring entries, kept by Redis' own clock.

mod keys;
mod redis_directory;

pub use redis_directory::{NODES_MAX, PLACE_BYTES_MAX, RedisDirectory, STATE_BYTES_MAX};
