//! What a later section is told of an earlier one.

use super::line::{Fences, Kind};
use crate::limits::GIST_CHARS_MAX;

/// The first prose of a section, at most [`GIST_CHARS_MAX`] characters, on one line. No call is made for it: a section
/// begins with what it is about.
pub fn gist(text: &str) -> String {
    let mut fences = Fences::default();
    let mut gist = String::new();
    let prose = text.lines().filter(|line| {
        let is_mark = line.trim_start().starts_with(['#', '|', '>']);
        fences.kind(line) == Kind::Prose && !is_mark
    });
    for word in prose.flat_map(str::split_whitespace) {
        if gist.chars().count() + word.chars().count() + 1 >= GIST_CHARS_MAX {
            gist.push('…');
            break;
        }
        if !gist.is_empty() {
            gist.push(' ');
        }
        gist.push_str(word);
    }
    gist
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_only_and_bounded() {
        assert_eq!(gist("### Sub\n\nIt is so.\n\n```\ncode\n```\n- And so."), "It is so. - And so.");
        let long = gist(&"word ".repeat(1_000));
        assert!(long.chars().count() <= GIST_CHARS_MAX && long.ends_with("word…"));
    }
}
