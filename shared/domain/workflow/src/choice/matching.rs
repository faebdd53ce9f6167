//! `StringMatches`: a text against a pattern in which `*` stands for any characters, also none.

/// One place of a pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// `*`.
    Anything,
    One(char),
}

/// Whether a whole text matches. A backslash makes the next character stand for itself. Time grows with the product of
/// the two lengths at most.
pub(super) fn matches(text: &str, pattern: &str) -> bool {
    let mut places = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' => places.push(Place::Anything),
            '\\' => places.push(Place::One(chars.next().unwrap_or('\\'))),
            c => places.push(Place::One(c)),
        }
    }
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut place) = (0, 0);
    // Where to go on when what follows the last `*` does not fit: one character more for that `*`.
    let mut last: Option<(usize, usize)> = None;
    while let Some(c) = text.get(at) {
        match places.get(place) {
            Some(Place::Anything) => {
                place += 1;
                last = Some((at, place));
            }
            Some(Place::One(wanted)) if wanted == c => {
                at += 1;
                place += 1;
            }
            _ => match last {
                Some((from, after)) => {
                    last = Some((from + 1, after));
                    at = from + 1;
                    place = after;
                }
                None => return false,
            },
        }
    }
    places.get(place..).unwrap_or_default().iter().all(|place| *place == Place::Anything)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_stand_for_anything_and_a_backslash_for_itself() {
        for (text, pattern) in [
            ("log-2024.txt", "log-*.txt"),
            ("foo23", "foo*"),
            ("", ""),
            ("", "*"),
            ("foobar.zebra", "*bar.*z*a"),
            ("a*b", "a\\*b"),
            ("a\\b", "a\\\\b"),
            ("aaab", "*ab"),
            ("ß*", "*\\*"),
        ] {
            assert!(matches(text, pattern), "{text} {pattern}");
        }
        for (text, pattern) in [("a", ""), ("", "a"), ("axb", "a\\*b"), ("foo", "foo*x"), ("abc", "*b")] {
            assert!(!matches(text, pattern), "{text} {pattern}");
        }
    }

    #[test]
    fn a_hostile_pattern_does_not_take_forever() {
        assert!(!matches(&"a".repeat(20_000), &format!("{}b", "a*".repeat(1_000))));
    }
}
