//! Whether a policy can be used, and all that is wrong with it.

use super::{Budget, Policy, RateLimit, Scope};
use crate::models::{Catalogue, Tier};
use crate::safety::DataKind;
use octavo_domain_kernel::FieldFault;
use rust_decimal::Decimal;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;

const RATES_MAX: usize = 8;
const BUDGETS_MAX: usize = 8;
const ALERTS_MAX: usize = 10;
const MODELS_MAX: usize = 256;
const PROVIDERS_MAX: usize = 32;
const REGIONS_MAX: usize = 32;
const ALIASES_MAX: usize = 256;
const BLOCKED_MAX: usize = 1_000;
const BLOCKED_CHARS_MAX: usize = 200;
const NAME_BYTES_MAX: usize = 128;
const REGION_BYTES_MAX: usize = 32;
const REQUESTS_PER_MINUTE: RangeInclusive<u64> = 1..=1_000_000;
const TOKENS_PER_MINUTE: RangeInclusive<u64> = 1..=1_000_000_000;
/// A store that counts in binary64 (Redis' Lua) is exact up to 2^53: this, and the dollars in thousand-millionths, are
/// below it.
const BUDGET_TOKENS: RangeInclusive<u64> = 1..=1_000_000_000_000;
const BUDGET_DOLLARS_MAX: u32 = 9_000_000;
const DOLLARS_DECIMALS_MAX: u32 = 9;
const ALERT_PERCENT: RangeInclusive<u8> = 1..=100;
const WEIGHT: RangeInclusive<f64> = 0.0..=100.0;
const TTL_S: RangeInclusive<u64> = 1..=86_400;
const SEMANTIC_MILLI: RangeInclusive<u32> = 800..=1_000;

impl Policy {
    /// Checks all limits that the policy's documentation states, and that every model and provider is one that
    /// `catalogue` knows.
    ///
    /// # Errors
    /// All that is wrong, each with its path: `budgets[0].tokens`.
    pub fn validate(&self, catalogue: &Catalogue) -> Result<(), Vec<FieldFault>> {
        let mut check = Check { faults: Vec::new(), catalogue };
        check.rates(&self.rates);
        check.budgets(&self.budgets);
        check.count("alert_at", self.alert_at.len(), ALERTS_MAX);
        for (place, level) in self.alert_at.iter().enumerate() {
            check.range(format!("alert_at[{place}]"), level.0, &ALERT_PERCENT);
        }
        check.unique("alert_at", self.alert_at.iter());
        check.names(self);
        check.routing(self);
        for (field, seconds) in [
            ("cache.completion_ttl_s", self.cache.completion_ttl_s),
            ("cache.generation_ttl_s", self.cache.generation_ttl_s),
        ] {
            check.range(field, seconds, &TTL_S);
        }
        check.range("cache.semantic_threshold_milli", self.cache.semantic_threshold_milli, &SEMANTIC_MILLI);
        check.safety(self);
        if check.faults.is_empty() { Ok(()) } else { Err(check.faults) }
    }
}

struct Check<'a> {
    faults: Vec<FieldFault>,
    catalogue: &'a Catalogue,
}

