//! What the function needs from outside.

use crate::latencies::Latencies;
use crate::ledger_writer::LedgerWriter;
use crate::local_meter::LocalMeter;
use crate::owed::Owed;
use crate::policies::Policies;
use crate::raised::Raised;
use crate::rest::Rest;
use octavo_domain_ai::models::{Catalogue, Endpoint};
use octavo_domain_ai::ports::{
    AlertStore, AnswerStore, ApiKeyStore, Breakers, Ledger, Meter, Observer, PolicyStore, ProviderKeyStore, Sealer,
    Timeouts, TranscriptStore, Upstream,
};
use octavo_domain_ai::routing::BreakerRule;
use octavo_domain_kernel::{Clock, Ids, Queue};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// A provider, and the platform's key with it.
#[derive(Clone)]
pub struct ProviderAccess {
    /// Where and how.
    pub endpoint: Arc<Endpoint>,
    /// The platform's key; none where only tenants' own keys are used.
    pub key: Option<Arc<str>>,
}

/// How the gateway is set up.
#[derive(Clone)]
pub struct Options {
    /// The providers.
    pub providers: Vec<ProviderAccess>,
    /// Models and prices.
    pub catalogue: Arc<Catalogue>,
    /// How long to wait for a provider.
    pub timeouts: Timeouts,
    /// Further requests to one target after a failure that may pass, at most.
    pub retries_max: u32,
    /// Targets that are tried for one call, at most.
    pub targets_max: usize,
    /// When breakers open.
    pub breaker_rule: BreakerRule,
    /// How long a stream that nobody reads any more is read on, for its usage.
    pub drain_max: Duration,
    /// How long what a tenant set is believed to be still so.
    pub policy_ttl: Duration,
    /// How long after a call's deadline nobody can still be working on it: who has not settled it by then has died. More
    /// than `drain_max`, and what the ledger may take.
    pub lease_margin: Duration,
}

impl Options {
    /// The usual limits over these providers.
    pub fn new(providers: Vec<ProviderAccess>, catalogue: Arc<Catalogue>) -> Self {
        Self {
            providers,
            catalogue,
            timeouts: Timeouts {
                connect: Duration::from_secs(5),
                first_token: Duration::from_secs(60),
                idle: Duration::from_secs(60),
                total: Duration::from_secs(280),
            },
            retries_max: 2,
            targets_max: 4,
            breaker_rule: BreakerRule::default(),
            drain_max: Duration::from_secs(30),
            policy_ttl: Duration::from_secs(5),
            lease_margin: Duration::from_secs(60),
        }
    }
}

/// The stores of the function, as an adapter gives them.
pub struct Stores {
    /// The ledger.
    pub ledger: Arc<dyn Ledger>,
    /// Policies.
    pub policies: Arc<dyn PolicyStore>,
    /// API keys.
    pub api_keys: Arc<dyn ApiKeyStore>,
    /// Tenants' own provider keys.
    pub provider_keys: Arc<dyn ProviderKeyStore>,
    /// Alerts of budgets.
    pub alerts: Arc<dyn AlertStore>,
    /// Prompts and answers in full.
    pub transcripts: Arc<dyn TranscriptStore>,
}

/// What all instances share, as an adapter gives it.
pub struct Shared {
    /// Kept answers.
    pub answers: Arc<dyn AnswerStore>,
    /// Rates and budgets.
    pub meter: Arc<dyn Meter>,
    /// Breakers.
    pub breakers: Arc<dyn Breakers>,
    /// Where calls are sent that the ledger could not take now.
    pub queue: Arc<dyn Queue>,
}

/// The ports of the function, and what the process keeps for itself. One for the life of the process.
pub struct Deps {
    pub(crate) options: Options,
    pub(crate) upstream: Arc<dyn Upstream>,
    pub(crate) answers: Arc<dyn AnswerStore>,
    pub(crate) meter: Arc<dyn Meter>,
    pub(crate) breakers: Arc<dyn Breakers>,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) policy_store: Arc<dyn PolicyStore>,
    pub(crate) api_keys: Arc<dyn ApiKeyStore>,
    pub(crate) provider_keys: Arc<dyn ProviderKeyStore>,
    pub(crate) alerts: Arc<dyn AlertStore>,
    pub(crate) transcripts: Arc<dyn TranscriptStore>,
    pub(crate) sealer: Arc<dyn Sealer>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) policies: Policies,
    pub(crate) writer: LedgerWriter,
    pub(crate) local_meter: LocalMeter,
    /// What the shared counters do not know yet.
    pub(crate) owed: Owed,
    pub(crate) local_breakers:
        Mutex<HashMap<octavo_domain_ai::models::TargetId, octavo_domain_ai::routing::LocalBreaker>>,
    /// How soon targets begin to answer.
    pub(crate) latencies: Mutex<Latencies>,
    /// Alerts that this instance has seen raised already.
    pub(crate) raised: Mutex<Raised>,
    /// Whether the shared state is worth asking.
    pub(crate) rest: Rest,
    pub(crate) began: tokio::time::Instant,
}

impl Deps {
    /// All of them. Must be called within a tokio runtime.
    #[expect(clippy::too_many_arguments, reason = "each is a port of its own, and main.rs names them once")]
    pub fn new(
        options: Options,
        upstream: Arc<dyn Upstream>,
        stores: Stores,
        shared: Shared,
        sealer: Arc<dyn Sealer>,
        observer: Arc<dyn Observer>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Self {
        let Stores { ledger, policies, api_keys, provider_keys, alerts, transcripts } = stores;
        let Shared { answers, meter, breakers, queue } = shared;
        Self {
            policies: Policies::new(policies.clone(), provider_keys.clone(), sealer.clone(), options.policy_ttl),
            writer: LedgerWriter::new(ledger.clone(), queue, ids.clone(), clock.clone()),
            local_meter: LocalMeter::default(),
            owed: Owed::default(),
            local_breakers: Mutex::default(),
            latencies: Mutex::default(),
            raised: Mutex::default(),
            rest: Rest::default(),
            began: tokio::time::Instant::now(),
            options,
            upstream,
            answers,
            meter,
            breakers,
            ledger,
            policy_store: policies,
            api_keys,
            provider_keys,
            alerts,
            transcripts,
            sealer,
            clock,
            ids,
            observer,
        }
    }
}
