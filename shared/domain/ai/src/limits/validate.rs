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

#[cfg(test)]
mod tests {
    use super::*;

    /// The paths of all that is wrong.
    fn wrong(json: &str) -> Vec<String> {
        let policy: Policy = serde_json::from_str(json).unwrap();
        match policy.validate(Catalogue::built_in()) {
            Ok(()) => Vec::new(),
            Err(faults) => faults.into_iter().map(|fault| fault.field).collect(),
        }
    }

    #[test]
    fn the_default_and_a_full_one_are_right() {
        assert!(wrong("{}").is_empty());
        assert_eq!(
            wrong(
                r#"{"rates": [{"requests_per_minute": 1}, {"model": "claude", "tokens_per_minute": 1000000000}],
                    "budgets": [{"period": "day", "dollars": "0.000000001"}, {"period": "month", "dollars": "9000000"}],
                    "alert_at": [1, 100], "models": ["standard", "gpt-4.1", "claude-opus"], "providers": ["anthropic"],
                    "regions": ["eu", "us-east-1"], "default_tier": "fast",
                    "aliases": {"gpt-4o": "standard", "a": "auto", "b": "octavo/best", "c": "openai/gpt-4.1",
                                "d": "anthropic/claude", "e": "anthropic/octavo/fast"},
                    "routing": {"cost_weight": 0, "latency_weight": 100, "prefer": ["openai", "anthropic"]},
                    "cache": {"completion_ttl_s": 1, "generation_ttl_s": 86400, "semantic_threshold_milli": 800},
                    "safety": {"redact": ["all", "iban"], "block": ["c++"]}}"#
            ),
            [""; 0]
        );
    }

    #[test]
    fn every_limit_has_its_path() {
        assert_eq!(
            wrong(
                r#"{"rates": [{}, {"requests_per_minute": 0, "tokens_per_minute": 1000000001, "model": "gpt-5"},
                              {"requests_per_minute": 1000001, "scope": "key"}, {"requests_per_minute": 5}]}"#
            ),
            [
                "rates[0]",
                "rates[1].requests_per_minute",
                "rates[1].tokens_per_minute",
                "rates[2].requests_per_minute",
                "rates[3]",
            ]
        );
        assert_eq!(
            wrong(
                r#"{"budgets": [{"period": "day"}, {"period": "day", "tokens": 0, "dollars": "0", "scope": "user"},
                                {"period": "month", "dollars": "9000000.01"},
                                {"period": "month", "dollars": "0.0000000001", "scope": "key"},
                                {"period": "month", "tokens": 1000000000001}]}"#
            ),
            [
                "budgets[0]",
                "budgets[1].tokens",
                "budgets[1].dollars",
                "budgets[2].dollars",
                "budgets[3].dollars",
                "budgets[4].tokens",
                "budgets[4]",
            ]
        );
        assert_eq!(wrong(r#"{"alert_at": [0, 50, 101, 50]}"#), ["alert_at[0]", "alert_at[2]", "alert_at[3]"]);
        assert_eq!(
            wrong(
                r#"{"models": ["gpt-9"], "providers": ["nobody", "openai", "openai"], "regions": ["EU", ""],
                    "aliases": {"a b": "standard", "x": "y", "y": "openai/nothing", "z": "nobody/gpt-4.1"}}"#
            ),
            [
                "models[0]",
                "providers[0]",
                "providers[2]",
                "regions[0]",
                "regions[1]",
                "aliases.a b",
                "aliases.x",
                "aliases.y",
                "aliases.z",
            ]
        );
        assert_eq!(
            wrong(
                r#"{"routing": {"cost_weight": -1, "latency_weight": 100.1, "prefer": ["nobody"]},
                    "cache": {"completion_ttl_s": 0, "generation_ttl_s": 86401, "semantic_threshold_milli": 1001},
                    "safety": {"redact": ["emails"], "block": ["", "...", "ok"]}}"#
            ),
            [
                "routing.cost_weight",
                "routing.latency_weight",
                "routing.prefer[0]",
                "cache.completion_ttl_s",
                "cache.generation_ttl_s",
                "cache.semantic_threshold_milli",
                "safety.redact[0]",
                "safety.block[0]",
                "safety.block[1]",
            ]
        );
    }

    #[test]
    fn too_many_are_too_many() {
        let policy = Policy {
            rates: vec![
                RateLimit {
                    scope: Scope::User,
                    model: None,
                    requests_per_minute: Some(1),
                    tokens_per_minute: None
                };
                9
            ],
            models: vec!["fast".to_owned(); 257],
            regions: vec!["eu".to_owned(); 33],
            aliases: (0..257).map(|number| (format!("a{number}"), "fast".to_owned())).collect(),
            safety: crate::limits::SafetyPolicy { block: vec!["x".repeat(201); 1_001], ..Default::default() },
            ..Policy::default()
        };
        let faults = policy.validate(Catalogue::built_in()).unwrap_err();
        for field in ["rates", "models", "regions", "aliases", "safety.block"] {
            assert!(faults.iter().any(|fault| fault.field == field && fault.message.contains("at most")), "{field}");
        }
    }

    #[test]
    fn a_misspelled_model_is_told_its_neighbour() {
        let policy: Policy = serde_json::from_str(r#"{"models": ["gpt-4.l"]}"#).unwrap();
        let faults = policy.validate(Catalogue::built_in()).unwrap_err();
        assert!(faults[0].message.contains("is it gpt-4.1"), "{}", faults[0].message);
        let policy = Policy {
            routing: crate::limits::Routing { cost_weight: f64::NAN, ..Default::default() },
            ..Policy::default()
        };
        assert_eq!(policy.validate(Catalogue::built_in()).unwrap_err()[0].field, "routing.cost_weight");
    }
}
