//! Sorted sets: members by score, then by bytes.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use bytes::Bytes;

use super::{ELEMENT_OVERHEAD_BYTES, Map};
use crate::fault::Fault;
use crate::number::parse_f64;

/// A score: never NaN, so it has a total order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Score(pub f64);

impl PartialEq for Score {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Score {}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Score {
    fn cmp(&self, other: &Self) -> Ordering {
        // -0 and 0 are one score.
        self.0.partial_cmp(&other.0).unwrap_or(Ordering::Equal)
    }
}

/// One end of a score range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ScoreBound {
    pub(crate) score: f64,
    pub(crate) exclusive: bool,
}

impl ScoreBound {
    /// `1.5`, `(1.5`, `-inf`, `+inf`.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, Fault> {
        let (exclusive, number) = text.strip_prefix(b"(").map_or((false, text), |rest| (true, rest));
        // C's `strtod`, which Redis reads bounds with, takes no digits for 0.
        let score = if number.is_empty() { Some(0.0) } else { parse_f64(number) };
        let score = score.ok_or(Fault::ScoreRange)?;
        Ok(Self { score, exclusive })
    }

    pub(crate) fn admits_from_below(&self, score: f64) -> bool {
        if self.exclusive { score > self.score } else { score >= self.score }
    }

    pub(crate) fn admits_from_above(&self, score: f64) -> bool {
        if self.exclusive { score < self.score } else { score <= self.score }
    }
}

/// One end of a range of members that have one score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LexBound {
    Lowest,
    Highest,
    Inclusive(Bytes),
    Exclusive(Bytes),
}

impl LexBound {
    /// `-`, `+`, `[a`, `(a`.
    pub(crate) fn parse(text: &Bytes) -> Result<Self, Fault> {
        match text.first() {
            Some(b'-') if text.len() == 1 => Ok(Self::Lowest),
            Some(b'+') if text.len() == 1 => Ok(Self::Highest),
            Some(b'[') => Ok(Self::Inclusive(text.slice(1..))),
            Some(b'(') => Ok(Self::Exclusive(text.slice(1..))),
            _ => Err(Fault::LexRange),
        }
    }

    pub(crate) fn admits_from_below(&self, member: &[u8]) -> bool {
        match self {
            Self::Lowest => true,
            Self::Highest => false,
            Self::Inclusive(bound) => member >= &bound[..],
            Self::Exclusive(bound) => member > &bound[..],
        }
    }

    pub(crate) fn admits_from_above(&self, member: &[u8]) -> bool {
        match self {
            Self::Lowest => false,
            Self::Highest => true,
            Self::Inclusive(bound) => member <= &bound[..],
            Self::Exclusive(bound) => member < &bound[..],
        }
    }
}

/// Look-ups by member are constant time, by score logarithmic, by rank linear.
#[derive(Debug, Clone, Default)]
pub(crate) struct SortedSet {
    scores: Map<Bytes, f64>,
    order: BTreeSet<(Score, Bytes)>,
    bytes: usize,
}

impl SortedSet {
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn len(&self) -> usize {
        self.scores.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.scores.is_empty()
    }

    pub(crate) fn score(&self, member: &[u8]) -> Option<f64> {
        self.scores.get(member).copied()
    }

    pub(crate) fn at(&self, index: usize) -> Option<(&Bytes, f64)> {
        self.scores.get_index(index).map(|(member, score)| (member, *score))
    }

    /// Sets a member's score; `true` when the member is new.
    pub(crate) fn insert(&mut self, member: &Bytes, score: f64) -> bool {
        // Kept without a sign, as Redis keeps it in its small encoding.
        let score = if score == 0.0 { 0.0 } else { score };
        if let Some((_, name, old)) = self.scores.get_full_mut(member) {
            if Score(*old) != Score(score) {
                let entry = (Score(*old), name.clone());
                self.order.remove(&entry);
                self.order.insert((Score(score), entry.1));
                *old = score;
            }
            return false;
        }
        let name = Bytes::copy_from_slice(member);
        self.bytes += name.len() + 2 * ELEMENT_OVERHEAD_BYTES;
        self.order.insert((Score(score), name.clone()));
        self.scores.insert(name, score);
        true
    }

    pub(crate) fn remove(&mut self, member: &[u8]) -> bool {
        let Some((name, score)) = self.scores.swap_remove_entry(member) else { return false };
        self.bytes -= name.len() + 2 * ELEMENT_OVERHEAD_BYTES;
        self.order.remove(&(Score(score), name));
        true
    }

    /// Ascending by score, then by member.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&Bytes, f64)> {
        self.order.iter().map(|(score, member)| (member, score.0))
    }

    /// Position from the lowest, 0-based.
    pub(crate) fn rank(&self, member: &[u8]) -> Option<usize> {
        let score = self.score(member)?;
        let probe = (Score(score), Bytes::copy_from_slice(member));
        Some(self.order.range(..probe).count())
    }

    /// The members within the score bounds, ascending.
    pub(crate) fn by_score(&self, min: ScoreBound, max: ScoreBound) -> impl DoubleEndedIterator<Item = (&Bytes, f64)> {
        // An empty member sorts first of its score: the range begins there and skips what an open bound excludes.
        let low = (Score(min.score), Bytes::new());
        let inverted = min.score > max.score;
        self.order
            .range(low..)
            .take_while(move |_| !inverted)
            .map_while(move |(score, member)| max.admits_from_above(score.0).then_some((member, score.0)))
            .filter(move |(_, score)| min.admits_from_below(*score))
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// The members within the bounds of bytes, ascending; means something only when all have one score.
    pub(crate) fn by_lex(&self, min: &LexBound, max: &LexBound) -> impl DoubleEndedIterator<Item = (&Bytes, f64)> {
        self.iter().filter(|(member, _)| min.admits_from_below(member) && max.admits_from_above(member))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_follows_score_then_bytes() {
        let mut set = SortedSet::default();
        for (member, score) in [("c", 1.0), ("a", 2.0), ("b", 1.0), ("a", 0.5)] {
            set.insert(&Bytes::from(member), score);
        }
        let members: Vec<_> = set.iter().map(|(m, _)| m.clone()).collect();
        assert_eq!(members, ["a", "b", "c"]);
        assert_eq!(set.rank(b"c"), Some(2));
        let open = ScoreBound::parse(b"(0.5").unwrap();
        let inf = ScoreBound::parse(b"+inf").unwrap();
        assert_eq!(set.by_score(open, inf).count(), 2);
        assert_eq!(set.by_score(inf, open).count(), 0);
        assert!(set.remove(b"b") && !set.remove(b"b"));
        assert_eq!(set.bytes(), 2 * (1 + 2 * ELEMENT_OVERHEAD_BYTES));
    }
}
