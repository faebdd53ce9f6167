//! Words and phrases that refuse a prompt.

use std::collections::HashMap;

/// Words and phrases, matched as whole words, without regard to case, to the kind and amount of white space, and to
/// characters that nobody sees. Signs count: `c++` is not `c`. In scripts that put no space between words every
/// character is a word.
///
/// To build it costs about what reading its words does; to look through a text, once through it.
#[derive(Debug, Clone, Default)]
pub struct BlockList {
    words: Vec<String>,
    /// A trie over tokens: from a node and a token to the next node. Node 0 is the root.
    steps: HashMap<(usize, String), usize>,
    /// From a node to the entry that ends there.
    ends: HashMap<usize, usize>,
    nodes: usize,
}

impl BlockList {
    /// Of these. What holds neither letters nor signs is left out.
    pub fn new<S: AsRef<str>>(words: &[S]) -> Self {
        let mut list = Self::default();
        for word in words {
            let mut node = 0;
            for token in tokens(&folded(word.as_ref())) {
                let next = list.nodes + 1;
                node = *list.steps.entry((node, token.to_owned())).or_insert(next);
                list.nodes = list.nodes.max(node);
            }
            if node != 0 {
                list.ends.entry(node).or_insert(list.words.len());
                list.words.push(word.as_ref().to_owned());
            }
        }
        list
    }

    /// Whether it refuses nothing.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The first of them that `text` holds, as it was given.
    pub fn find(&self, text: &str) -> Option<&str> {
        if self.is_empty() {
            return None;
        }
        let folded = folded(text);
        // Every node that a match under way has come to: one a phrase at most, and nearly always none.
        let mut under_way: Vec<usize> = Vec::new();
        for token in tokens(&folded) {
            let mut key = (0, token.to_owned());
            under_way.push(0);
            under_way.retain_mut(|node| {
                key.0 = *node;
                self.steps.get(&key).is_some_and(|next| {
                    *node = *next;
                    true
                })
            });
            if let Some(entry) = under_way.iter().find_map(|node| self.ends.get(node)) {
                return Some(&self.words[*entry]);
            }
        }
        None
    }
}

/// In small letters (each character by itself), without what nobody sees.
fn folded(text: &str) -> String {
    text.chars().filter(|c| !is_hidden(*c)).flat_map(char::to_lowercase).collect()
}

/// Characters without width, soft hyphens and marks of direction.
pub(super) fn is_hidden(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// Runs of letters and digits, and every other sign by itself.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        let joins = |c: char| c.is_alphanumeric() && !stands_alone(c);
        let end = if joins(first) { rest.find(|c: char| !joins(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        let (token, after) = rest.split_at(end);
        rest = after;
        Some(token)
    })
}

/// Scripts without spaces: Han, kana, Thai, Lao, Khmer, Burmese.
fn stands_alone(c: char) -> bool {
    matches!(c, '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_in_any_case_and_spacing() {
        let list = BlockList::new(&["Project Falcon", "c++", "ÄRGER", "机密"]);
        assert_eq!(list.find("about PROJECT\n\tfalcon, please"), Some("Project Falcon"));
        assert_eq!(list.find("I like C++."), Some("c++"));
        assert_eq!(list.find("kein Ärger"), Some("ÄRGER"));
        assert_eq!(list.find("这是机密文件"), Some("机密"));
        for clean in ["projects falcon", "project falconer", "project, falcon", "c+ c", "Ärgernis", "机 器 秘密", ""]
        {
            assert_eq!(list.find(clean), None, "{clean}");
        }
    }

    #[test]
    fn a_phrase_is_found_within_and_after_another_that_began_like_it() {
        let list = BlockList::new(&["foo bar baz", "bar", "a a b"]);
        assert_eq!(list.find("foo bar"), Some("bar"));
        assert_eq!(list.find("a a a b"), Some("a a b"));
        assert_eq!(BlockList::new(&["foo bar baz", "foo"]).find("foo bar"), Some("foo"));
    }

    #[test]
    fn what_nobody_sees_hides_nothing() {
        let list = BlockList::new(&["falcon"]);
        assert_eq!(list.find("fal\u{200b}c\u{ad}on"), Some("falcon"));
    }

    #[test]
    fn an_empty_list_refuses_nothing() {
        assert!(BlockList::new(&["", "  ", "\u{200b}"]).is_empty());
        assert_eq!(BlockList::new::<&str>(&[]).find("anything"), None);
    }
}
