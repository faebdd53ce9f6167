//! Counts of what was asked and answered, since the server started.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use serde::Serialize;

use crate::reply::Usage;

/// Providers that are told apart; further ones are counted together as `other`.
const PROVIDERS_MAX: usize = 256;

/// What one provider was asked and answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ProviderStats {
    /// Requests whose answer was decided, refusals among them.
    pub requests: u64,
    /// Requests by HTTP status; status 0 counts those that were never answered.
    pub statuses: BTreeMap<u16, u64>,
    /// Input tokens of answers, cached ones among them.
    pub input_tokens: u64,
    /// Output tokens of answers as decided, also where a fault or the client ended the stream early.
    pub output_tokens: u64,
}

/// Counts since the server started, by provider.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// By the provider's name.
    pub providers: BTreeMap<String, ProviderStats>,
}

#[derive(Debug, Default)]
pub(crate) struct Counters(Mutex<BTreeMap<String, ProviderStats>>);

impl Counters {
    pub(crate) fn count(&self, provider: &str, status: u16, usage: Usage) {
        let mut all = self.0.lock();
        let name = if all.len() < PROVIDERS_MAX || all.contains_key(provider) { provider } else { "other" };
        if !all.contains_key(name) {
            all.insert(name.to_owned(), ProviderStats::default());
        }
        let Some(counted) = all.get_mut(name) else { return };
        counted.requests += 1;
        *counted.statuses.entry(status).or_default() += 1;
        counted.input_tokens += usage.input;
        counted.output_tokens += usage.output;
    }

    pub(crate) fn read(&self) -> Stats {
        Stats { providers: self.0.lock().clone() }
    }

    pub(crate) fn reset(&self) {
        self.0.lock().clear();
    }
}
