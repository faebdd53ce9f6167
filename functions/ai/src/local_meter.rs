//! Rates and budgets as far as this instance alone can tell, while the shared ones are away.

use octavo_domain_ai::ports::{BudgetLevel, BudgetLine, RateLeft, RateLine, Refusal, ReserveRequest, Reserved};
use octavo_domain_kernel::TenantId;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// Counters that are remembered; beyond this all are forgotten at once. An outage is short.
const COUNTERS_MAX: usize = 65_536;

/// Rates by the generic cell rate algorithm over this machine's steady clock; budgets over what the ledger said when the
/// shared counters were lost, or what these said last where that is more (they count calls under way too), and what this
/// instance has let through since. Other instances do the same beside it, so
/// that together they may let through more than the limit: as many times more as there are instances, at worst.
#[derive(Default)]
pub(crate) struct LocalMeter {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// The theoretical arrival times.
    rates: HashMap<(TenantId, String), Instant>,
    /// What the ledger said, and what was let through since.
    budgets: HashMap<(TenantId, String), BudgetLevel>,
    /// What the shared counters said last.
    heard: HashMap<(TenantId, String), BudgetLevel>,
}

impl LocalMeter {
    /// Takes all or nothing.
    pub(crate) fn reserve(&self, request: &ReserveRequest, now: Instant) -> Reserved {
        let mut inner = self.inner.lock();
        if inner.rates.len() + inner.budgets.len() > COUNTERS_MAX {
            *inner = Inner::default();
        }
        let mut taken = Vec::with_capacity(request.rates.len());
        for line in &request.rates {
            let key = (request.tenant.clone(), line.name.clone());
            match take(inner.rates.get(&key).copied(), line, now) {
                Ok((arrival, left)) => taken.push((key, arrival, left)),
                Err(refusal) => return Reserved::Refused(refusal),
            }
        }
        let mut levels = Vec::with_capacity(request.budgets.len());
        let mut unseeded = Vec::new();
        for line in &request.budgets {
            let key = (request.tenant.clone(), line.name.clone());
            let heard = inner.heard.get(&key).copied().unwrap_or_default();
            let begun = || line.seed.map(|seed| greater(seed, heard));
            let Some(used) = inner.budgets.get(&key).copied().or_else(begun) else {
                unseeded.push(line.name.clone());
                continue;
            };
            let level = add(used, request.hold);
            if is_over(line, level) {
                return Reserved::Refused(Refusal::Budget { name: line.name.clone(), level: used });
            }
            levels.push((key, level));
        }
        if !unseeded.is_empty() {
            return Reserved::Unseeded(unseeded);
        }
        let mut rates = Vec::with_capacity(taken.len());
        for (key, arrival, left) in taken {
            inner.rates.insert(key, arrival);
            rates.push(left);
        }
        let budgets = levels.iter().map(|(_, level)| *level).collect();
        inner.budgets.extend(levels);
        Reserved::Granted { rates, budgets }
    }

    /// Puts what was used in the hold's place.
    pub(crate) fn settle(&self, tenant: &TenantId, budgets: &[BudgetLine], hold: BudgetLevel, used: BudgetLevel) {
        let mut inner = self.inner.lock();
        for line in budgets {
            if let Some(level) = inner.budgets.get_mut(&(tenant.clone(), line.name.clone())) {
                *level = BudgetLevel {
                    tokens: level.tokens.saturating_sub(hold.tokens).saturating_add(used.tokens),
                    nanodollars: level.nanodollars.saturating_sub(hold.nanodollars).saturating_add(used.nanodollars),
                };
            }
        }
    }

    /// The shared counters are there: what was counted here is over, and what they said is remembered.
    pub(crate) fn heard(&self, request: &ReserveRequest, reserved: &Reserved) {
        let mut inner = self.inner.lock();
        if !inner.budgets.is_empty() || !inner.rates.is_empty() {
            (inner.budgets, inner.rates) = Default::default();
        }
        let Reserved::Granted { budgets, .. } = reserved else { return };
        if inner.heard.len() > COUNTERS_MAX {
            inner.heard.clear();
        }
        for (line, level) in request.budgets.iter().zip(budgets) {
            inner.heard.insert((request.tenant.clone(), line.name.clone()), *level);
        }
    }
}

fn add(used: BudgetLevel, hold: BudgetLevel) -> BudgetLevel {
    BudgetLevel {
        tokens: used.tokens.saturating_add(hold.tokens),
        nanodollars: used.nanodollars.saturating_add(hold.nanodollars),
    }
}

fn greater(one: BudgetLevel, other: BudgetLevel) -> BudgetLevel {
    BudgetLevel { tokens: one.tokens.max(other.tokens), nanodollars: one.nanodollars.max(other.nanodollars) }
}

