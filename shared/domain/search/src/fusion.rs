//! Two ranked lists made into one: reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009).
//!
//! Only ranks count. The score of a text query and the nearness of a vector have no common unit, and neither is the same
//! from one query to the next; their orders can be compared all the same.

use octavo_domain_kernel::DocumentId;
use std::collections::{BTreeMap, BTreeSet};

/// How much the first ranks of a list stand out: a document adds `1 / (k + rank)`. The paper's value.
pub const FUSION_K: u16 = 60;
/// Hits of each list that are fused. After the fused list come the further hits by words alone.
pub const FUSED_EACH: u16 = 200;

/// A document of a fused list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fused {
    /// Which one.
    pub id: DocumentId,
    /// The sum over the lists that it is in: more than 0, at most `lists / (k + 1)`.
    pub score: f64,
}

/// Fuses lists of documents, each the best first: the best of all first, what is equally good by id. A document that a list
/// holds twice counts where it stands first.
pub fn fuse(lists: &[&[DocumentId]]) -> Vec<Fused> {
    let mut scores: BTreeMap<DocumentId, f64> = BTreeMap::new();
    for list in lists {
        let mut seen = BTreeSet::new();
        let mut rank = f64::from(FUSION_K);
        for id in *list {
            rank += 1.0;
            if seen.insert(*id) {
                *scores.entry(*id).or_default() += 1.0 / rank;
            }
        }
    }
    let mut fused: Vec<Fused> = scores.into_iter().map(|(id, score)| Fused { id, score }).collect();
    // Stable: what is equal stays in the order of the ids.
    fused.sort_by(|a, b| b.score.total_cmp(&a.score));
    fused
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn ids(numbers: &[u8]) -> Vec<DocumentId> {
        numbers.iter().map(|&n| DocumentId(Uuid::from_u128(n.into()))).collect()
    }

    fn numbers(fused: &[Fused]) -> Vec<u128> {
        fused.iter().map(|one| one.id.0.as_u128()).collect()
    }

    #[test]
    fn what_both_lists_hold_comes_before_what_one_holds_first() {
        let fused = fuse(&[&ids(&[1, 2, 3]), &ids(&[4, 2, 5])]);
        assert_eq!(numbers(&fused), [2, 1, 4, 3, 5]);
        assert!((fused[0].score - 2.0 / 62.0).abs() < 1e-12);
        assert!((fused[1].score - 1.0 / 61.0).abs() < 1e-12);
    }

    #[test]
    fn of_one_list_the_order_stays() {
        assert_eq!(numbers(&fuse(&[&ids(&[9, 1, 5]), &[]])), [9, 1, 5]);
        assert!(fuse(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn every_document_is_there_once_and_scores_fall(words: Vec<u8>, meaning: Vec<u8>) {
            let (words, meaning) = (ids(&words), ids(&meaning));
            let fused = fuse(&[&words, &meaning]);
            let all: BTreeSet<DocumentId> = words.iter().chain(&meaning).copied().collect();
            let ids: BTreeSet<DocumentId> = fused.iter().map(|one| one.id).collect();
            prop_assert_eq!(&ids, &all);
            prop_assert_eq!(fused.len(), all.len());
            for pair in fused.windows(2) {
                let ordered = pair[0].score > pair[1].score || (pair[0].score == pair[1].score && pair[0].id < pair[1].id);
                prop_assert!(ordered, "{:?}", pair);
            }
            for one in &fused {
                prop_assert!(one.score > 0.0 && one.score <= 2.0 / 61.0);
            }
        }

        #[test]
        fn which_list_is_first_does_not_matter(words: Vec<u8>, meaning: Vec<u8>) {
            let (words, meaning) = (ids(&words), ids(&meaning));
            prop_assert_eq!(fuse(&[&words, &meaning]), fuse(&[&meaning, &words]));
        }

        #[test]
        fn a_better_rank_is_never_worse(list in proptest::collection::btree_set(any::<u8>(), 2..40), other: Vec<u8>, at: prop::sample::Index) {
            let list: Vec<u8> = list.into_iter().collect();
            let at = at.index(list.len() - 1) + 1;
            let mut raised = list.clone();
            raised.swap(at - 1, at);
            let place = |list: &[u8]| {
                let fused = fuse(&[&ids(list), &ids(&other)]);
                numbers(&fused).iter().position(|&n| n == u128::from(raised[at - 1]))
            };
            prop_assert!(place(&raised) <= place(&list));
        }
    }
}
