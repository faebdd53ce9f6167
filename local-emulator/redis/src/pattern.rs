//! Glob patterns of KEYS, SCAN and PSUBSCRIBE: `*`, `?`, `[a-z]`, `[^a]`, `\x`.

/// Whether the whole of `text` matches `pattern`. Linear in time but for the last star, which is retried from each
/// place: an unlucky pattern costs `pattern * text`, never more.
pub(crate) fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        if p < pattern.len() && pattern[p] == b'*' {
            star = Some((p + 1, t));
            p += 1;
            continue;
        }
        if t == text.len() {
            return p == pattern.len();
        }
        if let Some(width) = step(&pattern[p..], text[t]) {
            p += width;
            t += 1;
            continue;
        }
        let Some((after_star, from)) = star else { return false };
        star = Some((after_star, from + 1));
        p = after_star;
        t = from + 1;
    }
}

/// How many bytes of the pattern match this one byte of text; `None` when it does not match.
fn step(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern {
        [] => None,
        [b'?', ..] => Some(1),
        [b'\\', escaped, ..] => (*escaped == byte).then_some(2),
        [b'[', class @ ..] => class_step(class, byte),
        [literal, ..] => (*literal == byte).then_some(1),
    }
}

fn class_step(class: &[u8], byte: u8) -> Option<usize> {
    let negated = class.first() == Some(&b'^');
    let mut at = usize::from(negated);
    let mut found = false;
    while at < class.len() && class[at] != b']' {
        if class[at] == b'\\' && at + 1 < class.len() {
            found |= class[at + 1] == byte;
            at += 2;
        } else if at + 2 < class.len() && class[at + 1] == b'-' {
            let (low, high) = (class[at].min(class[at + 2]), class[at].max(class[at + 2]));
            found |= (low..=high).contains(&byte);
            at += 3;
        } else {
            found |= class[at] == byte;
            at += 1;
        }
    }
    // The opening bracket counts, and the closing one where there is one.
    let width = (at + 2).min(class.len() + 1);
    (found != negated).then_some(width)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abbbc", true),
            ("a*c", "abbbd", false),
            ("h?llo", "hello", true),
            ("h[ae]llo", "hallo", true),
            ("h[^e]llo", "hello", false),
            ("h[a-c]llo", "hbllo", true),
            ("h\\*llo", "h*llo", true),
            ("h\\*llo", "hello", false),
            ("*ab*ab", "ababxab", true),
            ("user:*:name", "user:12:name", true),
            ("", "a", false),
            ("[a", "a", true),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} {text}");
        }
    }
}
