//! Changing an input by chance, the same way each time.

/// Numbers that look random and are the same for the same beginning (SplitMix64).
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// Begins at `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// One of `0..end`; 0 where there is none.
    pub fn below(&mut self, end: usize) -> usize {
        let drawn = usize::try_from(self.draw() >> 1).unwrap_or_default();
        drawn.checked_rem(end).unwrap_or_default()
    }
}

/// What parsers trip over.
const WORDS: [&[u8]; 32] = [
    b"0",
    b"-1",
    b"255",
    b"256",
    b"65536",
    b"2147483648",
    b"4294967295",
    b"9223372036854775808",
    b"18446744073709551615",
    b"1e999",
    b"-0.0",
    b"null",
    b"true",
    b"[]",
    b"{}",
    b"\"\"",
    b"[[[[[[[[",
    b"{\"a\":",
    b"\\u0000",
    b"\\ud800",
    b"\0",
    b"\r\n",
    b"\x1e",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xf0\x9f\x98\x80",
    b"\xcc\x81",
    b"%00",
    b"..",
    b"*",
    b"$",
    b"'",
];

/// Changes `input` in one to four places, by words too where it is text. `other` is an input of the same kind, of which a
/// piece may be taken over.
pub fn mutate(input: &[u8], other: &[u8], text: bool, bytes_max: usize, chance: &mut Chance) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=chance.below(4) {
        change(&mut bytes, other, text, chance);
    }
    bytes.truncate(bytes_max);
    bytes
}

fn change(bytes: &mut Vec<u8>, other: &[u8], text: bool, chance: &mut Chance) {
    let at = chance.below(bytes.len() + 1);
    match chance.below(if text { 10 } else { 8 }) {
        0 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << chance.below(8);
            }
        }
        1 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = [0, 1, 0x7f, 0x80, 0xfe, 0xff][chance.below(6)];
            }
        }
        2 => bytes.truncate(at),
        3 => drop(bytes.drain(piece(bytes, at, chance))),
        4 => {
            let copy = bytes[piece(bytes, at, chance)].to_vec();
            let again = 1 + chance.below(8);
            insert(bytes, at, &copy.repeat(again));
        }
        5 => {
            let from = chance.below(other.len() + 1);
            let copy = other[piece(other, from, chance)].to_vec();
            insert(bytes, at, &copy);
        }
        6 => {
            let number = [0_u64, 1, 0x7fff_ffff, 0xffff_ffff, u64::MAX][chance.below(5)].to_be_bytes();
            for (byte, new) in bytes.iter_mut().skip(at).zip(&number[chance.below(8)..]) {
                *byte = *new;
            }
        }
        7 => insert(bytes, at, WORDS[chance.below(WORDS.len())]),
        8 => {
            // A whole token for another one.
            let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'.';
            let end = bytes[at..].iter().position(|byte| !is_part(byte)).map_or(bytes.len(), |length| at + length);
            let begin = bytes[..at].iter().rposition(|byte| !is_part(byte)).map_or(0, |before| before + 1);
            bytes.splice(begin..end, WORDS[chance.below(WORDS.len())].iter().copied());
        }
        _ => {
            // Deeper.
            let open: &[u8] = [&b"["[..], b"{\"a\":", b"(", b"<div>", b"> "][chance.below(5)];
            let times = 1 << chance.below(9);
            insert(bytes, at, &open.repeat(times));
        }
    }
}

fn piece(bytes: &[u8], at: usize, chance: &mut Chance) -> std::ops::Range<usize> {
    at..at + chance.below((bytes.len() - at).min(64) + 1)
}

fn insert(bytes: &mut Vec<u8>, at: usize, new: &[u8]) {
    bytes.splice(at..at, new.iter().copied());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_same_each_time_and_changes_something() {
        let run = |seed| {
            let mut chance = Chance::new(seed);
            let mutants = |_| mutate(b"{\"size\": 10, \"text\": \"a b\"}", b"[1, 2]", true, 100, &mut chance);
            (0..200).map(mutants).collect::<Vec<_>>()
        };
        assert_eq!(run(1), run(1));
        let mut all = run(1);
        assert!(all.iter().all(|bytes| bytes.len() <= 100));
        all.sort();
        all.dedup();
        assert!(all.len() > 150, "{} different ones", all.len());
        assert_ne!(run(1), run(2));
    }

    #[test]
    fn nothing_is_something_to_begin_with() {
        let mut chance = Chance::new(7);
        let grown = (0..100).filter(|_| !mutate(b"", b"", true, 100, &mut chance).is_empty()).count();
        assert!(grown > 10, "{grown}");
    }
}
