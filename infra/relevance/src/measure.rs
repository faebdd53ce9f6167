//! Figures of ranked lists.

/// Figures that differ by less are the same.
const SAME: f64 = 0.0005;
/// Hits that count.
pub(crate) const DEPTH: usize = 10;

/// How well known items were found.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct KnownItems {
    pub(crate) queries: usize,
    /// The mean of one by the item's rank, nothing beyond the tenth.
    pub(crate) mrr: f64,
    pub(crate) ndcg: f64,
    /// The part of the queries whose item came first.
    pub(crate) first: f64,
}

/// Of each item's rank, from 0; none where it was not among the first ten.
#[expect(clippy::cast_precision_loss, reason = "counts of queries")]
pub(crate) fn known_items(ranks: &[Option<usize>]) -> KnownItems {
    let mean = |value: &dyn Fn(usize) -> f64| {
        ranks.iter().flatten().filter(|rank| **rank < DEPTH).map(|rank| value(*rank)).sum::<f64>()
            / ranks.len().max(1) as f64
    };
    KnownItems {
        queries: ranks.len(),
        mrr: mean(&|rank| 1.0 / (rank as f64 + 1.0)),
        ndcg: mean(&discount),
        first: mean(&|rank| f64::from(u8::from(rank == 0))),
    }
}

/// Discounted cumulative gain of the first ten `grades` (of a ranked list), by that of the best order of `all` grades.
pub(crate) fn ndcg(grades: &[u8], all: &[u8]) -> f64 {
    let mut best = all.to_vec();
    best.sort_unstable_by(|one, other| other.cmp(one));
    let ideal = gain(&best);
    if ideal == 0.0 { 0.0 } else { gain(grades) / ideal }
}

fn gain(grades: &[u8]) -> f64 {
    let mut gain = 0.0;
    for (rank, grade) in grades.iter().take(DEPTH).enumerate() {
        gain += (f64::from(*grade).exp2() - 1.0) * discount(rank);
    }
    gain
}

#[expect(clippy::cast_precision_loss, reason = "counts of queries")]
pub(crate) fn mean(figures: &[f64]) -> f64 {
    figures.iter().sum::<f64>() / figures.len().max(1) as f64
}

/// How the figures of one configuration differ from those of another, query by query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Difference {
    pub(crate) better: usize,
    pub(crate) worse: usize,
    /// How much better one query is in the mean.
    pub(crate) mean: f64,
    /// The standard error of it: a mean of less than twice this may be chance.
    pub(crate) error: f64,
}

/// Of two queries at least.
#[expect(clippy::cast_precision_loss, reason = "counts of queries")]
pub(crate) fn difference(before: &[f64], after: &[f64]) -> Difference {
    let each: Vec<f64> = before.iter().zip(after).map(|(before, after)| after - before).collect();
    let count = each.len() as f64;
    let mean = each.iter().sum::<f64>() / count;
    let variance = each.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / (count - 1.0);
    Difference {
        better: each.iter().filter(|one| **one > SAME).count(),
        worse: each.iter().filter(|one| **one < -SAME).count(),
        mean,
        error: (variance / count).sqrt(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "ranks")]
fn discount(rank: usize) -> f64 {
    1.0 / (rank as f64 + 2.0).log2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_items_count_by_their_rank() {
        let figures = known_items(&[Some(0), Some(1), None, Some(10)]);
        assert_eq!((figures.queries, figures.mrr, figures.first), (4, 0.375, 0.25));
        assert!((figures.ndcg - (1.0 + 1.0 / 3f64.log2()) / 4.0).abs() < 1e-12);
        assert_eq!(known_items(&[]).mrr, 0.0);
    }

    #[test]
    fn a_difference_has_its_error() {
        let found = difference(&[0.5, 0.5, 0.5, 0.5], &[0.9, 0.7, 0.5, 0.3]);
        assert_eq!((found.better, found.worse), (2, 1));
        assert!((found.mean - 0.1).abs() < 1e-12);
        // The spread of 0.3, 0.1, -0.1, -0.3 around nothing, by the root of four.
        assert!((found.error - (0.2f64 / 3.0).sqrt() / 2.0).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn the_best_order_is_one_and_a_worse_one_less() {
        let all = [3, 2, 0, 1];
        assert!((ndcg(&[3, 2, 1], &all) - 1.0).abs() < 1e-12);
        let worse = ndcg(&[0, 2, 3], &all);
        assert!(worse > 0.0 && worse < 1.0);
        assert_eq!(ndcg(&[0; 10], &all), 0.0);
        // What was found beyond the tenth does not count.
        assert_eq!(ndcg(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3], &all), 0.0);
    }
}
