//! Texts as vectors: features hashed into dimensions (Weinberger et al. 2009), so that similar texts are near.

use crate::answer::all_words;
use crate::chance::mix;

/// Dimensions that each feature moves.
const DIMENSIONS_PER_FEATURE: u64 = 4;

/// What words, pairs of words, and beginnings of words weigh.
const WORD: f32 = 1.0;
const PAIR: f32 = 0.5;
const STEM: f32 = 0.6;

/// What words that carry no meaning weigh beside others.
const STOP_WORD: f32 = 0.2;

/// Letters of a word's beginning: `refund` and `refunding` share it.
const STEM_CHARS: usize = 5;

/// A unit vector. The same text always has the same.
pub(super) fn embed(text: &str, dimensions: usize) -> Vec<f32> {
    let mut vector = vec![0.0f32; dimensions];
    let mut before: Option<u64> = None;
    for (word, carries) in all_words(text) {
        let scale = if carries { 1.0 } else { STOP_WORD };
        let hash = hash(word.as_bytes());
        add(&mut vector, hash, WORD * scale);
        let stem: String = word.chars().take(STEM_CHARS).collect();
        add(&mut vector, mix(self::hash(stem.as_bytes()) ^ 1), STEM * scale);
        if let Some(before) = before.replace(hash) {
            add(&mut vector, mix(before ^ hash.rotate_left(1)), PAIR * scale);
        }
    }
    if before.is_none() {
        // Punctuation and signs only: the text as a whole is the feature.
        add(&mut vector, hash(text.as_bytes()), WORD);
    }
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value /= length);
    } else if let Some(first) = vector.first_mut() {
        *first = 1.0;
    }
    vector
}

fn add(vector: &mut [f32], feature: u64, weight: f32) {
    for step in 0..DIMENSIONS_PER_FEATURE {
        let place = mix(feature ^ step);
        let sign = if place >> 63 == 0 { weight } else { -weight };
        let at = (place % vector.len() as u64) as usize;
        vector[at] += sign;
    }
}

/// FNV-1a, 64 bits: the same on every machine and in every version.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(left: &str, right: &str) -> f32 {
        embed(left, 1_536).iter().zip(embed(right, 1_536)).map(|(left, right)| left * right).sum()
    }

    #[test]
    fn similar_texts_are_nearer() {
        let similar = near("the refund takes thirty days", "refunds take thirty days");
        let other = near("the refund takes thirty days", "cats sleep in the sun");
        assert!(similar > 0.5 && similar > other + 0.3, "{similar} {other}");
        assert!((near("x", "x") - 1.0).abs() < 1e-5);
        assert!((near("?!", "?!") - 1.0).abs() < 1e-5);
    }

    #[test]
    fn few_dimensions_are_a_unit_too() {
        for dimensions in [1, 2, 256] {
            let length: f32 = embed("some words here", dimensions).iter().map(|value| value * value).sum();
            assert!((length - 1.0).abs() < 1e-5, "{dimensions}: {length}");
        }
    }
}
