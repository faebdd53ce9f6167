//! What changed between two texts: hunks of lines, as a unified diff has them.

use serde::Serialize;
use similar::{ChangeTag, TextDiff};
use std::time::Duration;

/// Bytes of each of the two texts that are compared.
pub(super) const COMPARED_BYTES_MAX: usize = 512 * 1024;
/// How long may be thought about it; what was not found equal by then counts as changed.
const TIME_MAX: Duration = Duration::from_millis(250);
/// Lines around a change.
const CONTEXT_LINES: usize = 3;
/// Lines of all hunks.
const LINES_MAX: usize = 5_000;

/// What changed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Changes {
    /// In their order; none where nothing changed.
    pub(super) hunks: Vec<Hunk>,
    /// Lines that came.
    pub(super) inserted: usize,
    /// Lines that went.
    pub(super) deleted: usize,
    /// Whether the texts were too long to compare whole, or there was too much to show.
    pub(super) truncated: bool,
}

/// Lines that changed, with some around them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Hunk {
    /// The first line, from 1 on, in the older text.
    #[schema(example = 12)]
    old_start: usize,
    /// The first line, from 1 on, in the newer text.
    #[schema(example = 12)]
    new_start: usize,
    /// The lines.
    lines: Vec<Line>,
}

/// A line of a hunk.
#[derive(Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(crate) struct Line {
    /// Whether it stayed, came or went.
    tag: Tag,
    /// It, without its end.
    text: String,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tag {
    /// It stayed.
    Equal,
    /// It went.
    Delete,
    /// It came.
    Insert,
}

/// What changed from `old` to `new`.
pub(super) fn compare(old: &str, new: &str) -> Changes {
    let (old, new) = (cut(old, COMPARED_BYTES_MAX), cut(new, COMPARED_BYTES_MAX));
    let mut truncated = old.1 || new.1;
    let diff = TextDiff::configure().timeout(TIME_MAX).diff_lines(old.0, new.0);
    let (mut hunks, mut lines_left, mut inserted, mut deleted) = (Vec::new(), LINES_MAX, 0, 0);
    for group in diff.grouped_ops(CONTEXT_LINES) {
        let Some(first) = group.first() else { continue };
        let (old_start, new_start) = (first.old_range().start + 1, first.new_range().start + 1);
        let mut lines = Vec::new();
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let tag = match change.tag() {
                ChangeTag::Equal => Tag::Equal,
                ChangeTag::Delete => Tag::Delete,
                ChangeTag::Insert => Tag::Insert,
            };
            inserted += usize::from(tag == Tag::Insert);
            deleted += usize::from(tag == Tag::Delete);
            if lines_left == 0 {
                truncated = true;
                continue;
            }
            lines_left -= 1;
            lines.push(Line { tag, text: change.value().trim_end_matches(['\r', '\n']).to_owned() });
        }
        if !lines.is_empty() {
            hunks.push(Hunk { old_start, new_start, lines });
        }
    }
    Changes { hunks, inserted, deleted, truncated }
}

/// At most so many bytes of a text, whole characters, and whether that is not all of it.
pub(super) fn cut(text: &str, bytes: usize) -> (&str, bool) {
    if text.len() <= bytes {
        return (text, false);
    }
    let end = (0..=bytes).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    (&text[..end], true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(changes: &Changes) -> Vec<String> {
        let sign = |tag| match tag {
            Tag::Equal => ' ',
            Tag::Delete => '-',
            Tag::Insert => '+',
        };
        changes
            .hunks
            .iter()
            .flat_map(|hunk| &hunk.lines)
            .map(|line| format!("{}{}", sign(line.tag), line.text))
            .collect()
    }

    #[test]
    fn a_change_is_shown_with_what_is_around_it() {
        let old: String = (1..=20).map(|line| format!("line {line}\n")).collect();
        let new = old.replace("line 10\n", "line ten\nand a half\n");
        let changes = compare(&old, &new);
        let expected = [
            " line 7",
            " line 8",
            " line 9",
            "-line 10",
            "+line ten",
            "+and a half",
            " line 11",
            " line 12",
            " line 13",
        ];
        assert_eq!(lines(&changes), expected);
        assert_eq!((changes.hunks[0].old_start, changes.hunks[0].new_start), (7, 7));
        assert_eq!((changes.inserted, changes.deleted, changes.truncated), (2, 1, false));
        assert!(compare(&old, &old).hunks.is_empty());
    }

    #[test]
    fn much_is_cut_and_says_so() {
        let new: String = (0..LINES_MAX + 10).map(|line| format!("{line}\n")).collect();
        let changes = compare("", &new);
        assert_eq!(
            (changes.hunks[0].lines.len(), changes.inserted, changes.truncated),
            (LINES_MAX, LINES_MAX + 10, true)
        );
        let long = "ä".repeat(COMPARED_BYTES_MAX);
        assert!(compare(&long, &long).truncated);
        assert_eq!(cut("äöü", 3), ("ä", true));
    }
}
