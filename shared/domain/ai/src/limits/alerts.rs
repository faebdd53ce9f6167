//! When a budget is worth a word.

use super::AlertLevel;
use crate::ports::{BudgetLevel, BudgetLine};

/// The levels that a budget's use passes between `before` and `after`, the lowest first: a level is passed when the
/// greater of the two shares, of tokens and of money, comes to it or above. Nothing is passed downwards. The levels may be
/// in any order.
pub fn alerts_crossed(
    line: &BudgetLine,
    before: BudgetLevel,
    after: BudgetLevel,
    levels: &[AlertLevel],
) -> Vec<AlertLevel> {
    let reached = |level: &AlertLevel, used: BudgetLevel| {
        let share = |used: u64, max: Option<u64>| {
            max.is_some_and(|max| u128::from(used) * 100 >= u128::from(level.0) * u128::from(max))
        };
        share(used.tokens, line.tokens_max) || share(used.nanodollars, line.nanodollars_max)
    };
    let mut crossed: Vec<AlertLevel> =
        levels.iter().copied().filter(|level| reached(level, after) && !reached(level, before)).collect();
    crossed.sort_unstable();
    crossed.dedup();
    crossed
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn crossed(tokens: (u64, u64), money: (u64, u64)) -> Vec<u8> {
        let line = BudgetLine {
            name: "day:2026-11-26".to_owned(),
            tokens_max: Some(1_000),
            nanodollars_max: Some(u64::MAX),
            ends_in: Duration::ZERO,
            seed: None,
        };
        let before = BudgetLevel { tokens: tokens.0, nanodollars: money.0 };
        let after = BudgetLevel { tokens: tokens.1, nanodollars: money.1 };
        let levels = [100, 50, 80, 50].map(AlertLevel);
        alerts_crossed(&line, before, after, &levels).into_iter().map(|level| level.0).collect()
    }

    #[test]
    fn each_level_is_crossed_once_and_at_its_very_token() {
        assert_eq!(crossed((0, 499), (0, 0)), [0_u8; 0]);
        assert_eq!(crossed((499, 500), (0, 0)), [50]);
        assert_eq!(crossed((500, 799), (0, 0)), [0_u8; 0]);
        assert_eq!(crossed((0, 2_000), (0, 0)), [50, 80, 100]);
        assert_eq!(crossed((900, 400), (0, 0)), [0_u8; 0]);
    }

    #[test]
    fn money_and_tokens_are_one_budget() {
        let half = u64::MAX / 2 + 1;
        assert_eq!(crossed((0, 0), (0, half)), [50]);
        // Tokens had crossed it: no second word.
        assert_eq!(crossed((500, 500), (0, half)), [0_u8; 0]);
        assert_eq!(crossed((500, 500), (0, u64::MAX)), [80, 100]);
    }
}
