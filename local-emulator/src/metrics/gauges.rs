//! How the emulator itself is: functions, queues, breakers.

use super::exposition::{Kind, Page};
use crate::console::{Breaker, breaker};
use crate::emulator::Parts;
use local_emulator_lambda::FunctionStatus;
use octavo_adapters_redis::{Redis, RedisBreakers};
use octavo_domain_ai::models::{Catalogue, CatalogueError, TargetId};
use octavo_domain_ai::ports::{BreakerView, Breakers};
use octavo_domain_ai::routing::{BreakerRule, Phase};
use octavo_domain_kernel::{PortError, Queue, QueueDepth, QueueName};
use std::time::Duration;

/// A page is not held up for longer by an engine that is away: then what it would have told is missing.
const WITHIN: Duration = Duration::from_secs(2);
const PHASES: [Phase; 3] = [Phase::Closed, Phase::Open, Phase::HalfOpen];

/// The breakers of every model of every provider, but those of tenants' own keys.
pub(crate) struct BreakerGauges {
    breakers: RedisBreakers,
    targets: Vec<TargetId>,
}

impl BreakerGauges {
    /// Of the models that the built-in catalogue with `overrides` offers.
    pub(crate) fn new(redis: Redis, overrides: &str) -> Result<Self, CatalogueError> {
        let catalogue = Catalogue::built_in().with_overrides(overrides)?;
        let offers = catalogue.offers().iter();
        let target = |provider: &String, model: &String| TargetId {
            provider: provider.clone(),
            model: model.clone(),
            tenant: None,
        };
        let targets = offers.map(|offer| target(&offer.provider, &offer.model)).collect();
        // It only looks: the rule decides nothing here but for how long calls are counted.
        Ok(Self { breakers: RedisBreakers::new(redis, BreakerRule::default()), targets })
    }

    /// Breakers that are not closed; none where Redis does not say.
    pub(crate) async fn open(&self) -> Vec<Breaker> {
        let views = within(self.breakers.view(&self.targets)).await.unwrap_or_default();
        let shown = |view: &BreakerView| breaker(&view.target.provider, &view.target.model, view.phase);
        views.iter().filter_map(shown).collect()
    }
}

impl Parts {
    /// The page for Prometheus.
    pub(crate) async fn exposition(&self) -> String {
        let (depths, breakers) =
            tokio::join!(depths(self), within(self.breakers.breakers.view(&self.breakers.targets)));
        let mut page = Page::default();
        self.metrics.write(&mut page);
        functions(&mut page, &self.lambda.functions());
        queues(&mut page, &depths);
        if let Some(views) = breakers {
            phases(&mut page, &views);
        }
        page.finish()
    }
}

async fn within<T>(asked: impl Future<Output = Result<T, PortError>>) -> Option<T> {
    tokio::time::timeout(WITHIN, asked).await.ok()?.ok()
}

async fn depths(parts: &Parts) -> Vec<(String, QueueDepth)> {
    let one = |name: &String| {
        let (name, parsed) = (name.clone(), name.parse::<QueueName>());
        async move { Some((name, within(parts.queue.depth(&parsed.ok()?)).await?)) }
    };
    futures::future::join_all(parts.queues.iter().map(one)).await.into_iter().flatten().collect()
}

/// A family whose samples are one number of each function.
type OfFunction = (&'static str, Kind, &'static str, fn(&FunctionStatus) -> f64);

const OF_FUNCTIONS: [OfFunction; 8] = [
    ("octavo_function_invocations_total", Kind::Counter, "Invocations.", |one| one.invocations as f64),
    ("octavo_function_errors_total", Kind::Counter, "Invocations that failed.", |one| one.errors as f64),
    (
        "octavo_function_throttles_total",
        Kind::Counter,
        "Invocations that were refused because too many waited.",
        |one| one.throttles as f64,
    ),
    ("octavo_function_cold_starts_total", Kind::Counter, "Sandboxes that got ready.", |one| one.cold_starts as f64),
    ("octavo_function_sandboxes", Kind::Gauge, "Sandboxes.", |one| one.sandboxes as f64),
    ("octavo_function_running", Kind::Gauge, "Invocations under way.", |one| one.running as f64),
    ("octavo_function_waiting", Kind::Gauge, "Invocations that wait for a sandbox.", |one| one.waiting as f64),
    ("octavo_function_memory_bytes", Kind::Gauge, "Resident memory of all sandboxes.", |one| {
        one.memory_mb as f64 * 1_048_576.0
    }),
];

fn functions(page: &mut Page, functions: &[FunctionStatus]) {
    for (name, kind, help, number) in OF_FUNCTIONS {
        page.family(name, kind, help);
        for function in functions {
            page.sample(name, [("function", function.name.as_str())], number(function));
        }
    }
}

fn queues(page: &mut Page, depths: &[(String, QueueDepth)]) {
    let name = "octavo_queue_messages";
    page.family(name, Kind::Gauge, "Messages by state: ready, in flight, delayed, dead.");
    for (queue, depth) in depths {
        let states =
            [("ready", depth.ready), ("in_flight", depth.in_flight), ("delayed", depth.delayed), ("dead", depth.dead)];
        for (state, count) in states {
            page.sample(name, [("queue", queue.as_str()), ("state", state)], count as f64);
        }
    }
}

fn phases(page: &mut Page, views: &[BreakerView]) {
    let name = "octavo_ai_breaker_state";
    page.family(name, Kind::Gauge, "1 for the phase that the breaker is in, 0 for the others.");
    for view in views {
        let TargetId { provider, model, .. } = &view.target;
        for phase in PHASES {
            let labels = [("provider", provider.as_str()), ("model", model.as_str()), ("state", phase.as_str())];
            page.sample(name, labels, if view.phase == phase { 1.0 } else { 0.0 });
        }
    }
}
