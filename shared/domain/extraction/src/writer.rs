//! Builds the text of an extraction: blanks collapsed, control characters dropped, cut at the limit.

/// What stands between two pieces of text. The strongest that was asked for wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Blank,
    Line,
}

/// Collects text up to a number of bytes.
#[derive(Debug)]
pub(crate) struct TextWriter {
    text: String,
    bytes_max: usize,
    gap: Gap,
    truncated: bool,
}

impl TextWriter {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { text: String::new(), bytes_max, gap: Gap::None, truncated: false }
    }

    /// Adds running text: any white space is one blank.
    pub(crate) fn push(&mut self, text: &str) {
        self.write(text, Gap::Blank);
    }

    /// Adds text whose line ends matter.
    pub(crate) fn push_lines(&mut self, text: &str) {
        self.write(text, Gap::Line);
    }

    /// What follows begins a new line.
    pub(crate) fn end_line(&mut self) {
        self.gap = self.gap.max(Gap::Line);
    }

    /// What follows is a word of its own.
    pub(crate) fn end_word(&mut self) {
        self.gap = self.gap.max(Gap::Blank);
    }

    /// Whether more text would be left out.
    pub(crate) fn is_full(&self) -> bool {
        self.truncated
    }

    /// Notes that text was left out for another reason than this writer's limit.
    pub(crate) fn mark_truncated(&mut self) {
        self.truncated = true;
    }

    /// The text, and whether some was left out.
    pub(crate) fn finish(self) -> (String, bool) {
        (self.text, self.truncated)
    }

    fn write(&mut self, text: &str, line_feed: Gap) {
        let mut rest = text;
        while !self.truncated {
            // One word at a time, so that the common case copies slices instead of characters.
            let end = rest.find(is_special).unwrap_or(rest.len());
            if end > 0 {
                self.word(&rest[..end]);
            }
            let Some(special) = rest[end..].chars().next() else { return };
            if special == '\n' {
                self.gap = self.gap.max(line_feed);
            } else if special.is_whitespace() {
                self.gap = self.gap.max(Gap::Blank);
            }
            rest = &rest[end + special.len_utf8()..];
        }
    }

    fn word(&mut self, word: &str) {
        let separator = match self.gap {
            _ if self.text.is_empty() => "",
            Gap::None => "",
            Gap::Blank => " ",
            Gap::Line => "\n",
        };
        let room = self.bytes_max.saturating_sub(self.text.len() + separator.len());
        self.gap = Gap::None;
        if word.len() <= room {
            self.text.push_str(separator);
            self.text.push_str(word);
            return;
        }
        self.truncated = true;
        // A part of a word would be found as a word that nobody wrote; only one that is longer than any is cut.
        if self.text.is_empty() {
            self.text.push_str(&word[..word.floor_char_boundary(room)]);
        }
    }
}

/// White space, and what must not get into text: control characters, and marks that are not seen but split a word for
/// search (soft hyphen, zero width space, byte order mark) or are no characters.
fn is_special(character: char) -> bool {
    if character.is_ascii() {
        return character <= ' ' || character == '\u{7f}';
    }
    character.is_whitespace()
        || matches!(character, '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{200b}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// `text` on one line of at most `chars_max` characters; none if nothing is left.
pub(crate) fn line(text: &str, chars_max: usize) -> Option<String> {
    // A character has at most four bytes; what is beyond cannot be within the limit either.
    let mut writer = TextWriter::new(chars_max.saturating_mul(4));
    writer.push(text);
    let (line, _) = writer.finish();
    let cut = line.char_indices().nth(chars_max).map_or(line.len(), |(position, _)| position);
    let line = line[..cut].trim_end();
    (!line.is_empty()).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn blanks_collapse_and_control_characters_go() {
        let mut writer = TextWriter::new(1000);
        writer.push("  one\t\n two\u{0}\u{ad}three ");
        writer.end_line();
        writer.end_line();
        writer.push("four");
        writer.push("five");
        writer.push_lines("\n\nsix\r\nseven\u{a0}eight");
        assert_eq!(writer.finish(), ("one twothree\nfourfive\nsix\nseven eight".to_owned(), false));
    }

    #[test]
    fn text_is_cut_between_words() {
        let mut writer = TextWriter::new(9);
        writer.push("alpha beta gamma");
        assert_eq!(writer.finish(), ("alpha".to_owned(), true));
        let mut writer = TextWriter::new(5);
        writer.push("ääää");
        assert_eq!(writer.finish(), ("ää".to_owned(), true));
    }

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(line(" a\nb ", 10).as_deref(), Some("a b"));
        assert_eq!(line("abc def", 4).as_deref(), Some("abc"));
        assert_eq!(line(" \u{0} ", 10), None);
    }

    proptest! {
        #[test]
        fn split_anywhere_gives_the_same(text in "[a-z \n\u{0}ä]{0,60}", at in 0usize..60, limit in 0usize..80) {
            let at = text.floor_char_boundary(at.min(text.len()));
            let whole = { let mut writer = TextWriter::new(limit); writer.push_lines(&text); writer.finish() };
            prop_assert!(whole.0.len() <= limit);
            if !whole.1 {
                let mut writer = TextWriter::new(limit);
                writer.push_lines(&text[..at]);
                writer.push_lines(&text[at..]);
                prop_assert_eq!(writer.finish(), whole);
            }
        }
    }
}
