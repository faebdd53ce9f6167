//! Queries as data.

use serde_json::Value;

use super::more_like_this::Like;

#[derive(Debug, Clone)]
pub(crate) enum Query {
    MatchAll { boost: f32 },
    MatchNone,
    Bool(Box<Bool>),
    Match(Match),
    MultiMatch(MultiMatch),
    Phrase(Phrase),
    Term { field: String, value: Value, case_insensitive: bool, boost: f32 },
    Terms { field: String, values: Vec<Value>, boost: f32 },
    Range(Range),
    Prefix { field: String, value: String, case_insensitive: bool, boost: f32 },
    Wildcard { field: String, value: String, case_insensitive: bool, boost: f32 },
    Fuzzy { field: String, value: String, fuzziness: Fuzziness, boost: f32 },
    Exists { field: String, boost: f32 },
    Ids { values: Vec<String>, boost: f32 },
    ConstantScore { filter: Box<Query>, boost: f32 },
    DisMax { queries: Vec<Query>, tie_breaker: f32, boost: f32 },
    Boosting { positive: Box<Query>, negative: Box<Query>, negative_boost: f32, boost: f32 },
    FunctionScore(Box<FunctionScore>),
    MoreLikeThis(Box<MoreLikeThis>),
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Bool {
    pub(crate) must: Vec<Query>,
    pub(crate) should: Vec<Query>,
    pub(crate) filter: Vec<Query>,
    pub(crate) must_not: Vec<Query>,
    pub(crate) minimum_should_match: Option<Minimum>,
    pub(crate) boost: f32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Or,
    And,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Fuzziness {
    /// `None`: by length.
    pub(crate) edits: Option<u8>,
    /// For `AUTO:low,high`: from these lengths one, two edits.
    pub(crate) low: usize,
    pub(crate) high: usize,
    pub(crate) prefix_length: usize,
    pub(crate) max_expansions: usize,
    pub(crate) transpositions: bool,
}

impl Fuzziness {
    /// The edits that a term of this many characters may differ by.
    pub(crate) fn edits_for(&self, chars: usize) -> u8 {
        match self.edits {
            Some(edits) => edits,
            None if chars < self.low => 0,
            None if chars < self.high => 1,
            None => 2,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Match {
    pub(crate) field: String,
    pub(crate) text: String,
    pub(crate) operator: Operator,
    pub(crate) fuzziness: Option<Fuzziness>,
    pub(crate) minimum_should_match: Option<Minimum>,
    pub(crate) analyzer: Option<String>,
    /// The last term is a prefix (`match_bool_prefix`).
    pub(crate) last_is_prefix: bool,
    /// A query of stop words only matches all.
    pub(crate) zero_terms_all: bool,
    pub(crate) lenient: bool,
    pub(crate) boost: f32,
}

#[derive(Debug, Clone)]
pub(crate) struct Phrase {
    pub(crate) field: String,
    pub(crate) text: String,
    pub(crate) slop: u32,
    pub(crate) analyzer: Option<String>,
    /// The last term is a prefix of at most this many terms.
    pub(crate) last_prefix_expansions: Option<usize>,
    pub(crate) lenient: bool,
    pub(crate) boost: f32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MultiMatchType {
    BestFields,
    MostFields,
    Phrase,
    PhrasePrefix,
    BoolPrefix,
}

#[derive(Debug, Clone)]
pub(crate) struct MultiMatch {
    /// Names or patterns with their boosts.
    pub(crate) fields: Vec<(String, f32)>,
    pub(crate) kind: MultiMatchType,
    /// What is asked of each field; its `field` is empty.
    pub(crate) each: Match,
    pub(crate) slop: u32,
    pub(crate) tie_breaker: Option<f32>,
    pub(crate) boost: f32,
}

#[derive(Debug, Clone)]
pub(crate) struct Range {
    pub(crate) field: String,
    pub(crate) gt: Option<Value>,
    pub(crate) gte: Option<Value>,
    pub(crate) lt: Option<Value>,
    pub(crate) lte: Option<Value>,
    pub(crate) format: Option<String>,
    /// What a date without a zone is ahead of UTC by, in milliseconds.
    pub(crate) offset_ms: i64,
    pub(crate) boost: f32,
}

/// `minimum_should_match`: `2`, `-1`, `75%`, `-25%`, `2<75%`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Minimum(pub(crate) String);

impl Minimum {
    /// How many of `clauses` must match: more than there are where the specification says so, and then nothing does.
    pub(crate) fn of(&self, clauses: usize) -> usize {
        let count = i64::try_from(clauses).unwrap_or(i64::MAX);
        let mut result = count;
        if self.0.contains('<') {
            for part in self.0.split_whitespace() {
                if let Some((bound, spec)) = part.split_once('<') {
                    if bound.parse().is_ok_and(|bound: i64| count <= bound) {
                        break;
                    }
                    result = one_minimum(spec, count);
                }
            }
        } else {
            result = one_minimum(self.0.trim(), count);
        }
        usize::try_from(result.max(0)).unwrap_or(0)
    }
}

fn one_minimum(spec: &str, count: i64) -> i64 {
    let number = match spec.strip_suffix('%') {
        Some(percent) => {
            let percent: i64 = percent.parse().unwrap_or(100);
            let part = count * percent.abs() / 100;
            if percent < 0 { -part } else { part }
        }
        None => spec.parse().unwrap_or(0),
    };
    if spec.starts_with('-') { count + number } else { number }
}

#[derive(Debug, Clone)]
pub(crate) struct MoreLikeThis {
    /// Names or patterns.
    pub(crate) fields: Vec<String>,
    pub(crate) like: Vec<Like>,
    /// So many words of each field.
    pub(crate) terms_max: usize,
    pub(crate) term_freq_min: usize,
    pub(crate) doc_freq_min: usize,
    pub(crate) doc_freq_max: usize,
    /// Words shorter or longer than this are left out.
    pub(crate) chars_min: usize,
    pub(crate) chars_max: usize,
    pub(crate) minimum_should_match: Minimum,
    /// Whether the liked documents may be found themselves.
    pub(crate) include: bool,
    pub(crate) boost: f32,
}

#[derive(Debug, Clone)]
pub(crate) struct FunctionScore {
    pub(crate) query: Query,
    pub(crate) functions: Vec<Function>,
    pub(crate) score_mode: Combine,
    pub(crate) boost_mode: Combine,
    pub(crate) max_boost: f32,
    pub(crate) boost: f32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Combine {
    Multiply,
    Sum,
    Average,
    Max,
    Min,
    First,
    Replace,
}

#[derive(Debug, Clone)]
pub(crate) struct Function {
    pub(crate) filter: Option<Query>,
    pub(crate) weight: f64,
    pub(crate) kind: FunctionKind,
}

#[derive(Debug, Clone)]
pub(crate) enum FunctionKind {
    Weight,
    FieldValue { field: String, factor: f64, modifier: Modifier, missing: Option<f64> },
    Decay { field: String, shape: DecayShape, origin: Option<Value>, scale: Value, offset: Option<Value>, decay: f64 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DecayShape {
    Gauss,
    Exp,
    Linear,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Modifier {
    None,
    Log,
    Log1p,
    Log2p,
    Ln,
    Ln1p,
    Ln2p,
    Square,
    Sqrt,
    Reciprocal,
}

#[cfg(test)]
mod tests {
    use super::Minimum;

    #[test]
    fn minimum_should_match_reads_numbers_percentages_and_conditions() {
        for (spec, clauses, expected) in
            [("2", 5, 2), ("-1", 5, 4), ("75%", 4, 3), ("-25%", 4, 3), ("2<75%", 2, 2), ("2<75%", 4, 3), ("9", 3, 9)]
        {
            assert_eq!(Minimum(spec.to_owned()).of(clauses), expected, "{spec} of {clauses}");
        }
    }
}
