//! Chance that comes out the same every time: a function of seed and position.

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every bit of the input moves every bit of the output, and no two
/// inputs give the same output.
pub(crate) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// From 0 (inclusive) to 1 (exclusive).
pub(crate) fn unit(seed: u64, position: u64) -> f64 {
    // The 53 bits that a double holds.
    (mix(seed ^ mix(position)) >> 11) as f64 / (1u64 << 53) as f64
}
