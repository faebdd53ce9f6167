//! Settings into adapters into the function's ports.

use octavo_adapters_blobs::{Options as BlobOptions, S3Blobs};
use octavo_adapters_postgres::{PoolOptions, Postgres, StatementCache};
use octavo_adapters_redis::{Redis, RedisQueue};
use octavo_adapters_sealing::SealingKeys;
use octavo_adapters_sqs::{Options as SqsOptions, SqsQueues};
use octavo_adapters_system::{SystemClock, SystemIds};
use octavo_adapters_tasks::{HttpEndpoints, LambdaFunctions};
use octavo_domain_kernel::{Ids, Queue};
use octavo_domain_workflow::engine::Definitions;
use octavo_step::{AllowedFunctions, AllowedHosts, Awake, Deps, WORK_TIME};
use octavo_wiring_lambda_kit::Error;
use octavo_wiring_settings::{self as settings, Environment, SettingsError};
use octavo_wiring_telemetry::StepMetrics;
use std::sync::Arc;

/// The queue of the realtime nodes.
const WATCHERS: &str = "realtime";

/// The ports as the environment says. Connects to nothing yet.
///
/// # Errors
///
/// Names the variable that is missing or unusable.
pub fn deps(environment: &Environment) -> Result<Deps, Error> {
    let database = settings::Database::read(environment)?;
    let pool = PoolOptions {
        connections_max: database.connections_max,
        acquire_timeout: database.acquire_timeout,
        statement_timeout: database.statement_timeout,
        idle_timeout: database.idle_timeout,
        statement_cache: if database.statement_cache { StatementCache::On } else { StatementCache::Off },
        application_name: "octavo-step".to_owned(),
    };
    let store = Arc::new(Postgres::connect_lazy(database.url.expose(), &pool)?);
    let blobs = settings::Blobs::read(environment)?;
    let mut blob_options = BlobOptions::new(blobs.endpoint, blobs.region, blobs.bucket).within(blobs.timeout);
    if let Some((access_key, secret_key)) = &blobs.credentials {
        blob_options = blob_options.with_credentials(access_key, secret_key.expose());
    }
    let queue: Arc<dyn Queue> = match settings::Queues::read(environment)? {
        settings::Queues::Redis(redis) => Arc::new(RedisQueue::new(Redis::new(redis.url.expose())?)),
        settings::Queues::Sqs { url_prefix } => Arc::new(SqsQueues::new(SqsOptions::new(url_prefix.parse()?))),
    };
    let tasks = settings::WorkflowTasks::read(environment)?;
    let hosts = AllowedHosts::parse(tasks.http_hosts.iter().map(String::as_str));
    let hosts = hosts.ok_or_else(|| SettingsError::Unusable {
        variable: "OCTAVO_WORKFLOW_HTTP_HOSTS".to_owned(),
        expected: "*, hosts, patterns of hosts and origins, separated by commas",
    })?;
    let ids = Arc::new(SystemIds);
    Ok(Deps {
        executions: store.clone(),
        reads: store.clone(),
        machines: store.clone(),
        definitions: Definitions::new(store.clone()),
        connections: store.clone(),
        approvals: store.clone(),
        documents: store,
        sealer: Arc::new(SealingKeys::parse(settings::Sealing::read(environment)?.0.expose())?),
        functions: Arc::new(LambdaFunctions::new(tasks.lambda.endpoint, tasks.lambda.signing)),
        allowed: AllowedFunctions::new(tasks.functions, tasks.lambda.prefix),
        http: Arc::new(HttpEndpoints::new()),
        hosts,
        blobs: Arc::new(S3Blobs::new(blob_options)),
        queue,
        watchers: if settings::announces(environment)? { Some(WATCHERS.parse()?) } else { None },
        observer: Arc::new(StepMetrics),
        clock: Arc::new(SystemClock),
        worker: ids.next().to_string(),
        ids,
        time: WORK_TIME,
        awake: Awake::default(),
    })
}
