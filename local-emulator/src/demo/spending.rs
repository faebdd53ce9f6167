//! A month of AI use: lines of the ledger, by its port, for the gateway knows the present only.

use super::company::TENANT;
use super::dice::Dice;
use chrono::{DateTime, Datelike, NaiveTime, TimeDelta, Utc, Weekday};
use octavo_domain_ai::models::Catalogue;
use octavo_domain_ai::ports::Ledger;
use octavo_domain_ai::{CacheUse, Call, Feature, Outcome, Usage};
use octavo_domain_kernel::TenantId;
use rust_decimal::Decimal;

/// Days before the first filling that there are calls of.
const DAYS: i64 = 40;
/// Calls that are written at a time: the store's own limit.
const WRITTEN_AT_ONCE: usize = 500;
/// Of a hundred calls so many are answered by the cache, fail, are cut off, are given up.
const CACHED: u64 = 17;
const FAILED: u64 = 2;
const CUT: u64 = 2;
const LEFT: u64 = 1;

/// What somebody uses AI for.
struct Habit {
    user: &'static str,
    feature: &'static str,
    /// As it is asked for, and what answers.
    asked: &'static str,
    model: &'static str,
    /// Tokens of a prompt and of an answer, in hundreds, from and to.
    input: (u64, u64),
    output: (u64, u64),
}

const fn habit(
    user: &'static str,
    feature: &'static str,
    asked: &'static str,
    model: &'static str,
    input: (u64, u64),
    output: (u64, u64),
) -> Habit {
    Habit { user, feature, asked, model, input, output }
}

/// Who does what, and how often.
const HABITS: [(u64, Habit); 15] = [
    (15, habit("leonie", "messages", "best", "claude-opus-5-5", (250, 1_400), (10, 90))),
    (13, habit("jonas", "messages", "claude-sonnet-5-5", "claude-sonnet-5-5", (280, 1_500), (10, 80))),
    (9, habit("tobias", "responses", "best", "gpt-6.1-sol", (200, 1_200), (12, 90))),
    (7, habit("jonas", "responses", "standard", "gpt-6.1-terra", (40, 240), (4, 22))),
    (14, habit("karim", "chat", "fast", "gpt-6-luna", (8, 40), (2, 8))),
    (9, habit("karim", "support-answers", "standard", "gpt-6.1-terra", (30, 120), (3, 10))),
    (7, habit("sofia", "chat", "standard", "claude-sonnet-5-5", (10, 60), (4, 18))),
    (4, habit("sofia", "translations", "fast", "claude-haiku-5-5", (12, 70), (12, 60))),
    (6, habit("ines", "chat", "best", "claude-opus-5-5", (60, 260), (10, 44))),
    (6, habit("ines", "embeddings", "text-embedding-3-small", "text-embedding-3-small", (200, 900), (0, 0))),
    (4, habit("greta", "chat", "fast", "gpt-6-luna", (6, 30), (2, 7))),
    (3, habit("nadja", "generate", "standard", "gpt-6.1-terra", (50, 160), (10, 24))),
    (2, habit("felix", "messages", "best", "claude-opus-5-5", (120, 480), (8, 30))),
    (3, habit("mira", "chat", "standard", "claude-sonnet-5-5", (10, 50), (3, 12))),
    (2, habit("mira", "generate", "best", "claude-opus-5-5", (60, 200), (12, 30))),
];

/// Writes what is missing; answers how many calls those were.
pub(super) async fn fill(ledger: &dyn Ledger, epoch: DateTime<Utc>) -> anyhow::Result<usize> {
    let tenant: TenantId = TENANT.parse()?;
    let mut made = 0;
    for some in calls(epoch)?.chunks(WRITTEN_AT_ONCE) {
        made += ledger.call_insert(&tenant, some).await?.into_iter().filter(|new| *new).count();
    }
    Ok(made)
}

/// All of them: the same for the same moment.
fn calls(epoch: DateTime<Utc>) -> anyhow::Result<Vec<Call>> {
    let (catalogue, mut dice) = (Catalogue::built_in(), Dice::new("spending"));
    let mut calls = Vec::new();
    for ago in (0..=DAYS).rev() {
        let day = (epoch - TimeDelta::days(ago)).date_naive();
        let idle = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        // People find out what it is good for: more of it every week.
        let usual = u64::try_from(18 + (DAYS - ago) / 2).unwrap_or(18);
        let count = if idle { dice.within(0, 5) } else { dice.within(usual, usual + 14) };
        for _ in 0..count {
            let minute = dice.within(6 * 60 * 60, 18 * 60 * 60);
            let at = day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::seconds(i64::try_from(minute)?);
            let call = call(catalogue, &mut dice, at)?;
            // Drawn all the same, so that the other days do not depend on the hour of the filling.
            if at < epoch {
                calls.push(call);
            }
        }
    }
    Ok(calls)
}

