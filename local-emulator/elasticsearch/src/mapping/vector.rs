//! `dense_vector`: what a mapping may say of it, and its values.

use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// The most dimensions of a vector.
const DIMENSIONS_MAX: u64 = 4_096;

/// Numbers of a vector that an error shows.
const SHOWN: usize = 5;

/// Keys of a `dense_vector` beside the common ones.
pub(super) const VECTOR: &[&str] = &["dims", "similarity", "element_type", "index_options"];

/// Ways to build the graph of near neighbours. Here there is none, and what is found is exact: each is taken, none used.
const GRAPHS: &[&str] =
    &["hnsw", "int8_hnsw", "int4_hnsw", "bbq_hnsw", "flat", "int8_flat", "int4_flat", "bbq_flat", "bbq_disk"];

/// How near two vectors are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Similarity {
    Cosine,
    DotProduct,
    /// By distance.
    L2,
    MaxInnerProduct,
}

impl Similarity {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "cosine" => Self::Cosine,
            "dot_product" => Self::DotProduct,
            "l2_norm" => Self::L2,
            "max_inner_product" => Self::MaxInnerProduct,
            _ => return None,
        })
    }

    /// The score of what [`Self::of`] says of two vectors.
    pub(crate) fn score(self, similarity: f32) -> f32 {
        match self {
            Self::Cosine | Self::DotProduct => f32::midpoint(1.0, similarity).max(0.0),
            Self::L2 => 1.0 / (1.0 + similarity * similarity),
            Self::MaxInnerProduct if similarity < 0.0 => 1.0 / (1.0 - similarity),
            Self::MaxInnerProduct => similarity + 1.0,
        }
    }

    /// How alike two vectors of one length are; of `L2` how far apart. For the cosine both have length 1.
    pub(crate) fn of(self, a: &[f32], b: &[f32]) -> f32 {
        match self {
            Self::L2 => lanes(a, b, |a, b| (a - b) * (a - b)).sqrt(),
            _ => lanes(a, b, |a, b| a * b),
        }
    }

    /// Whether `similarity` is at least as near as `least`.
    pub(crate) fn reaches(self, similarity: f32, least: f32) -> bool {
        if self == Self::L2 { similarity <= least } else { similarity >= least }
    }

    /// A vector as it is compared; an error for one that cannot be.
    pub(crate) fn prepared(self, mut vector: Vec<f32>) -> Result<Vec<f32>> {
        let length = lanes(&vector, &vector, |a, b| a * b).sqrt();
        let named = match self {
            Self::Cosine if length == 0.0 => "The [cosine] similarity does not support vectors with zero magnitude.",
            Self::DotProduct if (length - 1.0).abs() > 1e-3 => {
                "The [dot_product] similarity can only be used with unit-length vectors."
            }
            Self::Cosine => {
                vector.iter_mut().for_each(|value| *value /= length);
                return Ok(vector);
            }
            _ => return Ok(vector),
        };
        let preview: Vec<String> = vector.iter().take(SHOWN).map(|value| format!("{value:?}")).collect();
        let more = if vector.len() > SHOWN { ", ..." } else { "" };
        Err(Error::illegal(format!("{named} Preview of invalid vector: [{}{more}]", preview.join(", "))))
    }
}

