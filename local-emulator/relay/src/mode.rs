//! What a relay does.

use std::time::Duration;

/// What the relay does with bytes and with new connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Passes everything.
    Pass,
    /// Nobody listens: new connections are refused, existing ones are closed. The engine is down.
    Refuse,
    /// New connections are accepted, nothing is passed in either direction, nothing is closed. The engine hangs, or the
    /// network swallows. Back on [`Mode::Pass`] the held bytes flow, as after a network's pause.
    BlackHole,
    /// Passes everything, each piece this much later, in each direction.
    Delay(Duration),
}
