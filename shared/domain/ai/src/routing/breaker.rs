//! When a breaker opens, and when it closes again.

use std::time::Duration;

/// How much the newest call weighs in the mean of the times to the first piece.
pub const LATENCY_WEIGHT: f64 = 0.2;
/// A provider that asks to be left alone for longer is asked again after this.
pub const COOL_DOWN_MAX: Duration = Duration::from_secs(3_600);

/// Whether a breaker lets calls through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// All.
    Closed,
    /// None.
    Open,
    /// One, as a probe.
    HalfOpen,
}

impl Phase {
    /// The name in metrics and for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// The rule: over the calls of a sliding window, by rate of failures and by rate of slow calls. One rule for the shared
/// breakers (an adapter applies it in its store) and for those that an instance keeps itself while the store is away
/// ([`super::LocalBreaker`]). Times are of one clock only: the store's own, or the instance's.
///
/// # State of one breaker
///
/// | field | begins as | meaning |
/// |---|---|---|
/// | `half` | 0 | number of the current half of the window: `floor(now / (window / 2))` |
/// | `calls`, `failed`, `slow` | 0 | counts of the current half |
/// | `calls_before`, `failed_before`, `slow_before` | 0 | counts of the half before it |
/// | `open_until` | none | none: closed |
/// | `open_length` | 0 | for how long it was opened last by this rule; what is doubled |
/// | `probe_until` | none | the probe's lease; none: no probe is under way |
/// | `latency` | none | weighted mean of the times to the first piece |
/// | `last_failure` | none | class of the newest failure that counts against the target |
///
/// A breaker of which nothing is known is in that first state. State may be forgotten an hour after its last use, but
/// not before `open_until`.
///
/// # Phase at `now`
///
/// Closed where `open_until` is none; open where `now < open_until`; half-open otherwise. A probe is *under way* where
/// `probe_until` is there and `now < probe_until`.
///
/// # The window slides
///
/// Before every count and every view, with `h = floor(now / (window / 2))`: if `h == half + 1`, the current counts become
/// those before and the current ones 0; if `h > half + 1`, both become 0; then `half = h`. An `h` below `half` (a clock
/// that was set back) changes nothing. *Total* is current plus before: between half a window and a whole one.
///
/// # `record(now, sample)`, one atomic step
///
/// 1. Slide the window.
/// 2. If there is a time `t` to the first piece: `latency = t` where none was, else `0.2 t + 0.8 latency`
///    ([`LATENCY_WEIGHT`]). If the sample failed and has a class: `last_failure` is that class.
/// 3. `slow` is: there is a `t`, and `t > slow_after`. `failed` is the sample's.
/// 4. *Forced length*, the longest of those that apply, or none: the sample failed and its class is `authentication`,
///    `permission` or `quota`: `open_for_max`; its class is `rate_limited` or `overloaded` and it asks for a cool-down
///    above 0: that cool-down, at most [`COOL_DOWN_MAX`]. (A cool-down with any other class is not obeyed: what a broken
///    gateway says of itself with a 500 is not a rate.)
/// 5. By the phase before this sample:
///    - **Closed**: count it (`calls + 1`, and `failed`, `slow` as they are). With a forced length: open for it, and
///      `open_length` is `open_for_max` for the three classes and `open_for` for a cool-down. Otherwise, if
///      total calls `>= calls_min` and (total failed x 100 `>= failed_percent` x total calls, or total slow x 100
///      `>= slow_percent` x total calls): open for `open_for`, which is then `open_length`.
///    - **Half-open with a probe under way**: the sample is the probe's. *Good* is: neither failed nor slow. (A request
///      that was refused as wrong is good: the target answers.) Good: close, all counts 0, `open_length` 0. Not good:
///      `open_length = min(2 x open_length, open_for_max)` (of 0: `open_for`), `open_for_max` outright for the three
///      classes; open for the longer of that and the forced length.
///    - **Open, or half-open without a probe under way**: a straggler, begun before it opened, or a call made for want of
///      any other target. Not counted. A forced length lasts from now: `open_until = max(open_until, now + length)`, so a
///      cool-down can be extended and never shortened.
///
/// To *open for* a length: `open_until = now + length`, `probe_until` none. The counts stay, for people to see.
///
/// # `probe(now, lease)`, one atomic step
///
/// Closed: true, changes nothing. Open: false. Half-open: false where a probe is under way; else `probe_until =
/// now + lease` and true. A probe that never reports frees itself with its lease; what it reports later is a
/// straggler's.
///
/// # `hold_open(now, wait)` and `reset`
///
/// Hold open: open for `wait`, `open_length = open_for`. Reset: the first state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BreakerRule {
    /// Calls are counted for so long, in two halves that take turns.
    pub window: Duration,
    /// Fewer calls than this never open it.
    pub calls_min: u32,
    /// Opens at this share of failed calls, in percent.
    pub failed_percent: u32,
    /// Opens at this share of slow calls, in percent.
    pub slow_percent: u32,
    /// A call whose first piece took longer is slow.
    pub slow_after: Duration,
    /// Stays open for so long, doubled each time its probe fails.
    pub open_for: Duration,
    /// And no longer than this.
    pub open_for_max: Duration,
}

impl Default for BreakerRule {
    fn default() -> Self {
        Self {
            window: Duration::from_secs(30),
            calls_min: 5,
            failed_percent: 50,
            slow_percent: 80,
            slow_after: Duration::from_secs(20),
            open_for: Duration::from_secs(5),
            open_for_max: Duration::from_secs(60),
        }
    }
}
