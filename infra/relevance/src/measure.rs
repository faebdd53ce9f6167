//! Figures of ranked lists.

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
    let graded = grades.iter().take(DEPTH).enumerate();
    graded.map(|(rank, grade)| (f64::from(*grade).exp2() - 1.0) * discount(rank)).sum()
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