impl Check<'_> {
    fn fault(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.faults.push(FieldFault::new(field, message));
    }

    fn range<T: PartialOrd + Display + Copy>(&mut self, field: impl Into<String>, value: T, range: &RangeInclusive<T>) {
        if !range.contains(&value) {
            self.fault(field, format!("expected {} to {}, not {value}", range.start(), range.end()));
        }
    }

    fn count(&mut self, field: &str, count: usize, max: usize) {
        if count > max {
            self.fault(field, format!("expected at most {max}, not {count}"));
        }
    }

    fn unique<T: Ord>(&mut self, field: &str, items: impl Iterator<Item = T>) {
        let mut seen = BTreeSet::new();
        for (place, item) in items.enumerate() {
            if !seen.insert(item) {
                self.fault(format!("{field}[{place}]"), "is there already");
            }
        }
    }

    fn rates(&mut self, rates: &[RateLimit]) {
        self.count("rates", rates.len(), RATES_MAX);
        for (place, rate) in rates.iter().enumerate() {
            let at = format!("rates[{place}]");
            if rate.requests_per_minute.is_none() && rate.tokens_per_minute.is_none() {
                self.fault(at.as_str(), "expected requests_per_minute or tokens_per_minute");
            }
            if let Some(requests) = rate.requests_per_minute {
                self.range(format!("{at}.requests_per_minute"), requests, &REQUESTS_PER_MINUTE);
            }
            if let Some(tokens) = rate.tokens_per_minute {
                self.range(format!("{at}.tokens_per_minute"), tokens, &TOKENS_PER_MINUTE);
            }
            if let Some(model) = &rate.model {
                self.model(format!("{at}.model"), model);
            }
        }
        self.unique("rates", rates.iter().map(|rate| (number(rate.scope), rate.model.as_deref())));
    }

    fn budgets(&mut self, budgets: &[Budget]) {
        self.count("budgets", budgets.len(), BUDGETS_MAX);
        for (place, budget) in budgets.iter().enumerate() {
            let at = format!("budgets[{place}]");
            if budget.tokens.is_none() && budget.dollars.is_none() {
                self.fault(at.as_str(), "expected tokens or dollars");
            }
            if let Some(tokens) = budget.tokens {
                self.range(format!("{at}.tokens"), tokens, &BUDGET_TOKENS);
            }
            let allowed = |dollars: &Decimal| {
                *dollars > Decimal::ZERO
                    && *dollars <= Decimal::from(BUDGET_DOLLARS_MAX)
                    && dollars.normalize().scale() <= DOLLARS_DECIMALS_MAX
            };
            if let Some(dollars) = budget.dollars.filter(|dollars| !allowed(dollars)) {
                let expected = format!(
                    "expected more than 0, at most {BUDGET_DOLLARS_MAX}, with at most {DOLLARS_DECIMALS_MAX} decimal places"
                );
                self.fault(format!("{at}.dollars"), format!("{expected}, not {dollars}"));
            }
        }
        let period = |budget: &Budget| matches!(budget.period, super::Period::Month);
        self.unique("budgets", budgets.iter().map(|budget| (number(budget.scope), period(budget))));
    }

    fn names(&mut self, policy: &Policy) {
        self.count("models", policy.models.len(), MODELS_MAX);
        for (place, model) in policy.models.iter().enumerate().take(MODELS_MAX) {
            self.model(format!("models[{place}]"), model);
        }
        self.providers("providers", &policy.providers);
        self.count("regions", policy.regions.len(), REGIONS_MAX);
        for (place, region) in policy.regions.iter().enumerate() {
            let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            if !(1..=REGION_BYTES_MAX).contains(&region.len()) || !region.bytes().all(allowed) {
                let expected = format!("expected 1 to {REGION_BYTES_MAX} of a-z, 0-9 and -");
                self.fault(format!("regions[{place}]"), expected);
            }
        }
        self.count("aliases", policy.aliases.len(), ALIASES_MAX);
        for (alias, model) in policy.aliases.iter().take(ALIASES_MAX) {
            let at = format!("aliases.{alias}");
            if !(1..=NAME_BYTES_MAX).contains(&alias.len()) || !alias.bytes().all(|byte| byte.is_ascii_graphic()) {
                self.fault(at.as_str(), format!("expected a name of 1 to {NAME_BYTES_MAX} printable ASCII characters"));
            }
            let leads = |name: &str| {
                let short = name.strip_prefix("octavo/").unwrap_or(name);
                short == "auto" || Tier::named(short).is_some() || self.catalogue.knows(name)
            };
            let at_provider = |(provider, rest): (&str, &str)| self.offers(provider) && leads(rest);
            if !leads(model) && !model.split_once('/').is_some_and(at_provider) {
                self.model(at, model);
            }
        }
    }

    fn model(&mut self, field: String, name: &str) {
        if !self.catalogue.knows(name) {
            let near = self.catalogue.near(name);
            let hint = if near.is_empty() { String::new() } else { format!("; is it {}?", near.join(" or ")) };
            let tiers = Tier::ALL.map(Tier::as_str).join(", ");
            self.fault(field, format!("`{name}` is no known model, family or tier ({tiers}){hint}"));
        }
    }

    fn offers(&self, provider: &str) -> bool {
        self.catalogue.offers().iter().any(|offer| offer.provider == provider)
    }

    fn providers(&mut self, field: &str, providers: &[String]) {
        self.count(field, providers.len(), PROVIDERS_MAX);
        for (place, provider) in providers.iter().enumerate().take(PROVIDERS_MAX) {
            if !self.offers(provider) {
                self.fault(format!("{field}[{place}]"), format!("no model is offered by a provider `{provider}`"));
            }
        }
        self.unique(field, providers.iter());
    }

    fn routing(&mut self, policy: &Policy) {
        // NaN is in no range.
        self.range("routing.cost_weight", policy.routing.cost_weight, &WEIGHT);
        self.range("routing.latency_weight", policy.routing.latency_weight, &WEIGHT);
        self.providers("routing.prefer", &policy.routing.prefer);
    }

    fn safety(&mut self, policy: &Policy) {
        for (place, kind) in policy.safety.redact.iter().enumerate() {
            if kind != "all" && DataKind::named(kind).is_none() {
                let kinds = DataKind::ALL.map(DataKind::as_str).join(", ");
                self.fault(format!("safety.redact[{place}]"), format!("expected {kinds} or all, not `{kind}`"));
            }
        }
        self.count("safety.block", policy.safety.block.len(), BLOCKED_MAX);
        for (place, words) in policy.safety.block.iter().enumerate() {
            let chars = words.chars().count();
            if !(1..=BLOCKED_CHARS_MAX).contains(&chars) || !words.chars().any(char::is_alphanumeric) {
                let expected =
                    format!("expected 1 to {BLOCKED_CHARS_MAX} characters with a letter or digit among them");
                self.fault(format!("safety.block[{place}]"), expected);
            }
        }
    }
}

fn number(scope: Scope) -> u8 {
    match scope {
        Scope::Tenant => 0,
        Scope::User => 1,
        Scope::Key => 2,
    }
}
