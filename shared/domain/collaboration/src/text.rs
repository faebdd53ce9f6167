//! Plain text against plain text: what has to be inserted and deleted, and how two people's changes of one text come
//! together. Positions are counted in UTF-16 code units, as Yjs counts.

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// The room's text: the `Y.Text` of this name.
pub const TEXT_NAME: &str = "content";
/// Lines on both sides together up to which changed parts are looked for line by line. The search is quadratic at worst;
/// beyond, what differs is replaced as a whole.
const LINES_COMPARED_MAX: usize = 4_000;
/// Characters on both sides together up to which a changed part is compared character by character.
const CHARS_COMPARED_MAX: usize = 4_000;

/// At a place, delete and then insert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Where, in UTF-16 code units of the text as it was before all edits.
    pub at: u32,
    /// Code units to delete.
    pub delete: u32,
    /// What to insert there.
    pub insert: String,
}

impl Edit {
    fn end(&self) -> u32 {
        self.at + self.delete
    }

    fn inserted(&self) -> u32 {
        units(&self.insert)
    }
}

/// Names a text: the hash of its bytes.
pub fn text_digest(text: &str) -> [u8; 32] {
    *blake3::hash(text.as_bytes()).as_bytes()
}

/// What makes `new` of `old`, in order and apart from each other. The work is bounded by the lengths.
pub fn edits(old: &str, new: &str) -> Vec<Edit> {
    let mut found = Vec::new();
    let (prefix, old, new) = without_ends(old, new);
    if old.is_empty() && new.is_empty() {
        return found;
    }
    let (old_lines, new_lines): (Vec<_>, Vec<_>) =
        (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    if old_lines.len() + new_lines.len() > LINES_COMPARED_MAX {
        found.push(Edit { at: prefix, delete: units(old), insert: new.to_owned() });
        return found;
    }
    let mut at = prefix;
    for op in capture_diff_slices(Algorithm::Myers, &old_lines, &new_lines) {
        let (before, after) = (old_lines[op.old_range()].concat(), new_lines[op.new_range()].concat());
        if !matches!(op, DiffOp::Equal { .. }) {
            chars(at, &before, &after, &mut found);
        }
        at += units(&before);
    }
    joined(found)
}

/// Character by character, where that is not too much.
fn chars(at: u32, old: &str, new: &str, found: &mut Vec<Edit>) {
    let (prefix, old, new) = without_ends(old, new);
    let mut at = at + prefix;
    let (before, after): (Vec<char>, Vec<char>) = (old.chars().collect(), new.chars().collect());
    if before.len() + after.len() > CHARS_COMPARED_MAX {
        found.push(Edit { at, delete: units(old), insert: new.to_owned() });
        return;
    }
    for op in capture_diff_slices(Algorithm::Myers, &before, &after) {
        let old: String = before[op.old_range()].iter().collect();
        if !matches!(op, DiffOp::Equal { .. }) {
            let insert = after[op.new_range()].iter().collect();
            found.push(Edit { at, delete: units(&old), insert });
        }
        at += units(&old);
    }
}

/// Edits that touch become one: an edit stands for one place.
fn joined(found: Vec<Edit>) -> Vec<Edit> {
    let mut out: Vec<Edit> = Vec::with_capacity(found.len());
    for edit in found {
        if edit.delete == 0 && edit.insert.is_empty() {
            continue;
        }
        match out.last_mut() {
            Some(last) if last.end() == edit.at => {
                last.delete += edit.delete;
                last.insert.push_str(&edit.insert);
            }
            _ => out.push(edit),
        }
    }
    out
}

/// Without what both begin and end with; the length of the beginning first.
fn without_ends<'a>(old: &'a str, new: &'a str) -> (u32, &'a str, &'a str) {
    let same = |pair: &(char, char)| pair.0 == pair.1;
    let bytes = |pair: (char, char)| pair.0.len_utf8();
    let start: usize = old.chars().zip(new.chars()).take_while(same).map(bytes).sum();
    let prefix = units(&old[..start]);
    let (old, new) = (&old[start..], &new[start..]);
    let end: usize = old.chars().rev().zip(new.chars().rev()).take_while(same).map(bytes).sum();
    (prefix, &old[..old.len() - end], &new[..new.len() - end])
}

pub(crate) fn units(text: &str) -> u32 {
    text.chars().map(|c| c.len_utf16() as u32).sum()
}

