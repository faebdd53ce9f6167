//! How everything is at a glance: `GET /_octavo/overview`.
//!
//! Every [`INTERVAL`](watch) somebody takes a look at everything (`look.rs`), by the way that functions take: through the relays
//! in front of the engines. What was seen becomes [`Thing`](thing)s by rules that know no clock and no engine, a file a kind of
//! thing; each says its own troubles and where they are mended. What each counts is kept for a few minutes (`history.rs`), for a
//! chart.
//!
//! To add a kind of thing: what is seen of it in `look.rs`, its rule in a file here, its group in `thing.rs`.

mod answer;
mod engines;
mod functions;
mod history;
mod look;
mod outside;
mod queues;
mod sources;
mod thing;
mod watch;

pub(super) use answer::overview;
pub(crate) use look::{CHANNELS, breaker};
pub(crate) use outside::Breaker;
pub(crate) use watch::{Watch, Watching};
