//! Lines of Markdown: which are code, and single lines of plain text.

/// What a stretch of Markdown is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Prose,
    Code,
}

/// Tells which lines are in a fenced code block (CommonMark 0.31, section 4.5).
#[derive(Debug, Default)]
pub(super) struct Fences {
    open: Option<(char, usize)>,
}

impl Fences {
    /// What `line` is, which comes after those that were asked before. The fences themselves are code.
    pub(super) fn kind(&mut self, line: &str) -> Kind {
        let trimmed = line.trim_start();
        let mark = trimmed.chars().next().filter(|mark| matches!(mark, '`' | '~'));
        let run = mark.map_or(0, |mark| trimmed.chars().take_while(|c| *c == mark).count());
        match (self.open, mark) {
            (None, Some(mark)) if run >= 3 => {
                self.open = Some((mark, run));
                Kind::Code
            }
            (None, _) => Kind::Prose,
            (Some((open, least)), Some(mark)) if mark == open && run >= least && trimmed[run..].trim().is_empty() => {
                self.open = None;
                Kind::Code
            }
            (Some(_), _) => Kind::Code,
        }
    }
}

/// Applies `change` to the prose of a text, and leaves its code, in blocks and in lines, as it is.
pub(super) fn map_prose(text: &str, mut change: impl FnMut(&str) -> String) -> String {
    let mut fences = Fences::default();
    let mut out = String::with_capacity(text.len());
    for (number, line) in text.lines().enumerate() {
        if number > 0 {
            out.push('\n');
        }
        if fences.kind(line) == Kind::Code {
            out.push_str(line);
            continue;
        }
        let mut rest = line;
        while let Some(start) = rest.find('`') {
            let run = rest[start..].bytes().take_while(|byte| *byte == b'`').count();
            let inner = start + run;
            let Some(close) = rest[inner..].find(&rest[start..inner]) else { break };
            out.push_str(&change(&rest[..start]));
            out.push_str(&rest[start..inner + close + run]);
            rest = &rest[inner + close + run..];
        }
        out.push_str(&change(rest));
    }
    out
}

/// One line of at most `chars_max` characters, without marks of a heading or of emphasis around it.
pub(super) fn plain_line(text: &str, chars_max: usize) -> String {
    let line: String = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).fold(
        String::new(),
        |mut line, word| {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
            line
        },
    );
    let bare = line.trim_start_matches(['#', ' ']).trim_matches(['*', '_', ' ']).trim_end_matches([':', ' ']);
    bare.chars().take(chars_max).collect::<String>().trim().to_owned()
}

/// The text after `1. `, `2) `, `3 - `, `Section 4: ` or `IV. `; the text itself where there is no number before it.
pub(super) fn unnumbered(text: &str) -> &str {
    let text = text.trim();
    let word = ["Section ", "section ", "Chapter ", "chapter "].into_iter().find_map(|word| text.strip_prefix(word));
    let after = word.unwrap_or(text);
    let digits = after.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let rest = &after[digits..];
    let has_number = after.starts_with(|c: char| c.is_ascii_digit());
    let separated =
        after[..digits].ends_with('.') || rest.starts_with([')', ':', '-', '–', '.']) || rest.starts_with(" -");
    let bare = rest.trim_start_matches([')', ':', '-', '–', '.', ' ']);
    if has_number && digits <= 6 && separated && !bare.is_empty() { bare } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_left_alone() {
        let text = "a[1] `b[1]` c\n```rust\nd[1]\n~~~\n```\n~~~~\ne\n~~~\n~~~~\nf ``g ` h`` i ` j";
        let shouted = map_prose(text, str::to_uppercase);
        let expected = "A[1] `b[1]` C\n```rust\nd[1]\n~~~\n```\n~~~~\ne\n~~~\n~~~~\nF ``g ` h`` I ` J";
        assert_eq!(shouted, expected);
    }

    #[test]
    fn numbers_before_a_heading_go() {
        for (text, bare) in [
            ("1. Costs", "Costs"),
            ("2) Costs", "Costs"),
            ("1.2. Costs", "Costs"),
            ("Section 3: Costs", "Costs"),
            ("4 - Costs", "Costs"),
            ("2026 in numbers", "2026 in numbers"),
            ("1.", "1."),
            ("Section on costs", "Section on costs"),
        ] {
            assert_eq!(unnumbered(text), bare, "{text}");
        }
    }

    #[test]
    fn a_line_is_plain_and_bounded() {
        assert_eq!(plain_line(" ## **Costs\n and\u{0}risks:** ", 100), "Costs and risks");
        assert_eq!(plain_line("ääää", 2), "ää");
    }
}
