//! Rates and budgets that all instances share.

use super::limits::{LEASE_MAX, LINES_MAX, RECLAIM_MAX, check_request, check_settlement};
use super::meter_keys::{
    alert_key, budget_key, budget_prefix, call_key, call_prefix, open_key, rate_key, reclaiming_key,
};
use super::rate::Parts;
use super::reply;
use super::tenants::Tenants;
use crate::cache::milliseconds;
use crate::connection::Redis;
use async_trait::async_trait;
use octavo_domain_ai::ports::{BudgetLevel, Meter, OpenCall, ReserveRequest, Reserved, Settlement};
use octavo_domain_kernel::{PortError, TenantId};
use redis::Script;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use uuid::Uuid;

const DAY: Duration = Duration::from_secs(24 * 3600);
/// How long a call that nobody settles waits for somebody to reclaim it.
const CALL_KEPT: Duration = Duration::from_secs(LEASE_MAX.as_secs() + 7 * 24 * 3600);
/// After so long without [`Meter::reclaimed`] a call is given to somebody again.
const RECLAIM_AGAIN: Duration = Duration::from_secs(60);

static RESERVE: LazyLock<Script> = LazyLock::new(|| of_rates(include_str!("reserve.lua")));
static SETTLE: LazyLock<Script> = LazyLock::new(|| of_rates(include_str!("settle.lua")));
static RECLAIM: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("reclaim.lua")));
static RECLAIMED: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("reclaimed.lua")));

fn of_rates(script: &str) -> Script {
    Script::new(&[include_str!("rates.lua"), script].concat())
}

/// [`Meter`] by the server's clock. A rate is one key, a budget one hash, an open call one hash and a place in a sorted
/// set. What is taken, is taken by one script: all or nothing, however many ask at once.
///
/// Limits: those of this crate's `LINES_MAX`, `RECORD_BYTES_MAX`, `LEASE_MAX`, `RECLAIM_MAX` and `BUDGET_MAX`; a name has
/// at most 256 bytes and stands once in a request; a rate's burst comes back within a year. Anything beyond is refused as
/// `Corrupt`. A call that nobody reclaims within a week after its lease is forgotten; its hold stays in the budgets.
///
/// Of several rates that refuse, the one is told that takes longest. A seed stays also where the call is then refused.
/// An answer that gets lost: reserving again is granted; settling again changes nothing and answers none;
/// [`Meter::alert_once`] may then say false to everybody.
#[derive(Debug, Clone)]
pub struct RedisMeter {
    redis: Redis,
    tenants: Arc<Tenants>,
}

impl RedisMeter {
    /// A meter on `redis`.
    pub fn new(redis: Redis) -> Self {
        let tenants = Arc::new(Tenants::new(redis.clone(), CALL_KEPT));
        Self { redis, tenants }
    }
}

#[async_trait]
impl Meter for RedisMeter {
    async fn reserve(&self, request: &ReserveRequest) -> Result<Reserved, PortError> {
        check_request(request)?;
        let tenant = &request.tenant;
        self.tenants.tell(tenant).await?;
        let most = |most: Option<u64>| most.map_or_else(|| "-1".to_owned(), |most| most.to_string());
        let answer: Vec<i64> = self
            .redis
            .script(&RESERVE, |script| {
                script.key(open_key(tenant)).key(call_key(tenant, request.call));
                script.arg(request.call.to_string()).arg(milliseconds(request.lease)).arg(milliseconds(CALL_KEPT));
                script.arg(request.hold.tokens).arg(request.hold.nanodollars).arg(request.record.as_ref());
                script.arg(request.rates.len());
                for line in &request.rates {
                    let (taken, burst) = (Parts::taken(line), Parts::of(line.burst, line.per_minute));
                    script.key(rate_key(tenant, &line.name)).arg(taken.us).arg(taken.rest).arg(line.per_minute);
                    script.arg(burst.us).arg(burst.rest);
                }
                for line in &request.budgets {
                    script.key(budget_key(tenant, &line.name)).arg(&line.name);
                    script.arg(most(line.tokens_max)).arg(most(line.nanodollars_max));
                    script.arg(milliseconds(line.ends_in.saturating_add(DAY)));
                    let seed = line.seed;
                    script.arg(most(seed.map(|seed| seed.tokens))).arg(most(seed.map(|seed| seed.nanodollars)));
                }
            })
            .await?;
        reply::reserved(request, &answer)
    }

    async fn settle(&self, settlement: &Settlement) -> Result<Vec<(String, BudgetLevel)>, PortError> {
        check_settlement(settlement)?;
        let Settlement { tenant, call, used, rates } = settlement;
        let answer: Vec<Vec<u8>> = self
            .redis
            .script(&SETTLE, |script| {
                script.key(open_key(tenant)).key(call_key(tenant, *call));
                script.arg(call.to_string()).arg(budget_prefix(tenant)).arg(LINES_MAX);
                script.arg(used.tokens).arg(used.nanodollars);
                for line in rates {
                    let taken = Parts::of(line.amount, line.per_minute);
                    script.key(rate_key(tenant, &line.name)).arg(taken.us).arg(taken.rest).arg(line.per_minute);
                }
            })
            .await?;
        reply::settled(&answer)
    }

    async fn reclaim(&self, tenant: &TenantId, max: usize) -> Result<Vec<OpenCall>, PortError> {
        if max == 0 {
            return Ok(Vec::new());
        }
        let answer: Vec<Vec<u8>> = self
            .redis
            .script(&RECLAIM, |script| {
                script.key(open_key(tenant)).key(reclaiming_key(tenant)).arg(max.min(RECLAIM_MAX));
                script.arg(milliseconds(RECLAIM_AGAIN)).arg(call_prefix(tenant)).arg(milliseconds(CALL_KEPT));
            })
            .await?;
        reply::reclaimed(answer)
    }

    async fn reclaimed(&self, tenant: &TenantId, calls: &[Uuid]) -> Result<(), PortError> {
        for calls in calls.chunks(RECLAIM_MAX) {
            self.redis
                .script::<()>(&RECLAIMED, |script| {
                    script.key(reclaiming_key(tenant));
                    for call in calls {
                        script.key(call_key(tenant, *call)).arg(call.to_string());
                    }
                })
                .await?;
        }
        Ok(())
    }

    async fn tenants(&self) -> Result<Vec<TenantId>, PortError> {
        self.tenants.list().await
    }

    async fn levels(&self, tenant: &TenantId, names: &[String]) -> Result<Vec<Option<BudgetLevel>>, PortError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let mut pipeline = redis::pipe();
        for name in names {
            pipeline.cmd("HMGET").arg(budget_key(tenant, name)).arg("tokens").arg("nano");
        }
        let levels: Vec<(Option<i64>, Option<i64>)> = self.redis.pipeline(&pipeline).await?;
        let shown = |level: i64| u64::try_from(level).unwrap_or(0);
        Ok(levels
            .into_iter()
            .map(|(tokens, nano)| Some(BudgetLevel { tokens: shown(tokens?), nanodollars: shown(nano?) }))
            .collect())
    }

    async fn alert_once(&self, tenant: &TenantId, name: &str, ends_in: Duration) -> Result<bool, PortError> {
        let mut set = redis::cmd("SET");
        set.arg(alert_key(tenant, name)).arg(1).arg("NX").arg("PX").arg(milliseconds(ends_in).max(1));
        let first: Option<String> = self.redis.query(&set).await?;
        Ok(first.is_some())
    }
}
