//! The service's limits, as AWS Lambda's quotas page states them where it does.

use std::time::Duration;

/// Bytes of an event and of a buffered response.
pub const PAYLOAD_BYTES_MAX: usize = 6 * 1024 * 1024;
/// Bytes of a streamed response.
pub const STREAM_BYTES_MAX: usize = 20 * 1024 * 1024;
/// Bytes of a client context.
pub const CLIENT_CONTEXT_BYTES_MAX: usize = 3583;
/// How long a new sandbox may take to ask for its first invocation.
pub const INIT_TIMEOUT: Duration = Duration::from_secs(10);
/// Invocations of one function that wait for a sandbox; a further one is throttled.
pub const WAITING_MAX: usize = 1000;
/// Asynchronous invocations under way or waiting, of all functions.
pub const EVENTS_MAX: usize = 1000;
/// Lines of an invocation's log that are kept, and bytes of each.
pub const LOG_LINES_MAX: usize = 200;
/// Bytes of one line of log; the rest of a longer one is dropped.
pub const LOG_LINE_BYTES_MAX: usize = 4096;
/// A function's last invocations that its percentiles are about.
pub const DURATIONS_MAX: usize = 256;
/// Finished invocations that are kept to look at.
pub const RECORDS_MAX: usize = 200;
/// Requests at the gateway that are kept to look at, without their bodies.
pub const REQUESTS_MAX: usize = 400;
/// Bytes of an event or response that are kept to look at.
pub const RECORD_BYTES_MAX: usize = 64 * 1024;
/// Bytes of an HTTP body that are read and thrown away after it turned out too large, so that the client gets to read why.
pub const DRAIN_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How often sandboxes are looked at: their memory, their idleness, invocations that nobody waits for.
pub const MEMORY_INTERVAL: Duration = Duration::from_millis(200);
/// How often a function's binary is looked at, at most.
pub const RELOAD_INTERVAL: Duration = Duration::from_millis(100);
