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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{Budget, RateLimit};
    use crate::models::Catalogue;
    use proptest::prelude::*;

    fn policy(json: &str) -> Policy {
        serde_json::from_str(json).unwrap()
    }

    fn names(policy: &Policy, key: Option<Uuid>, asked: &str, model: &str) -> Vec<String> {
        let user: UserId = "auth0:ada".parse().unwrap();
        let spec = Catalogue::built_in().model(model).unwrap();
        let lines = rate_lines(policy, &Caller { user: &user, key }, asked, spec, 500);
        lines.into_iter().map(|line| format!("{} {}/{}", line.name, line.amount, line.per_minute)).collect()
    }

    #[test]
    fn a_call_falls_under_the_rates_that_name_it_in_any_way() {
        let rated = policy(
            r#"{"rates": [
                {"requests_per_minute": 60, "tokens_per_minute": 1000},
                {"scope": "user", "model": "claude", "tokens_per_minute": 900},
                {"scope": "key", "model": "standard", "requests_per_minute": 5},
                {"model": "gpt-4.1", "requests_per_minute": 7}]}"#,
        );
        let key = Some(Uuid::from_u128(7));
        let all = ["requests 1/60", "tokens 500/1000"];
        let id = "00000000-0000-0000-0000-000000000007";
        assert_eq!(
            names(&rated, key, "octavo/standard", "claude-sonnet-5-5"),
            [all[0], all[1], "tokens:claude:user:auth0:ada 500/900", &format!("requests:standard:key:{id} 1/5")]
        );
        // Without a key the limit on keys holds nothing.
        let without = names(&rated, None, "standard", "claude-sonnet-5-5");
        assert_eq!(without, [all[0], all[1], "tokens:claude:user:auth0:ada 500/900"]);
        // A model that was named exactly counts for its tier as well: otherwise the limit could be walked around.
        assert_eq!(names(&rated, key, "gpt-6.1-terra", "gpt-6.1-terra").len(), 3);
        assert_eq!(names(&rated, key, "gpt-4.1", "gpt-4.1"), [all[0], all[1], "requests:gpt-4.1 1/7"]);
        // Asked for the best, answered by it: not the standard's affair.
        assert_eq!(names(&rated, key, "best", "gpt-6.1-sol"), all);
    }

    #[test]
    fn a_models_name_cannot_be_a_users_counter() {
        let rate = |model: Option<&str>, scope| RateLimit {
            scope,
            model: model.map(str::to_owned),
            requests_per_minute: Some(1),
            tokens_per_minute: None,
        };
        let rates = vec![rate(Some("user:auth0:ada"), Scope::Tenant), rate(None, Scope::User)];
        let names = names(&Policy { rates, ..Policy::default() }, None, "user:auth0:ada", "gpt-4.1");
        assert_eq!(names, ["requests:user%3Aauth0%3Aada 1/1", "requests:user:auth0:ada 1/1"]);
    }

    #[test]
    fn budgets_are_named_by_their_days_and_end_with_them() {
        let budgeted = policy(
            r#"{"budgets": [{"period": "day", "tokens": 1000}, {"period": "month", "scope": "user", "dollars": "25.00"},
                            {"period": "day", "scope": "key", "tokens": 5}]}"#,
        );
        let user: UserId = "ada".parse().unwrap();
        let at = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
        let lines = budget_lines(&budgeted, &Caller { user: &user, key: None }, at("2026-11-30T23:59:59.500Z"));
        assert_eq!(
            lines,
            [
                BudgetLine {
                    name: "day:2026-11-30".to_owned(),
                    tokens_max: Some(1_000),
                    nanodollars_max: None,
                    ends_in: Duration::from_millis(500),
                    seed: None,
                },
                BudgetLine {
                    name: "month:2026-11:user:ada".to_owned(),
                    tokens_max: None,
                    nanodollars_max: Some(25_000_000_000),
                    ends_in: Duration::from_millis(500),
                    seed: None,
                },
            ]
        );
        let month = |text: &str| {
            let line = &budget_lines(&budgeted, &Caller { user: &user, key: None }, at(text))[1];
            (line.name.clone(), line.ends_in.as_secs() / 86_400)
        };
        assert_eq!(month("2026-12-01T00:00:00Z"), ("month:2026-12:user:ada".to_owned(), 31));
        assert_eq!(month("2028-02-28T00:00:00Z"), ("month:2028-02:user:ada".to_owned(), 2));
    }

    #[test]
    fn a_name_says_which_days_to_add_up() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let found = period_of("month:2026-02:user:auth0:ada").unwrap();
        assert_eq!((found.from, found.to), (day("2026-02-01"), day("2026-02-28")));
        assert_eq!(found.user.unwrap().as_str(), "auth0:ada");
        let found = period_of("day:2026-11-26:key:00000000-0000-0000-0000-000000000007").unwrap();
        assert_eq!((found.from, found.to, found.key), (day("2026-11-26"), day("2026-11-26"), Some(Uuid::from_u128(7))));
        for other in [
            "",
            "day",
            "day:2026-13-01",
            "month:2026",
            "week:2026-01-01",
            "day:2026-11-26:user",
            "day:2026-11-26:key:x",
            "day:2026-11-26:team:x",
        ] {
            assert_eq!(period_of(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn every_budget_can_be_read_from_its_name(
            seconds in 0_i64..4_000_000_000, user in "[!-~]{1,40}", key: Option<u128>, monthly: bool, scope in 0_usize..3,
        ) {
            let user: UserId = user.parse().unwrap();
            let key = key.map(Uuid::from_u128);
            let scope = [Scope::Tenant, Scope::User, Scope::Key][scope];
            let period = if monthly { Period::Month } else { Period::Day };
            let budget = Budget { scope, period, tokens: Some(1), dollars: None };
            let policy = Policy { budgets: vec![budget], ..Policy::default() };
            let now = DateTime::from_timestamp(seconds, 0).unwrap();
            for line in budget_lines(&policy, &Caller { user: &user, key }, now) {
                let read = period_of(&line.name).unwrap();
                prop_assert!(read.from <= now.date_naive() && now.date_naive() <= read.to);
                prop_assert_eq!(read.period, period);
                prop_assert_eq!(read.user.is_some(), scope == Scope::User);
                prop_assert_eq!(read.key, key.filter(|_| scope == Scope::Key));
                prop_assert!(line.ends_in > Duration::ZERO && line.ends_in <= Duration::from_secs(31 * 86_400));
            }
        }
    }
}
