//! The event sources of this machine: the poller of each queue, the outbox relay, the bells and the scheduler.

use crate::engines::Addresses;
use crate::functions::Function;
use anyhow::Context;
use async_trait::async_trait;
use bytes::Bytes;
use local_emulator_lambda::{InvokeError as LambdaError, InvokeRequest, Lambda, Link, Output};
use octavo_adapters_postgres::{DueApprovals, DueNotifications, DueSavedSearches, PoolOptions, Relay};
use octavo_adapters_redis::{RedisQueue, RedisSchedules};
use octavo_adapters_system::{SystemClock, SystemIds};
use octavo_domain_kernel::{DueWork, QueueName, TraceContext};
use octavo_wiring_triggers::{
    Bell, BellOptions, Cause, InvokeError, Invoker, Mapping, OutboxRelay, Poller, PollerPorts, Random, RelayOptions,
    Schedule, Scheduler, SchedulerPorts,
};
use parking_lot::Mutex;
use rand::RngExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long running batches may take to end when the emulator stops.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// Beyond a function's deadline, before what it held is given to another.
const VISIBILITY_MARGIN: Duration = Duration::from_secs(5);

/// The running event sources.
pub(crate) struct Triggers {
    pub(crate) pollers: Vec<Poller>,
    pub(crate) relay: OutboxRelay,
    /// By what they ring for.
    pub(crate) bells: Vec<(&'static str, Bell)>,
    pub(crate) scheduler: Scheduler,
    stop: CancellationToken,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Triggers {
    /// Starts all of them.
    pub(crate) fn start(
        functions: &[Function],
        schedules: Vec<Schedule>,
        lambda: &Lambda,
        queue: &Arc<RedisQueue>,
        fires: &Arc<RedisSchedules>,
        addresses: &Addresses,
        retry_max: Duration,
    ) -> anyhow::Result<Self> {
        let (stop, mut tasks) = (CancellationToken::new(), Vec::new());
        let random: Random = Arc::new(|| rand::rng().random::<f64>());
        let invoker: Arc<dyn Invoker> = Arc::new(Sandboxes(lambda.clone()));
        let holder = format!("emulator-{}", std::process::id());
        let mut pollers = Vec::new();
        for function in functions {
            let Some(declared) = &function.queue else { continue };
            let name: QueueName = function.name.parse().map_err(anyhow::Error::msg)?;
            let mut mapping = Mapping::new(name, &function.name);
            mapping.batch_size = declared.batch_size;
            mapping.batch_window = Duration::from_millis(declared.batch_window_ms);
            mapping.max_receive_count = declared.max_receive_count;
            mapping.concurrency = declared.concurrency;
            mapping.retry.cap = mapping.retry.cap.min(retry_max);
            mapping.retry.base = mapping.retry.base.min(retry_max);
            mapping.function_timeout = function.declared.timeout.unwrap_or(mapping.function_timeout);
            // What a killed emulator held comes back after this: as soon as no function can still be working on it.
            mapping.visibility = mapping.function_timeout + mapping.batch_window + VISIBILITY_MARGIN;
            let ports = PollerPorts {
                consumer: queue.clone(),
                invoker: invoker.clone(),
                clock: Arc::new(SystemClock),
                random: random.clone(),
            };
            let poller =
                Poller::new(mapping, ports, holder.clone()).with_context(|| format!("queue of {}", function.name))?;
            let (running, token) = (poller.clone(), stop.clone());
            tasks.push(tokio::spawn(async move { running.run(token).await }));
            pollers.push(poller);
        }
        let outbox = Relay::connect_lazy(
            &addresses.database_relay,
            &PoolOptions { connections_max: 2, ..PoolOptions::default() },
        )?;
        let outbox = Arc::new(outbox);
        let due: [(&str, Arc<dyn DueWork>); 4] = [
            ("workflows", outbox.clone()),
            ("approvals", Arc::new(DueApprovals((*outbox).clone()))),
            ("notifications", Arc::new(DueNotifications((*outbox).clone()))),
            ("saved-searches", Arc::new(DueSavedSearches((*outbox).clone()))),
        ];
        let mut bells = Vec::new();
        for (name, work) in due {
            let clock = Arc::new(SystemClock);
            let bell = Bell::new(work, queue.clone(), clock, random.clone(), BellOptions::default());
            let (running, token) = (bell.clone(), stop.clone());
            tasks.push(tokio::spawn(async move { running.run(token).await }));
            bells.push((name, bell));
        }
        let relay =
            OutboxRelay::new(outbox, queue.clone(), Arc::new(SystemClock), random.clone(), RelayOptions::default());
        let (running, token) = (relay.clone(), stop.clone());
        tasks.push(tokio::spawn(async move { running.run(token).await }));
        let ports = SchedulerPorts {
            invoker,
            lease: fires.clone(),
            fires: fires.clone(),
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
            random,
        };
        let scheduler = Scheduler::new(schedules, ports, holder);
        let (running, token) = (scheduler.clone(), stop.clone());
        tasks.push(tokio::spawn(async move { running.run(token).await }));
        Ok(Self { pollers, relay, bells, scheduler, stop, tasks: Mutex::new(tasks) })
    }

    /// Ends them after what is under way.
    pub(crate) async fn stop(&self) {
        self.stop.cancel();
        let mut tasks = std::mem::take(&mut *self.tasks.lock());
        let ended = tokio::time::timeout(STOP_WITHIN, futures::future::join_all(tasks.iter_mut())).await;
        if ended.is_err() {
            tasks.iter().for_each(JoinHandle::abort);
        }
    }
}

impl Drop for Triggers {
    fn drop(&mut self) {
        self.stop.cancel();
        self.tasks.lock().iter().for_each(JoinHandle::abort);
    }
}

fn link(cause: &Cause) -> Link {
    Link {
        trace_id: cause.context.trace_id(),
        parent_id: cause.context.span_id(),
        message_id: cause.message_id.clone(),
        what: cause.kind.clone(),
        queue: cause.queue.to_string(),
        sent_at: cause.sent_at,
        receive_count: cause.receive_count,
    }
}

/// Functions as sandboxes of this machine.
struct Sandboxes(Lambda);

#[async_trait]
impl Invoker for Sandboxes {
    async fn invoke(&self, function: &str, payload: Bytes, causes: &[Cause]) -> Result<Bytes, InvokeError> {
        let what = if payload.starts_with(b"{\"Records\"") { "queue batch" } else { "schedule" };
        let request = InvokeRequest {
            function: function.to_owned(),
            payload,
            trace_id: Cause::common(causes).map(TraceContext::to_xray),
            links: causes.iter().map(link).collect(),
            what: what.to_owned(),
            ..InvokeRequest::default()
        };
        let response = self.0.invoke(request).await.map_err(|error| match error {
            LambdaError::Throttled => InvokeError::Throttled,
            LambdaError::TooLarge { .. } => InvokeError::TooLarge(error.to_string()),
            LambdaError::NotFound(_) | LambdaError::Stopping => InvokeError::Unavailable(error.to_string()),
        })?;
        match response.output {
            Output::Buffered(bytes) => Ok(bytes),
            Output::Streamed { .. } => {
                Err(InvokeError::TooLarge("a queue function answers without a stream".to_owned()))
            }
            Output::Failed(error) if error.error_type == "Sandbox.Timedout" => Err(InvokeError::Timeout),
            Output::Failed(error) => Err(InvokeError::FunctionError {
                payload: serde_json::to_vec(&error).unwrap_or_default().into(),
                kind: error.error_type,
                message: error.error_message,
            }),
        }
    }
}
