//! A policy's rates and budgets as the counters that one call falls under.

use super::{Period, Policy, Scope};
use crate::models::{ModelSpec, nanodollars};
use crate::ports::{BudgetLine, RateLine};
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, Utc};
use octavo_domain_kernel::UserId;
use std::time::Duration;
use uuid::Uuid;

/// Who calls: whose counters are used.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// The user.
    pub user: &'a UserId,
    /// The API key, if one was used. A limit on keys does not hold calls without one.
    pub key: Option<Uuid>,
}

impl Caller<'_> {
    /// What is put behind a counter's name; none where the scope does not apply.
    fn suffix(&self, scope: Scope) -> Option<String> {
        match scope {
            Scope::Tenant => Some(String::new()),
            Scope::User => Some(format!(":user:{}", self.user)),
            Scope::Key => self.key.map(|key| format!(":key:{key}")),
        }
    }
}

/// The rates that a call falls under, in the policy's order, requests before tokens. A rate of a model holds calls that
/// name it (`asked`, a tier or family too) and calls of which it is the resolved model, its family or its tier. A
/// minute's worth may come at once. `tokens`: the input as counted and the most that the answer may have. At most two
/// for each of the policy's rates.
///
/// Names: `requests`, `tokens:MODEL`, `requests:user:USER`, `tokens:MODEL:key:ID`; a `:` or `%` in MODEL is
/// percent-encoded, so that no model's name can be taken for a user's counter.
pub fn rate_lines(
    policy: &Policy,
    caller: &Caller<'_>,
    asked: &str,
    resolved: &ModelSpec,
    tokens: u64,
) -> Vec<RateLine> {
    let asked = asked.strip_prefix("octavo/").unwrap_or(asked);
    let holds = |model: &String| {
        model == asked
            || *model == resolved.name
            || resolved.aliases.contains(model)
            || resolved.families.contains(model)
            || resolved.tier.is_some_and(|tier| tier.as_str() == model)
    };
    let mut lines = Vec::new();
    for rate in policy.rates.iter().filter(|rate| rate.model.as_ref().is_none_or(holds)) {
        let Some(suffix) = caller.suffix(rate.scope) else { continue };
        let model = rate.model.as_ref().map(|model| format!(":{}", model.replace('%', "%25").replace(':', "%3A")));
        let model = model.unwrap_or_default();
        let amounts = [("requests", rate.requests_per_minute, 1), ("tokens", rate.tokens_per_minute, tokens)];
        lines.extend(amounts.into_iter().filter_map(|(what, per_minute, amount)| {
            let per_minute = per_minute?;
            Some(RateLine { name: format!("{what}{model}{suffix}"), per_minute, burst: per_minute, amount })
        }));
    }
    lines
}

/// The budgets that a call falls under at `now`, in the policy's order. Names: `day:2026-11-26`,
/// `month:2026-11:user:USER`, `day:2026-11-26:key:ID`. No seeds: see [`period_of`].
pub fn budget_lines(policy: &Policy, caller: &Caller<'_>, now: DateTime<Utc>) -> Vec<BudgetLine> {
    let line = |budget: &super::Budget| {
        let suffix = caller.suffix(budget.scope)?;
        let today = now.date_naive();
        let (first, next) = span(budget.period, today)?;
        let name = match budget.period {
            Period::Day => format!("day:{first}{suffix}"),
            Period::Month => format!("month:{}{suffix}", first.format("%Y-%m")),
        };
        let ends_in = (next.and_time(NaiveTime::MIN).and_utc() - now).to_std().unwrap_or(Duration::ZERO);
        let nanodollars_max = budget.dollars.map(nanodollars);
        Some(BudgetLine { name, tokens_max: budget.tokens, nanodollars_max, ends_in, seed: None })
    };
    policy.budgets.iter().filter_map(line).collect()
}

/// What a budget's name says: whose calls of which days it counts, to be added up from the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetPeriod {
    /// How long it lasts.
    pub period: Period,
    /// Its first day, UTC.
    pub from: NaiveDate,
    /// Its last day, included.
    pub to: NaiveDate,
    /// The user whose calls it counts.
    pub user: Option<UserId>,
    /// The API key whose calls it counts.
    pub key: Option<Uuid>,
}

/// Reads a name that [`budget_lines`] gave; none for any other text.
pub fn period_of(name: &str) -> Option<BudgetPeriod> {
    let mut parts = name.splitn(4, ':');
    let (kind, date) = (parts.next()?, parts.next()?);
    let (period, day) = match kind {
        "day" => (Period::Day, NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?),
        "month" => (Period::Month, NaiveDate::parse_from_str(&format!("{date}-01"), "%Y-%m-%d").ok()?),
        _ => return None,
    };
    let (user, key) = match (parts.next(), parts.next()) {
        (None, None) => (None, None),
        (Some("user"), Some(user)) => (Some(user.parse().ok()?), None),
        (Some("key"), Some(key)) => (None, Some(key.parse().ok()?)),
        _ => return None,
    };
    let (from, next) = span(period, day)?;
    Some(BudgetPeriod { period, from, to: next.pred_opt()?, user, key })
}

/// The first day of the period of `day`, and the first one after it.
fn span(period: Period, day: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    match period {
        Period::Day => Some((day, day.checked_add_days(Days::new(1))?)),
        Period::Month => {
            let first = day.with_day(1)?;
            Some((first, first.checked_add_months(Months::new(1))?))
        }
    }
}
