//! Inline commands: words on a line, as a person types them into a terminal.

use bytes::Bytes;

/// The words of a line; quotes as in redis-cli (`"a\n\x41"`, `'a'`). `None` when a quote is not closed, or is closed
/// in the middle of a word.
pub(super) fn split(line: &[u8]) -> Option<Vec<Bytes>> {
    let mut words = Vec::new();
    let mut rest = line.trim_ascii();
    while !rest.is_empty() {
        let (word, after) = word(rest)?;
        words.push(Bytes::from(word));
        rest = after.trim_ascii_start();
    }
    Some(words)
}

fn word(mut rest: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut word = Vec::new();
    while let [first, tail @ ..] = rest {
        match first {
            b if b.is_ascii_whitespace() => break,
            b'"' => {
                let after = double_quoted(tail, &mut word)?;
                return after.first().is_none_or(u8::is_ascii_whitespace).then_some((word, after));
            }
            b'\'' => {
                let after = single_quoted(tail, &mut word)?;
                return after.first().is_none_or(u8::is_ascii_whitespace).then_some((word, after));
            }
            other => word.push(*other),
        }
        rest = tail;
    }
    Some((word, rest))
}

fn double_quoted<'a>(mut rest: &'a [u8], word: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        match rest {
            [] => return None,
            [b'"', tail @ ..] => return Some(tail),
            [b'\\', b'x', high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let hex = [*high, *low];
                let text = std::str::from_utf8(&hex).ok()?;
                word.push(u8::from_str_radix(text, 16).ok()?);
                rest = tail;
            }
            [b'\\', escaped, tail @ ..] => {
                word.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'a' => 7,
                    other => *other,
                });
                rest = tail;
            }
            [byte, tail @ ..] => {
                word.push(*byte);
                rest = tail;
            }
        }
    }
}

fn single_quoted<'a>(mut rest: &'a [u8], word: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        match rest {
            [] => return None,
            [b'\'', tail @ ..] => return Some(tail),
            [b'\\', b'\'', tail @ ..] => {
                word.push(b'\'');
                rest = tail;
            }
            [byte, tail @ ..] => {
                word.push(*byte);
                rest = tail;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn words_and_quotes() {
        let words = split(b"  set 'it\\'s' \"a\\x41\\n\" plain\r\n").unwrap();
        assert_eq!(words, [&b"set"[..], b"it's", b"aA\n", b"plain"]);
        assert_eq!(split(b"\"open"), None);
        assert_eq!(split(b"\"a\"b"), None);
    }
}
