//! What the requests of one server share.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio_util::sync::CancellationToken;

use crate::faults::{Registry, Reported};
use crate::prefix_cache::{PREFIX_TOKENS_MIN, PrefixCache};
use crate::prompt::Prompt;
use crate::provider::Provider;
use crate::record::Log;
use crate::reply::Usage;
use crate::server::Clock;
use crate::stats::Counters;

/// Input tokens that a model takes at most.
pub(crate) const CONTEXT_TOKENS_MAX: usize = 1_000_000;

pub(crate) struct App {
    pub(crate) clock: Clock,
    pub(crate) seed: u64,
    serial: AtomicU64,
    pub(crate) faults: Registry,
    pub(crate) prefixes: PrefixCache,
    pub(crate) log: Option<Log>,
    pub(crate) counters: Counters,
    pub(crate) stop: CancellationToken,
}

impl App {
    pub(crate) fn new(clock: Clock, seed: u64, log: bool) -> Self {
        Self {
            clock,
            seed,
            serial: AtomicU64::new(1),
            faults: Registry::default(),
            prefixes: PrefixCache::default(),
            log: log.then(Log::default),
            counters: Counters::default(),
            stop: CancellationToken::new(),
        }
    }

    /// The number of the next request, from 1.
    pub(crate) fn next_serial(&self) -> u64 {
        self.serial.fetch_add(1, Ordering::Relaxed)
    }
}

/// One request to a provider: what its answer is made with.
pub(crate) struct Call<'a> {
    pub(crate) app: &'a App,
    pub(crate) provider: &'a Provider,
    pub(crate) serial: u64,
    /// Seconds since 1970.
    pub(crate) created: u64,
    /// The model as the request named it.
    pub(crate) model: &'a str,
    /// What a fault makes the usage say.
    pub(crate) reported: Option<Reported>,
}

impl Call<'_> {
    /// An identifier: the prefix, then seed and number in `width` hexadecimal digits. The same server never gives it twice.
    pub(crate) fn id(&self, prefix: &str, width: usize) -> String {
        let number = (u128::from(self.app.seed) << 64) | u128::from(self.serial);
        format!("{prefix}{number:0width$x}")
    }

    /// An identifier of the n-th part of an answer.
    pub(crate) fn part_id(&self, prefix: &str, width: usize, part: usize) -> String {
        let number = (u128::from(self.app.seed) << 64) | (u128::from(self.serial) << 8) | (part as u128 & 0xff);
        format!("{prefix}{number:0width$x}")
    }

    /// The usage of an answer. What `cache_control` asks to be written is only told if `writes` says so.
    pub(crate) fn usage(&self, prompt: &Prompt, output: usize, reasoning: usize, writes: bool) -> Usage {
        let input = prompt.tokens();
        let cached = if input >= PREFIX_TOKENS_MIN {
            self.app.prefixes.look_up(self.provider.name(), self.model, prompt)
        } else {
            crate::prefix_cache::Cached::default()
        };
        // The prefixes count every part's tokens, the input the overhead too: never more is cached than there is.
        let read = cached.read.min(input);
        let usage = Usage {
            input: input as u64,
            cached: read as u64,
            written: if writes { cached.written.min(input - read) as u64 } else { 0 },
            output: output as u64,
            reasoning: reasoning as u64,
        };
        let Some(reported) = self.reported else { return usage };
        // Anthropic's input leaves out what was cached: `input` is to be told as it is.
        let apart = if *self.provider == Provider::Anthropic { reported.cached } else { 0 };
        Usage {
            input: reported.input + apart,
            cached: reported.cached,
            written: 0,
            output: reported.output,
            reasoning: 0,
        }
    }
}
