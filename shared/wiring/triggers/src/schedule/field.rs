//! The plain part of a cron field: numbers, names, lists, ranges, steps.

use super::expression::InvalidExpression;
use std::collections::BTreeSet;

/// What one field may hold.
pub(super) struct Bounds {
    pub(super) field: &'static str,
    pub(super) low: u32,
    pub(super) high: u32,
    /// Names of the numbers, from `low` on.
    pub(super) names: &'static [&'static str],
}

impl Bounds {
    /// `*`, `5`, `1,2`, `1-5`, `0/15`, `*/15`, `10-20/5`, and names in any case.
    pub(super) fn parse(&self, text: &str) -> Result<BTreeSet<u32>, InvalidExpression> {
        let mut numbers = BTreeSet::new();
        for item in text.split(',') {
            let (range, step) = match item.split_once('/') {
                Some((range, step)) => (range, Some(self.step(step)?)),
                None => (item, None),
            };
            let (first, last) = match range.split_once('-') {
                _ if range == "*" => (self.low, self.high),
                Some((first, last)) => (self.number(first)?, self.number(last)?),
                None => {
                    let first = self.number(range)?;
                    // With a step a single number is where it begins.
                    (first, if step.is_some() { self.high } else { first })
                }
            };
            if first > last {
                return Err(self.wrong(item));
            }
            numbers.extend((first..=last).step_by(step.unwrap_or(1)));
        }
        Ok(numbers)
    }

    pub(super) fn number(&self, text: &str) -> Result<u32, InvalidExpression> {
        let named = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        if let Some(at) = named {
            return Ok(self.low + u32::try_from(at).expect("at most twelve names"));
        }
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|number| digits && (self.low..=self.high).contains(number));
        number.ok_or_else(|| self.wrong(text))
    }

    fn step(&self, text: &str) -> Result<usize, InvalidExpression> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|step| digits && *step > 0).ok_or_else(|| {
            InvalidExpression::new(self.field, format!("expected a step of 1 or more after /, got {text:?}"))
        })
    }

    pub(super) fn wrong(&self, text: &str) -> InvalidExpression {
        let names = match (self.names.first(), self.names.last()) {
            (Some(first), Some(last)) => format!(" or {first} to {last}"),
            _ => String::new(),
        };
        let problem = format!("expected {} to {}{names}, in rising order, got {text:?}", self.low, self.high);
        InvalidExpression::new(self.field, problem)
    }
}
