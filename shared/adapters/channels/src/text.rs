//! What others said, as it is kept.

/// Longest text of an answer that is kept, in characters.
const DETAIL_CHARS_MAX: usize = 500;

/// What somebody said, on one line and cut: it goes into the log and onto pages.
pub(crate) fn said(text: &str) -> String {
    let words = text.chars().map(|char| if char.is_control() { ' ' } else { char });
    let line: String = words.take(4 * DETAIL_CHARS_MAX).collect();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(DETAIL_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_and_not_too_long() {
        assert_eq!(said("a\r\nb\u{0}\tc  "), "a b c");
        let long = said(&"ä".repeat(100_000));
        assert_eq!((long.chars().count(), long.ends_with('…')), (DETAIL_CHARS_MAX + 1, true));
    }
}