fn call(catalogue: &Catalogue, dice: &mut Dice, at: DateTime<Utc>) -> anyhow::Result<Call> {
    let Some(habit) = dice.weighted(&HABITS) else { anyhow::bail!("nobody does anything") };
    let offer = catalogue.offers_of(habit.model).next();
    let price = offer.and_then(|offer| catalogue.price(offer));
    let tokens = |dice: &mut Dice, (from, to): (u64, u64)| dice.within(from * 100, to * 100 + 1);
    let (input, output) = (tokens(dice, habit.input), tokens(dice, habit.output));
    let thinks = habit.asked == "best" && output > 0;
    let usage = Usage {
        input,
        cached: if dice.percent(35) { input / 2 } else { 0 },
        cache_write: 0,
        output,
        reasoning: if thinks { output / 3 } else { 0 },
    };
    let cost = price.map(|price| price.cost(&usage));
    let cache = if dice.percent(CACHED) { CacheUse::Hit } else { CacheUse::Miss };
    let outcome = match dice.within(0, 100) {
        lot if lot < FAILED => Outcome::Failed,
        lot if lot < FAILED + CUT => Outcome::Truncated,
        lot if lot < FAILED + CUT + LEFT => Outcome::Cancelled,
        _ => Outcome::Answered,
    };
    let hit = cache == CacheUse::Hit;
    let outcome = if hit { Outcome::Answered } else { outcome };
    let failed = outcome == Outcome::Failed;
    let used = if hit || failed { Usage::default() } else { usage };
    let first = if hit { dice.within(3, 20) } else { dice.within(180, 1_400) };
    let id = dice.id(at);
    let answered = if failed { String::new() } else { hash(&format!("answer {id}")) };
    Ok(Call {
        id,
        tenant: TENANT.parse()?,
        user: habit.user.parse()?,
        key: None,
        feature: Feature::try_from(habit.feature.to_owned()).map_err(anyhow::Error::msg)?,
        asked_model: habit.asked.to_owned(),
        provider: offer.map(|offer| offer.provider.clone()).unwrap_or_default(),
        model: habit.model.to_owned(),
        at,
        usage: used,
        usage_reported: true,
        cost: if hit || failed { Some(Decimal::ZERO) } else { cost },
        saved: if hit { cost.unwrap_or_default() } else { Decimal::ZERO },
        saved_tokens: if hit { usage.total() } else { 0 },
        first_token_ms: (!failed).then_some(u32::try_from(first)?),
        duration_ms: u32::try_from(first + output * dice.within(4, 14) / if hit { 1_000 } else { 1 })?,
        streamed: habit.feature != "embeddings" && dice.percent(80),
        cache,
        outcome,
        error: failed.then(|| "rate_limited".to_owned()),
        attempts: if hit { 0 } else { 1 + u16::from(failed || dice.percent(3)) },
        prompt_hash: hash(&format!("prompt {id}")),
        answer_hash: answered,
        redactions: if habit.user == "karim" && dice.percent(40) { 2 } else { 0 },
    })
}

fn hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::super::company::colleague_named;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_month_is_the_same_every_time_and_worth_looking_at() {
        let epoch = "2026-03-26T15:30:00Z".parse().unwrap();
        let all = calls(epoch).unwrap();
        assert_eq!(all, calls(epoch).unwrap());
        let ids: BTreeSet<_> = all.iter().map(|call| call.id).collect();
        assert_eq!(ids.len(), all.len());
        assert!((600..1_500).contains(&all.len()), "{}", all.len());
        assert!(all.iter().all(|call| call.at < epoch && call.cost.is_some()), "every call has a price and is over");
        let models: BTreeSet<&str> = all.iter().map(|call| call.model.as_str()).collect();
        let users: BTreeSet<&str> = all.iter().map(|call| call.user.as_str()).collect();
        assert!(models.len() >= 6 && users.len() >= 8, "{models:?} {users:?}");
        assert!(users.iter().all(|user| colleague_named(user).is_some()));
        let (spent, saved): (Decimal, Decimal) =
            (all.iter().filter_map(|call| call.cost).sum(), all.iter().map(|call| call.saved).sum());
        assert!(spent > Decimal::from(60) && saved > Decimal::from(8), "spent {spent}, saved {saved}");
        assert!(all.iter().any(|call| call.outcome == Outcome::Failed));
    }
}
