//! What the company allows itself, near its limit; and a few questions of today, so that it is counted.

use super::client::{Platform, list};
use super::company::{HOST, TENANT};
use chrono::{DateTime, Datelike, Utc};
use octavo_domain_ai::ports::Ledger;
use octavo_domain_kernel::TenantId;
use rust_decimal::Decimal;
use serde_json::json;
use std::time::Duration;

/// Of a hundred parts of the month's budget so many are left, but no fewer dollars than what a long document with the best model
/// holds back.
const LEFT_PERCENT: u64 = 11;
const LEFT_DOLLARS: u64 = 15;
/// A changed policy is in use everywhere after five seconds; a call before counts against none.
const POLICY_WITHIN: Duration = Duration::from_secs(12);

/// The name of an API key.
const KEY: &str = "Field notebook";

/// Questions of today: who, of which model, what. The second one is asked twice: the cache answers.
const QUESTIONS: [(&str, &str, &str); 4] = [
    ("karim", "fast", "A grower's probe shows 100 %, and the soil is dry. Which three questions do I ask first?"),
    ("sofia", "standard", "Write two sentences on why a probe that stays in the ground is better than a spade."),
    ("karim", "standard", "Write two sentences on why a probe that stays in the ground is better than a spade."),
    ("ines", "best", "Name two objections to measuring leaf wetness with a plate at 45 degrees."),
];

/// Sets the policy, unless somebody has. The month's budget follows from what was used.
pub(super) async fn policy(platform: &Platform, ledger: &dyn Ledger, now: DateTime<Utc>) -> anyhow::Result<bool> {
    let admin = platform.person(HOST)?;
    let present = admin.get("/v1/ai/policy").await?.good()?;
    if present["revision"] != 0 {
        return Ok(false);
    }
    let (tenant, today): (TenantId, _) = (TENANT.parse()?, now.date_naive());
    let first = today.with_day(1).unwrap_or(today);
    let spent = ledger.spent(&tenant, first, today).await?.cost;
    let dollars = limit(spent);
    let policy = json!({
        "budgets": [
            { "period": "month", "dollars": dollars.to_string() },
            { "period": "day", "scope": "user", "tokens": 3_000_000 },
        ],
        "rates": [{ "scope": "user", "requests_per_minute": 60 }],
        "alert_at": [50, 80, 95],
        "safety": { "redact": ["email", "phone", "iban"], "block": ["project nettle"] },
    });
    admin.put_over("/v1/ai/policy", "\"r0\"", &policy).await?.good()?;
    Ok(true)
}

/// The budget of a month of which so much is spent.
fn limit(spent: Decimal) -> Decimal {
    let share = spent * Decimal::from(LEFT_PERCENT) / Decimal::from(100 - LEFT_PERCENT);
    (spent + share.max(Decimal::from(LEFT_DOLLARS))).round()
}

/// A key, and today's questions until the budgets are counted. Only where all providers are fakes: others cost money.
pub(super) async fn use_it(platform: &Platform) -> anyhow::Result<()> {
    let admin = platform.person(HOST)?;
    let keys = admin.get("/v1/ai/keys").await?.good()?;
    let mut known = keys.as_array().into_iter().flatten().chain(list(&keys, "keys"));
    if !known.any(|key| key["name"] == KEY) {
        admin.post("/v1/ai/keys", &json!({ "name": KEY, "expires_in_days": 90 })).await?.good()?;
    }
    let until = tokio::time::Instant::now() + POLICY_WITHIN;
    while !counted(platform).await? {
        for (user, model, question) in QUESTIONS {
            let body =
                json!({ "model": model, "max_tokens": 300, "messages": [{ "role": "user", "content": question }] });
            platform.person(user)?.post("/v1/chat/completions", &body).await?.good()?;
        }
        if tokio::time::Instant::now() > until {
            anyhow::bail!("the budgets are not counted");
        }
    }
    Ok(())
}

/// Whether the month's budget knows what was used.
async fn counted(platform: &Platform) -> anyhow::Result<bool> {
    let budgets = platform.person(HOST)?.get("/v1/ai/budgets").await?.good()?;
    let month = |line: &&serde_json::Value| line["name"].as_str().is_some_and(|name| name.starts_with("month:"));
    let Some(month) = budgets.as_array().into_iter().flatten().find(month) else {
        // Somebody has a policy without one.
        return Ok(true);
    };
    Ok(month["tokens"].as_u64().is_some_and(|tokens| tokens > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_nearly_used_up_and_leaves_room_for_a_document() {
        assert_eq!(limit(Decimal::from(178)), Decimal::from(200));
        assert_eq!(limit(Decimal::ZERO), Decimal::from(LEFT_DOLLARS));
    }
}
