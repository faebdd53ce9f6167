//! What must be reached (`results.json`), and whether it was.

use crate::report::Kept;
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The part of a figure that may be lost.
const LOSS_MAX: f64 = 0.02;

/// The file. Other machines have other manual pages: their figures are compared by how much better they are than plain
/// BM25 on the same pages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Accepted {
    /// Names the manual pages that the figures are of.
    pub(crate) manuals: String,
    /// Names the documentation that the figures are of.
    pub(crate) postgresql: String,
    pub(crate) plain: Kept,
    pub(crate) ours: Kept,
}

impl Accepted {
    /// None if nothing was accepted yet.
    pub(crate) fn load(path: &Path) -> anyhow::Result<Option<Self>> {
        if !path.exists() {
            return Ok(None);
        }
        let json = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Some(serde_json::from_slice(&json).with_context(|| format!("{}", path.display()))?))
    }

    pub(crate) fn store(&self, path: &Path) -> anyhow::Result<()> {
        let mut json = serde_json::to_string_pretty(self)?;
        json.push('\n');
        std::fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))
    }

    /// What `now` lost more of than it may, in words for a person.
    pub(crate) fn losses(&self, now: &Self) -> Vec<String> {
        let mut losses = Vec::new();
        let figures =
            self.ours.each().into_iter().zip(self.plain.each()).zip(now.ours.each().into_iter().zip(now.plain.each()));
        for (((name, ours), (_, plain)), ((_, ours_now), (_, plain_now))) in figures {
            let of_postgresql = ["judged_ndcg", "development_ndcg", "held_out_ndcg"].contains(&name);
            let same = if of_postgresql { self.postgresql == now.postgresql } else { self.manuals == now.manuals };
            let by = |ours: f64, plain: f64| if same || plain == 0.0 { ours } else { ours / plain };
            let (before, after) = (by(ours, plain), by(ours_now, plain_now));
            if after < before * (1.0 - LOSS_MAX) {
                let what = if same { "" } else { " (by plain BM25, since the pages are others)" };
                losses.push(format!("{name}{what}: {after:.3}, which is less than 98% of {before:.3}"));
            }
        }
        losses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(manuals: &str, plain: f64, ours: f64) -> Accepted {
        let kept = |figure: f64| Kept { known_mrr: figure, judged_ndcg: 0.5, ..Kept::default() };
        Accepted { manuals: manuals.into(), postgresql: "p".into(), plain: kept(plain), ours: kept(ours) }
    }

    #[test]
    fn a_loss_of_more_than_two_percent_is_told() {
        let before = accepted("m", 0.5, 0.7);
        assert!(before.losses(&accepted("m", 0.5, 0.687)).is_empty());
        let losses = before.losses(&accepted("m", 0.5, 0.685));
        assert!(losses.len() == 1 && losses[0].starts_with("known_mrr: 0.685"), "{losses:?}");
    }

    #[test]
    fn what_is_held_out_may_not_be_lost_either() {
        let with = |held_out_ndcg: f64| {
            let mut accepted = accepted("m", 0.5, 0.7);
            accepted.ours.held_out_ndcg = held_out_ndcg;
            accepted
        };
        assert!(with(0.6).losses(&with(0.589)).is_empty());
        let losses = with(0.6).losses(&with(0.58));
        assert!(losses.len() == 1 && losses[0].starts_with("held_out_ndcg: 0.580"), "{losses:?}");
    }

    #[test]
    fn other_pages_are_compared_by_plain_bm25() {
        let before = accepted("m", 0.5, 0.7);
        // Half as good on pages that are twice as hard.
        assert!(before.losses(&accepted("other", 0.25, 0.35)).is_empty());
        assert_eq!(before.losses(&accepted("other", 0.25, 0.3)).len(), 1);
        assert_eq!(before.losses(&accepted("m", 0.25, 0.35)).len(), 1);
    }
}
