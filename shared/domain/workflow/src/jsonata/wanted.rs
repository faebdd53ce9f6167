//! What of `$states` and the variables an expression looks at, so that no more of them is turned into the engine's values.
//! Found in the text, not in the tree: too much may be found, which costs time, but never too little.

use std::collections::BTreeMap;

/// What ends a name, besides blanks.
const OPERATORS: &str = ".[]{}(),@#;:?+-*/%|=<>^&!~\"'`";

/// Words that are no names.
const WORDS: [&str; 7] = ["and", "or", "in", "function", "true", "false", "null"];

/// A part of a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wanted {
    /// All of it.
    All,
    /// Of an object these members. Of anything else all.
    Parts(BTreeMap<String, Wanted>),
}

impl Wanted {
    /// What of this member; none if nothing.
    pub(super) fn part(&self, name: &str) -> Option<&Wanted> {
        match self {
            Self::All => Some(&Self::All),
            Self::Parts(parts) => parts.get(name),
        }
    }

    fn add(&mut self, names: &[&str]) {
        match (self, names) {
            (Self::All, _) => {}
            (whole, []) => *whole = Self::All,
            (Self::Parts(parts), [name, rest @ ..]) => {
                parts.entry((*name).to_owned()).or_insert_with(|| Self::Parts(BTreeMap::new())).add(rest);
            }
        }
    }
}

/// The names that begin with `$`, with what of them is looked at.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Roots(BTreeMap<String, Wanted>);

impl Roots {
    pub(super) fn of(expression: &str) -> Self {
        let mut roots: BTreeMap<String, Wanted> = BTreeMap::new();
        // `%` looks at what a value is in; or it divides.
        let parents = expression.contains('%');
        for (at, _) in expression.match_indices('$') {
            let mut rest = &expression[at + 1..];
            let root = name(rest);
            rest = &rest[root.len()..];
            let mut names = Vec::new();
            while let Some(after) = rest.strip_prefix('.') {
                let next = name(after);
                let begins = next.starts_with(|c: char| c.is_alphabetic() || c == '_');
                let follows = &after[next.len()..];
                if !begins || next.contains('$') || WORDS.contains(&next) || called(follows) {
                    break;
                }
                names.push(next);
                rest = follows;
            }
            let names = if parents { &[] } else { names.as_slice() };
            roots.entry(root.to_owned()).or_insert_with(|| Wanted::Parts(BTreeMap::new())).add(names);
        }
        Self(roots)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Wanted)> {
        self.0.iter().map(|(name, wanted)| (name.as_str(), wanted))
    }
}

/// The name that a text begins with.
fn name(text: &str) -> &str {
    let end = text.find(|c: char| c.is_whitespace() || OPERATORS.contains(c)).unwrap_or(text.len());
    &text[..end]
}

fn called(rest: &str) -> bool {
    rest.trim_start().starts_with('(')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(expression: &str, root: &str) -> Option<Wanted> {
        Roots::of(expression).0.get(root).cloned()
    }

    fn parts(names: &[(&str, Wanted)]) -> Wanted {
        Wanted::Parts(names.iter().map(|(name, wanted)| ((*name).to_owned(), wanted.clone())).collect())
    }

    #[test]
    fn names_are_followed_as_far_as_they_are_plain() {
        use Wanted::All;
        let input = |inner: Wanted| Some(parts(&[("input", inner)]));
        assert_eq!(wanted("$states.input.a.b + 1", "states"), input(parts(&[("a", parts(&[("b", All)]))])));
        assert_eq!(wanted("$states.input.a[b=1].c", "states"), input(parts(&[("a", All)])));
        assert_eq!(wanted("$states.input.a.$sum(b)", "states"), input(parts(&[("a", All)])));
        assert_eq!(wanted("$states.input.*", "states"), input(All));
        assert_eq!(wanted("$keys($states.input)", "states"), input(All));
        assert_eq!(wanted("$states.input.`a b`", "states"), input(All));
        assert_eq!(wanted("$states.input.a and $states.input.b", "states"), input(parts(&[("a", All), ("b", All)])));
        assert_eq!(wanted("$states.input.a.b & $states.input.a", "states"), input(parts(&[("a", All)])));
        assert_eq!(wanted("$states.input.a .b", "states"), input(parts(&[("a", All)])));
        assert_eq!(wanted("$states.input.a.b.%.c", "states"), Some(All));
        assert_eq!(wanted("$states", "states"), Some(All));
        assert_eq!(wanted("$lookup($states, 'input')", "states"), Some(All));
        assert_eq!(wanted("$x.y + $xy", "x"), Some(parts(&[("y", All)])));
        assert_eq!(wanted("$xy", "x"), None);
        assert_eq!(wanted("$states.input.function($v){$v}", "states"), input(All));
    }
}