/// A sum over pairs in eight lanes, so that the processor adds eight at a time.
fn lanes(a: &[f32], b: &[f32], each: impl Fn(f32, f32) -> f32) -> f32 {
    const LANES: usize = 8;
    let mut sums = [0.0_f32; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(a, b)| each(*a, *b)).sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for lane in 0..LANES {
            sums[lane] += each(a[lane], b[lane]);
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// Dimensions and similarity of a definition.
pub(super) fn definition(path: &str, definition: &Map<String, Value>) -> Result<(usize, Similarity)> {
    let bad = |reason: String| {
        let inner = Error::mapper(reason);
        Error::mapper(format!("Failed to parse mapping: {}", inner.reason)).caused_by(inner)
    };
    let dimensions = match definition.get("dims") {
        None => return Err(Error::unsupported(&format!("a [dense_vector] field [{path}] without [dims]"))),
        Some(value) => value.as_u64().or_else(|| value.as_str()?.parse().ok()),
    };
    let dimensions = dimensions.filter(|dimensions| (1..=DIMENSIONS_MAX).contains(dimensions)).ok_or_else(|| {
        bad(format!(
            "The number of dimensions should be in the range [1, {DIMENSIONS_MAX}] but was [{}]",
            definition["dims"]
        ))
    })?;
    match definition.get("element_type").and_then(Value::as_str) {
        None | Some("float") => {}
        Some(other) => return Err(Error::unsupported(&format!("element_type [{other}] of field [{path}]"))),
    }
    if let Some(options) = definition.get("index_options") {
        let graph = options.get("type").and_then(Value::as_str).unwrap_or_default();
        if !GRAPHS.contains(&graph) {
            return Err(bad(format!("Unsupported index options type {graph}")));
        }
    }
    let similarity = match definition.get("similarity") {
        None => Similarity::Cosine,
        Some(value) => value.as_str().and_then(Similarity::parse).ok_or_else(|| {
            bad(format!(
                "Unknown value [{}] for field [similarity] - accepted values are [l2_norm, cosine, dot_product, max_inner_product]",
                value.as_str().unwrap_or_default()
            ))
        })?,
    };
    Ok((usize::try_from(dimensions).unwrap_or(usize::MAX), similarity))
}

/// A vector of a document or a query.
#[expect(clippy::cast_possible_truncation, reason = "vectors are single precision")]
pub(crate) fn numbers(value: &Value) -> Result<Vec<f32>> {
    let expected = |found: &str| {
        Error::parsing(format!("Failed to parse object: expecting token of type [VALUE_NUMBER] but found [{found}]"))
    };
    let Value::Array(values) = value else { return Err(expected("FIELD_NAME")) };
    values
        .iter()
        .map(|value| match value {
            Value::Number(number) => Ok(number.as_f64().unwrap_or_default() as f32),
            Value::String(_) => Err(expected("VALUE_STRING")),
            Value::Array(_) => Err(expected("START_ARRAY")),
            Value::Object(_) => Err(expected("START_OBJECT")),
            Value::Bool(_) => Err(expected("VALUE_BOOLEAN")),
            Value::Null => Err(expected("VALUE_NULL")),
        })
        .collect()
}

/// Two numbers of a vector as one doc value: a column holds 64 bits a value, in the order in which they came.
pub(super) fn packed(vector: &[f32]) -> impl Iterator<Item = i64> {
    vector.chunks(2).map(|pair| {
        let bits = |at: usize| pair.get(at).map_or(0, |value| u64::from(value.to_bits()));
        (bits(0) << 32 | bits(1)).cast_signed()
    })
}

/// What [`packed`] made, back.
#[expect(clippy::cast_possible_truncation, reason = "each half has 32 bits")]
pub(crate) fn unpacked(value: i64) -> [f32; 2] {
    let bits = value.cast_unsigned();
    [f32::from_bits((bits >> 32) as u32), f32::from_bits(bits as u32)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_packed_comes_back(vector in proptest::collection::vec(-1e9f32..1e9, 0..20)) {
            let back: Vec<f32> = packed(&vector).flat_map(unpacked).take(vector.len()).collect();
            prop_assert_eq!(back, vector);
        }

        #[test]
        fn lanes_add_what_a_loop_adds(pairs in proptest::collection::vec((-10f32..10.0, -10f32..10.0), 0..40)) {
            let (a, b): (Vec<f32>, Vec<f32>) = pairs.iter().copied().unzip();
            let plain: f64 = pairs.iter().map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            prop_assert!((f64::from(lanes(&a, &b, |a, b| a * b)) - plain).abs() < 1e-2);
        }
    }

    #[test]
    fn scores_are_those_of_the_real_server() {
        let score = |similarity: Similarity, a: &[f32], b: &[f32]| similarity.score(similarity.of(a, b));
        assert!((score(Similarity::Cosine, &[1.0, 0.0], &[0.0, 1.0]) - 0.5).abs() < 1e-6);
        assert!((score(Similarity::L2, &[1.0, 0.0], &[0.0, 1.0]) - 1.0 / 3.0).abs() < 1e-6);
        assert!((score(Similarity::MaxInnerProduct, &[2.0], &[3.0]) - 7.0).abs() < 1e-6);
        assert!((score(Similarity::MaxInnerProduct, &[2.0], &[-1.0]) - 1.0 / 3.0).abs() < 1e-6);
    }
}
