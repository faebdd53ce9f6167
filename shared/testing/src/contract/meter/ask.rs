//! What the cases ask with.

use crate::ids::unique;
use bytes::Bytes;
use octavo_domain_ai::ports::{
    BudgetLevel, BudgetLine, Meter, RateLeft, RateLine, Refusal, ReserveRequest, Reserved, Settlement,
};
use octavo_domain_kernel::TenantId;
use std::time::Duration;

pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const NOTHING: BudgetLevel = BudgetLevel { tokens: 0, nanodollars: 0 };

pub(super) fn ask(tenant: &TenantId, rates: Vec<RateLine>, budgets: Vec<BudgetLine>, tokens: u64) -> ReserveRequest {
    ReserveRequest {
        tenant: tenant.clone(),
        call: unique(),
        rates,
        budgets,
        hold: level(tokens),
        lease: MINUTE,
        record: Bytes::new(),
    }
}

/// Tokens, and ten times as much money.
pub(super) fn level(tokens: u64) -> BudgetLevel {
    BudgetLevel { tokens, nanodollars: tokens * 10 }
}

pub(super) fn rate(name: &str, per_minute: u64, burst: u64, amount: u64) -> RateLine {
    RateLine { name: name.to_owned(), per_minute, burst, amount }
}

/// A budget of so many tokens, begun with nothing.
pub(super) fn budget(name: &str, tokens_max: u64) -> BudgetLine {
    BudgetLine {
        name: name.to_owned(),
        tokens_max: Some(tokens_max),
        nanodollars_max: None,
        ends_in: MINUTE,
        seed: Some(NOTHING),
    }
}

pub(super) fn settlement(request: &ReserveRequest, used: BudgetLevel) -> Settlement {
    Settlement { tenant: request.tenant.clone(), call: request.call, used, rates: Vec::new() }
}

pub(super) async fn granted(meter: &impl Meter, request: &ReserveRequest) -> (Vec<RateLeft>, Vec<BudgetLevel>) {
    match meter.reserve(request).await.unwrap() {
        Reserved::Granted { rates, budgets } => (rates, budgets),
        other => panic!("expected a grant, got {other:?}"),
    }
}

pub(super) async fn refused(meter: &impl Meter, request: &ReserveRequest) -> Refusal {
    match meter.reserve(request).await.unwrap() {
        Reserved::Refused(refusal) => refusal,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

pub(super) async fn levels(meter: &impl Meter, tenant: &TenantId, names: &[&str]) -> Vec<Option<BudgetLevel>> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    meter.levels(tenant, &names).await.unwrap()
}

/// The same as another call.
pub(super) fn another(request: &ReserveRequest) -> ReserveRequest {
    ReserveRequest { call: unique(), ..request.clone() }
}
