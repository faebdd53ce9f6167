//! Rates and budgets: taken before a call, settled after it.

use super::ask::Ask;
use super::prepare::Prepared;
use crate::owed::{Charge, pay};
use crate::{AiFault, Deps};
use bytes::Bytes;
use octavo_domain_ai::limits::{Caller, budget_lines, period_of, rate_lines};
use octavo_domain_ai::models::nanodollars;
use octavo_domain_ai::ports::{
    BudgetLevel, BudgetLine, RateLeft, RateLine, Refusal, ReserveRequest, Reserved, Settlement, Spent, UsageQuery,
};
use octavo_domain_ai::{Call, Usage};
use octavo_domain_kernel::TenantId;

/// What a call holds, until it is settled.
#[derive(Debug, Clone)]
pub(crate) struct Reservation {
    pub(crate) hold: BudgetLevel,
    /// Tokens that were taken from rates.
    pub(crate) held_tokens: u64,
    pub(crate) budgets: Vec<BudgetLine>,
    /// Rates of tokens.
    pub(crate) token_rates: Vec<RateLine>,
    /// What is left of every rate.
    pub(crate) left: Vec<RateLeft>,
    /// Every budget's level with this call's hold.
    pub(crate) levels: Vec<BudgetLevel>,
    /// Whether the shared state was away, so that only this instance knows of it.
    pub(crate) alone: bool,
}

/// Takes what `prepared` may use. `record` is the ledger's line as it would be if nobody settles the call.
pub(crate) async fn reserve(
    deps: &Deps,
    ask: &Ask,
    prepared: &Prepared,
    record: &Call,
    from_cache: bool,
) -> Result<Reservation, AiFault> {
    let policy = &prepared.settings.policy;
    let caller = Caller { user: &ask.principal.user, key: ask.principal.api_key };
    let hold = if from_cache { BudgetLevel::default() } else { hold(prepared) };
    let mut rates = rate_lines(policy, &caller, &prepared.asked, &prepared.first().spec, hold.tokens);
    if from_cache {
        rates.retain(|line| line.name.starts_with("requests"));
    }
    let budgets = if from_cache { Vec::new() } else { budget_lines(policy, &caller, deps.clock.now()) };
    let lease = ask.deadline.saturating_duration_since(tokio::time::Instant::now()) + deps.options.lease_margin;
    let mut request = ReserveRequest {
        tenant: ask.principal.tenant.clone(),
        call: record.id,
        rates,
        budgets,
        hold,
        lease,
        record: serde_json::to_vec(record).map(Bytes::from).unwrap_or_default(),
    };
    let nothing = from_cache && request.rates.is_empty();
    let (reserved, alone) = if nothing {
        (Reserved::Granted { rates: Vec::new(), budgets: Vec::new() }, false)
    } else {
        take(deps, &mut request).await?
    };
    match reserved {
        Reserved::Granted { rates: left, budgets: levels } => {
            let token_rates = request.rates.into_iter().filter(|line| line.name.starts_with("tokens")).collect();
            Ok(Reservation {
                hold,
                held_tokens: hold.tokens,
                budgets: request.budgets,
                token_rates,
                left,
                levels,
                alone,
            })
        }
        Reserved::Refused(Refusal::Rate { left, retry_after }) => Err(AiFault::RateLimited { left, retry_after }),
        Reserved::Refused(Refusal::Budget { name, .. }) => {
            let line = request.budgets.iter().find(|line| line.name == name);
            let ends_in = line.map(|line| line.ends_in).unwrap_or_default();
            Err(AiFault::BudgetExceeded { name, ends_in })
        }
        Reserved::Unseeded(names) => Err(AiFault::Port(octavo_domain_kernel::PortError::corrupt(format!(
            "the budgets {names:?} were seeded and have no counter"
        )))),
    }
}

/// Asks the shared counters, or those of this instance while they are away. Counters that are not there are begun with
/// what the ledger says.
async fn take(deps: &Deps, request: &mut ReserveRequest) -> Result<(Reserved, bool), AiFault> {
    // First: what a lost answer left held there would refuse this call, and every later one.
    pay(deps).await;
    // A budget may be asked for, then seeded; a period may end in between, once.
    for _ in 0..3 {
        let shared = if deps.rest.rests() { None } else { deps.rest.note("meter", deps.meter.reserve(request).await) };
        let (reserved, alone) = match shared {
            Some(reserved) => {
                deps.local_meter.heard(request, &reserved);
                (reserved, false)
            }
            None => (deps.local_meter.reserve(request, tokio::time::Instant::now()), true),
        };
        if alone && matches!(reserved, Reserved::Refused(_)) {
            // The shared counters may have granted it before their answer got lost: nothing is to stay held there.
            let (tenant, call) = (request.tenant.clone(), request.call);
            let settlement = Settlement { tenant, call, used: BudgetLevel::default(), rates: Vec::new() };
            deps.owed.push(Charge { settlement, unheld: Vec::new() });
        }
        let Reserved::Unseeded(names) = &reserved else { return Ok((reserved, alone)) };
        for line in request.budgets.iter_mut().filter(|line| names.contains(&line.name)) {
            line.seed = Some(seed(deps, &request.tenant, &line.name).await?);
        }
    }
    Ok((Reserved::Unseeded(request.budgets.iter().map(|line| line.name.clone()).collect()), false))
}

/// What the ledger says of a budget: of the tenant, or of the user or key that it counts.
async fn seed(deps: &Deps, tenant: &TenantId, name: &str) -> Result<BudgetLevel, AiFault> {
    let Some(period) = period_of(name) else { return Ok(BudgetLevel::default()) };
    let spent = if period.user.is_none() && period.key.is_none() {
        deps.ledger.spent(tenant, period.from, period.to).await?
    } else {
        let query = UsageQuery {
            from: period.from,
            to: period.to,
            by_day: false,
            by_model: false,
            by_feature: false,
            by_user: period.user.is_some(),
            by_key: period.key.is_some(),
        };
        let rows = deps.ledger.usage(tenant, &query).await?;
        let mine = rows.into_iter().find(|row| row.user == period.user && row.key == period.key);
        mine.map(|row| Spent { tokens: row.usage.total(), cost: row.cost }).unwrap_or_default()
    };
    Ok(BudgetLevel { tokens: spent.tokens, nanodollars: nanodollars(spent.cost) })
}

/// What a call may use at most, as far as can be told before it. The dearest candidate counts: any may answer.
fn hold(prepared: &Prepared) -> BudgetLevel {
    let usage = Usage { input: prepared.input_tokens, output: prepared.output_tokens, ..Usage::default() };
    let costs = prepared.candidates.iter().filter_map(|candidate| candidate.price).map(|price| price.cost(&usage));
    BudgetLevel { tokens: usage.total(), nanodollars: costs.max().map(nanodollars).unwrap_or(0) }
}