fn is_over(line: &BudgetLine, level: BudgetLevel) -> bool {
    line.tokens_max.is_some_and(|max| level.tokens > max)
        || line.nanodollars_max.is_some_and(|max| level.nanodollars > max)
}

fn take(arrival: Option<Instant>, line: &RateLine, now: Instant) -> Result<(Instant, RateLeft), Refusal> {
    let each = Duration::from_secs(60).as_secs_f64() / line.per_minute.max(1) as f64;
    let span = |units: u64| Duration::from_secs_f64(each * units as f64);
    let (burst, arrival) = (span(line.burst), arrival.unwrap_or(now).max(now));
    let next = arrival + span(line.amount);
    let left = |arrival: Instant| RateLeft {
        name: line.name.clone(),
        limit: line.burst,
        remaining: (burst.saturating_sub(arrival - now).as_secs_f64() / each) as u64,
        reset: arrival - now,
    };
    if next - now > burst {
        let retry_after = (line.amount <= line.burst).then(|| (next - now) - burst);
        return Err(Refusal::Rate { left: left(arrival), retry_after });
    }
    Ok((next, left(next)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use uuid::Uuid;

    fn request(rates: Vec<RateLine>, budgets: Vec<BudgetLine>, tokens: u64) -> ReserveRequest {
        ReserveRequest {
            tenant: "acme".parse().unwrap(),
            call: Uuid::nil(),
            rates,
            budgets,
            hold: BudgetLevel { tokens, nanodollars: 0 },
            lease: Duration::from_secs(60),
            record: Bytes::new(),
        }
    }

    #[test]
    fn a_rate_grants_its_burst_and_then_one_at_a_time() {
        let meter = LocalMeter::default();
        let line = RateLine { name: "requests".to_owned(), per_minute: 60, burst: 3, amount: 1 };
        let begun = Instant::now();
        let ask = |now| meter.reserve(&request(vec![line.clone()], vec![], 0), now);
        for remaining in [2, 1, 0] {
            let Reserved::Granted { rates, .. } = ask(begun) else { panic!("refused") };
            assert_eq!(rates[0].remaining, remaining);
        }
        let Reserved::Refused(Refusal::Rate { retry_after, .. }) = ask(begun) else { panic!("granted") };
        assert_eq!(retry_after, Some(Duration::from_secs(1)));
        assert!(matches!(ask(begun + Duration::from_secs(1)), Reserved::Granted { .. }));
        let much = RateLine { amount: 4, ..line };
        let Reserved::Refused(Refusal::Rate { retry_after, .. }) =
            meter.reserve(&request(vec![much], vec![], 0), begun)
        else {
            panic!("granted")
        };
        assert_eq!(retry_after, None, "waiting never helps");
    }

    #[test]
    fn a_budget_begins_with_what_the_ledger_says_and_gives_back_what_was_not_used() {
        let (meter, now) = (LocalMeter::default(), Instant::now());
        let seed = Some(BudgetLevel { tokens: 50, nanodollars: 0 });
        let line = |seed| BudgetLine {
            name: "day:2026-01-01".to_owned(),
            tokens_max: Some(100),
            nanodollars_max: None,
            ends_in: Duration::from_secs(60),
            seed,
        };
        let unseeded = meter.reserve(&request(vec![], vec![line(None)], 40), now);
        assert_eq!(unseeded, Reserved::Unseeded(vec!["day:2026-01-01".to_owned()]));
        assert!(matches!(meter.reserve(&request(vec![], vec![line(seed)], 40), now), Reserved::Granted { .. }));
        let over = meter.reserve(&request(vec![], vec![line(seed)], 11), now);
        assert!(matches!(over, Reserved::Refused(Refusal::Budget { .. })), "90 and 11 are over 100");
        let tenant = "acme".parse().unwrap();
        let hold = BudgetLevel { tokens: 40, nanodollars: 0 };
        meter.settle(&tenant, &[line(None)], hold, BudgetLevel { tokens: 5, nanodollars: 0 });
        assert!(matches!(meter.reserve(&request(vec![], vec![line(seed)], 45), now), Reserved::Granted { .. }));
        // The shared counters are back; lost again, what they said last is not forgotten, since the ledger does not know of
        // what was under way then.
        let said = Reserved::Granted { rates: vec![], budgets: vec![BudgetLevel { tokens: 90, nanodollars: 0 }] };
        meter.heard(&request(vec![], vec![line(None)], 40), &said);
        let over = meter.reserve(&request(vec![], vec![line(seed)], 11), now);
        assert!(matches!(over, Reserved::Refused(Refusal::Budget { .. })), "90 and 11 are over 100");
        assert!(matches!(meter.reserve(&request(vec![], vec![line(seed)], 10), now), Reserved::Granted { .. }));
    }
}
