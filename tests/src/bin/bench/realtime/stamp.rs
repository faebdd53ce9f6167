//! When a message was sent, carried within it: sender and receiver are one process and share a clock.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

const NAME: &[u8] = b"\"t\":";

fn began() -> Instant {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    *BEGAN.get_or_init(Instant::now)
}

/// Now, in nanoseconds of this process.
pub(super) fn now() -> u64 {
    u64::try_from(began().elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// How long ago that was.
pub(super) fn since(stamp: u64) -> Duration {
    Duration::from_nanos(now().saturating_sub(stamp))
}

/// A message's value: a stamp, and as much more as makes it `bytes` long.
pub(super) fn value(bytes: usize) -> serde_json::Value {
    let stamp = now();
    let pad = bytes.saturating_sub(stamp.to_string().len() + "{\"t\":,\"p\":\"\"}".len());
    serde_json::json!({ "t": stamp, "p": "x".repeat(pad) })
}

/// The stamp in such a value, wherever it stands.
pub(super) fn of_text(text: &[u8]) -> Option<u64> {
    let at = text.windows(NAME.len()).position(|window| window == NAME)? + NAME.len();
    let mut stamp = None;
    for digit in text[at..].iter().take_while(|byte| byte.is_ascii_digit()) {
        stamp = Some(stamp.unwrap_or(0) * 10 + u64::from(digit - b'0'));
    }
    stamp
}