/// What has to be done to `ours` so that it has, beside its own changes of `base`, those that `theirs` made of it. Where
/// both made the same change, it is there once; where theirs deletes what ours has changed, ours stays.
pub fn merged_edits(base: &str, ours: &str, theirs: &str) -> Vec<Edit> {
    if base == ours {
        return edits(ours, theirs);
    }
    let mine = edits(base, ours);
    let mut out: Vec<Edit> = Vec::new();
    for change in edits(base, theirs) {
        if mine.contains(&change) {
            continue;
        }
        // What of the deleted range still stands in ours: whatever lies between our own edits.
        let mut from = change.at;
        for edit in mine.iter().filter(|edit| edit.end() >= change.at && edit.at <= change.end()) {
            push_deletion(&mut out, &mine, from, edit.at.min(change.end()));
            from = from.max(edit.end());
        }
        push_deletion(&mut out, &mine, from, change.end());
        if !change.insert.is_empty() {
            out.push(Edit { at: place(&mine, change.at), delete: 0, insert: change.insert });
        }
    }
    out.sort_by_key(|edit| edit.at);
    joined_in_place(out)
}

fn push_deletion(out: &mut Vec<Edit>, mine: &[Edit], from: u32, to: u32) {
    if from < to {
        out.push(Edit { at: place(mine, from), delete: to - from, insert: String::new() });
    }
}

/// An insertion and a deletion at one place are one edit; others stay apart.
fn joined_in_place(found: Vec<Edit>) -> Vec<Edit> {
    let mut out: Vec<Edit> = Vec::with_capacity(found.len());
    for edit in found {
        match out.last_mut() {
            Some(last) if last.at == edit.at => {
                last.delete += edit.delete;
                last.insert.push_str(&edit.insert);
            }
            _ => out.push(edit),
        }
    }
    out
}

/// Where the place `at` of the base is after `mine`: behind what was put there.
fn place(mine: &[Edit], at: u32) -> u32 {
    let mut shift = 0i64;
    for edit in mine.iter().take_while(|edit| edit.at <= at) {
        if edit.end() > at {
            // Within what was replaced: behind what took its place.
            return (i64::from(edit.at) + shift) as u32 + edit.inserted();
        }
        shift += i64::from(edit.inserted()) - i64::from(edit.delete);
    }
    (i64::from(at) + shift) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn apply(text: &str, edits: &[Edit]) -> String {
        let mut all: Vec<u16> = text.encode_utf16().collect();
        for edit in edits.iter().rev() {
            let (start, end) = (edit.at as usize, edit.end() as usize);
            all.splice(start..end, edit.insert.encode_utf16());
        }
        String::from_utf16(&all).unwrap()
    }

    #[test]
    fn little_is_changed_for_a_little_change() {
        let found = edits("one\ntwo 😀 three\nfour\n", "one\ntwo 😀😀 three\nfour\n");
        assert_eq!(found, [Edit { at: 10, delete: 0, insert: "😀".to_owned() }]);
        let old = "line\n".repeat(10_000);
        let new = format!("{old}last");
        assert_eq!(edits(&old, &new), [Edit { at: 50_000, delete: 0, insert: "last".to_owned() }]);
    }

    #[test]
    fn texts_that_have_nothing_in_common_are_replaced() {
        let old: String = (0..5_000).map(|n| format!("{n}\n")).collect();
        let new: String = (0..5_000).map(|n| format!("{}x\n", n * 7)).collect();
        let found = edits(&old, &new);
        assert_eq!(apply(&old, &found), new);
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn both_sides_changes_are_kept() {
        let merged = |base: &str, ours: &str, theirs: &str| apply(ours, &merged_edits(base, ours, theirs));
        assert_eq!(merged("a b c", "a B c", "a b c d"), "a B c d");
        assert_eq!(merged("a b c", "a b c!", "a b c!"), "a b c!", "the same change is there once");
        assert_eq!(merged("", "ours", "theirs"), "ourstheirs");
        assert_eq!(merged("one two six", "one six", "one 2 six"), "one 2six");
        assert_eq!(merged("abcdef", "abXcdef", ""), "X", "what was typed in the meantime stays");
        assert_eq!(merged("😀b", "😀b😀", "😀😀b"), "😀😀b😀");
    }

    proptest! {
        #[test]
        fn edits_make_the_one_of_the_other(old in "[ab\n😀é]{0,60}", new in "[ab\n😀é]{0,60}") {
            prop_assert_eq!(apply(&old, &edits(&old, &new)), new);
        }

        #[test]
        fn a_merge_with_an_unchanged_side_is_the_other(base in "[ab\n😀]{0,40}", changed in "[ab\n😀]{0,40}") {
            prop_assert_eq!(&apply(&base, &merged_edits(&base, &base, &changed)), &changed);
            prop_assert_eq!(&apply(&changed, &merged_edits(&base, &changed, &base)), &changed);
            prop_assert_eq!(apply(&changed, &merged_edits(&base, &changed, &changed)), changed);
        }

        #[test]
        fn a_merge_is_text_again(base in "[ab\n😀]{0,40}", ours in "[ab\n😀]{0,40}", theirs in "[ab\n😀]{0,40}") {
            apply(&ours, &merged_edits(&base, &ours, &theirs));
        }
    }
}
