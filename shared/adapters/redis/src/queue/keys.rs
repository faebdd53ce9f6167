//! What the keys of a queue are called. All of one queue lie in one slot of a cluster.

use octavo_domain_kernel::QueueName;

/// The one consumer group of a queue.
pub(super) const GROUP: &str = "octavo";

pub(super) fn stream_key(queue: &QueueName) -> String {
    format!("octavo:{{queue:{queue}}}:stream")
}

pub(super) fn delayed_key(queue: &QueueName) -> String {
    format!("octavo:{{queue:{queue}}}:delayed")
}

pub(super) fn delayed_entries_key(queue: &QueueName) -> String {
    format!("octavo:{{queue:{queue}}}:delayed:entries")
}

pub(super) fn dead_key(queue: &QueueName) -> String {
    format!("octavo:{{queue:{queue}}}:dead")
}
