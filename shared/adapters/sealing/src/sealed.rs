//! The bytes of a sealed value.

/// The format. Another one would begin with another number.
const VERSION: u8 = 1;
/// Of a master key's id, in bytes.
pub(crate) const KEY_ID_BYTES: usize = 4;
/// Of a nonce, in bytes: NIST SP 800-38D, section 8.2.
pub(crate) const NONCE_BYTES: usize = 12;
/// Of a tag, in bytes.
pub(crate) const TAG_BYTES: usize = 16;
/// Before the encrypted value, in bytes.
const HEAD_BYTES: usize = 1 + KEY_ID_BYTES + NONCE_BYTES;

/// A sealed value, taken apart.
pub(crate) struct Sealed<'a> {
    pub(crate) key_id: [u8; KEY_ID_BYTES],
    pub(crate) nonce: [u8; NONCE_BYTES],
    /// The encrypted value and its tag.
    pub(crate) rest: &'a [u8],
}

impl<'a> Sealed<'a> {
    /// Takes it apart; none where it cannot be one.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (&version, after) = bytes.split_first()?;
        let (&key_id, after) = after.split_first_chunk()?;
        let (&nonce, rest) = after.split_first_chunk()?;
        (version == VERSION && rest.len() >= TAG_BYTES).then_some(Self { key_id, nonce, rest })
    }

    /// Puts it together.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD_BYTES + self.rest.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.key_id);
        bytes.extend_from_slice(&self.nonce);
        bytes.extend_from_slice(self.rest);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_as_documented() {
        let sealed = Sealed { key_id: [7; 4], nonce: [8; 12], rest: &[9; 17] };
        let bytes = sealed.to_bytes();
        assert_eq!(bytes, [&[1][..], &[7; 4], &[8; 12], &[9; 17]].concat());
        let again = Sealed::parse(&bytes).unwrap();
        assert_eq!((again.key_id, again.nonce, again.rest), ([7; 4], [8; 12], &[9_u8; 17][..]));
    }

    #[test]
    fn what_is_too_short_or_of_another_version_is_none() {
        let bytes = Sealed { key_id: [7; 4], nonce: [8; 12], rest: &[9; 16] }.to_bytes();
        assert!(Sealed::parse(&bytes).is_some());
        assert!((0..bytes.len()).all(|length| Sealed::parse(&bytes[..length]).is_none()));
        assert!(Sealed::parse(&[&[2], &bytes[1..]].concat()).is_none());
    }
}
