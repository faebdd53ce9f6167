//! Prices, and tokens into money.

use crate::Usage;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

const MILLION: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);
/// More tokens than this are not believed: a provider that reports them must not overflow a sum of money.
const TOKENS_MAX: u64 = 1_000_000_000_000;
const NANO: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

/// US dollars per million tokens, exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Tokens of the prompt.
    pub input: Decimal,
    /// Those of them that the provider had in its cache; the price of `input` where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached: Option<Decimal>,
    /// Those of them that it put into its cache; likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<Decimal>,
    /// Tokens of the answer.
    #[serde(default)]
    pub output: Decimal,
    /// Prompts of more than this many tokens cost `input` (cached and written too) times `long_input_factor`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub long_above: Option<u64>,
    /// See `long_above`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub long_input_factor: Option<Decimal>,
    /// The answers to such prompts cost `output` times this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub long_output_factor: Option<Decimal>,
}

impl Price {
    /// What a call cost, exactly: no rounding at all. Cached and written tokens are counted once, at their own price.
    pub fn cost(&self, usage: &Usage) -> Decimal {
        let all = usage.input.min(TOKENS_MAX);
        let cached = usage.cached.min(all);
        let written = usage.cache_write.min(all - cached);
        let plain = all - cached - written;
        let long = self.long_above.is_some_and(|above| usage.input > above);
        let factor = |factor: Option<Decimal>| factor.filter(|_| long).unwrap_or(Decimal::ONE);
        let input = Decimal::from(plain) * self.input
            + Decimal::from(cached) * self.cached.unwrap_or(self.input)
            + Decimal::from(written) * self.cache_write.unwrap_or(self.input);
        let output = Decimal::from(usage.output.min(TOKENS_MAX)) * self.output;
        ((input * factor(self.long_input_factor) + output * factor(self.long_output_factor)) / MILLION).normalize()
    }

    /// The same price times `factor`, for example 1.1 in a dearer region.
    pub fn times(&self, factor: Decimal) -> Self {
        let by = |price: Decimal| (price * factor).normalize();
        Self {
            input: by(self.input),
            cached: self.cached.map(by),
            cache_write: self.cache_write.map(by),
            output: by(self.output),
            ..*self
        }
    }
}

/// US dollars as thousand-millionths, rounded up: what budgets count in. Saturates.
pub fn nanodollars(cost: Decimal) -> u64 {
    use rust_decimal::prelude::ToPrimitive;
    let nano = cost.checked_mul(NANO).and_then(|nano| nano.ceil().to_u64());
    nano.unwrap_or(if cost.is_sign_negative() { 0 } else { u64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(input: &str, cached: &str, write: &str, output: &str) -> Price {
        Price {
            input: input.parse().unwrap(),
            cached: Some(cached.parse().unwrap()),
            cache_write: Some(write.parse().unwrap()),
            output: output.parse().unwrap(),
            long_above: None,
            long_input_factor: None,
            long_output_factor: None,
        }
    }

    /// Fault 9 of the research page: cached tokens are a part of the input and are paid once.
    #[test]
    fn cached_tokens_are_paid_once() {
        let usage = Usage { input: 1_000, cached: 600, cache_write: 300, output: 10, reasoning: 4 };
        let cost = price("2", "0.1", "2.5", "10").cost(&usage);
        // 100 x 2 + 600 x 0.1 + 300 x 2.5 + 10 x 10 = 1,110 millionths.
        assert_eq!(cost.to_string(), "0.00111");
    }

    #[test]
    fn a_long_prompt_costs_more_and_its_answer_by_a_factor_of_its_own() {
        let long = Price {
            long_above: Some(272_000),
            long_input_factor: Some(Decimal::TWO),
            ..price("2", "0.1", "2.5", "10")
        };
        let dearer = Price { long_output_factor: Some(Decimal::new(15, 1)), ..long };
        let usage = |input| Usage { input, output: 1_000_000, ..Usage::default() };
        assert_eq!(long.cost(&usage(272_000)).to_string(), "10.544");
        assert_eq!(long.cost(&usage(300_000)).to_string(), "11.2");
        assert_eq!(dearer.cost(&usage(272_000)).to_string(), "10.544");
        assert_eq!(dearer.cost(&usage(300_000)).to_string(), "16.2");
    }

    #[test]
    fn a_nonsense_report_costs_much_and_does_not_panic() {
        let million = Decimal::from(1_000_000);
        let absurd = Price {
            long_above: Some(0),
            long_input_factor: Some(million),
            long_output_factor: Some(million),
            ..price("1000000", "1000000", "1000000", "1000000")
        };
        let usage = Usage { input: u64::MAX, output: u64::MAX, cached: u64::MAX, ..Usage::default() };
        assert_eq!(nanodollars(absurd.cost(&usage)), u64::MAX);
    }

    #[test]
    fn budgets_round_up() {
        assert_eq!(nanodollars("0.0000000001".parse().unwrap()), 1);
        assert_eq!(nanodollars("1.5".parse().unwrap()), 1_500_000_000);
        assert_eq!(nanodollars(Decimal::MAX), u64::MAX);
        assert_eq!(nanodollars(Decimal::MIN), 0);
    }
}
