//! Text that is fit to be sent.

/// Cuts to so many characters; what is cut ends in an ellipsis.
pub(super) fn shorten(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(max.saturating_sub(1)).collect();
    cut.truncate(cut.trim_end().len());
    cut.push('…');
    cut
}

/// One line: whatever is blank is one space, what controls or turns the direction of writing is left out. Nothing in it can
/// begin another header, or look like another line.
pub(super) fn line(text: &str, max: usize) -> String {
    let visible: String = text.chars().map(|char| if char.is_whitespace() { ' ' } else { char }).collect();
    let words: Vec<String> = visible
        .split(' ')
        .map(|word| word.chars().filter(|char| !is_hidden(*char)).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect();
    shorten(&words.join(" "), max)
}

/// Paragraphs: no more than one empty line between two, nothing blank at the ends of lines or of the whole.
pub(super) fn paragraphs(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines() {
        let line: String = line.trim_end().chars().filter(|char| *char == '\t' || !is_hidden(*char)).collect();
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            clean.push_str(&line);
            clean.push('\n');
        }
    }
    clean.trim_matches('\n').to_owned()
}

/// HTML as it is, without characters that no document may have.
pub(super) fn html(text: String) -> String {
    let forbidden = |char: char| char.is_control() && !matches!(char, '\n' | '\t');
    if text.contains(forbidden) { text.replace(forbidden, "") } else { text }
}

fn is_hidden(char: char) -> bool {
    // What turns the direction of writing makes a name look like another.
    char.is_control() || matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(shorten("äöü", 3), "äöü");
        assert_eq!(shorten("äöüß", 3), "äö…");
        assert_eq!(paragraphs("\n\na  \n\n\n\nb\r\nc\n"), "a\n\nb\nc");
    }

    proptest! {
        #[test]
        fn a_line_is_one_line(text in "[\\s\\S]{0,300}") {
            let line = line(&text, 100);
            let breaks = line.chars().any(|char| char.is_control() || matches!(char, '\u{2028}' | '\u{2029}'));
            prop_assert!(!breaks, "{:?}", line);
            prop_assert!(line.chars().count() <= 100);
        }
    }
}
