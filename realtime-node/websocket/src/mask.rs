//! Masking (RFC 6455 section 5.3).

/// Takes the mask off, or puts it on: `offset` is where in its frame's payload `bytes` begins. Eight bytes at a time, which
/// the compiler makes wider still.
pub(crate) fn unmask(bytes: &mut [u8], mask: [u8; 4], offset: usize) {
    let turned: [u8; 4] = std::array::from_fn(|at| mask[(offset + at) % 4]);
    let wide: [u8; 8] = std::array::from_fn(|at| turned[at % 4]);
    let (chunks, rest) = bytes.as_chunks_mut::<8>();
    for chunk in chunks {
        *chunk = (u64::from_ne_bytes(*chunk) ^ u64::from_ne_bytes(wide)).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(wide) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_payload_can_be_unmasked_in_parts(bytes in prop::collection::vec(any::<u8>(), 0..80), mask: [u8; 4], cut: prop::sample::Index) {
            let slowly: Vec<u8> = bytes.iter().enumerate().map(|(at, byte)| byte ^ mask[at % 4]).collect();
            let mut parts = bytes.clone();
            let cut = cut.index(bytes.len() + 1);
            unmask(&mut parts[..cut], mask, 0);
            unmask(&mut parts[cut..], mask, cut);
            prop_assert_eq!(parts, slowly);
        }
    }
}
