//! Patterns with `*` (any run) and, where asked for, `?` (any one character).

/// Whether `text` matches `pattern`, in which only `*` is special.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    matches_tokens(
        &pattern.iter().map(|&c| if c == '*' { Token::Any } else { Token::Char(c) }).collect::<Vec<_>>(),
        &text,
    )
}

enum Token {
    Any,
    One,
    Char(char),
}

/// A parsed pattern of the `wildcard` query: `*`, `?`, and `\` before a character that is meant literally.
pub(crate) struct Pattern(Vec<Token>);

impl Pattern {
    pub(crate) fn parse(pattern: &str) -> Self {
        let mut tokens = Vec::new();
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            tokens.push(match c {
                '*' => Token::Any,
                '?' => Token::One,
                '\\' => Token::Char(chars.next().unwrap_or('\\')),
                c => Token::Char(c),
            });
        }
        Self(tokens)
    }

    /// The literal characters before the first special one.
    pub(crate) fn literal_prefix(&self) -> String {
        self.0.iter().map_while(|token| if let Token::Char(c) = token { Some(*c) } else { None }).collect()
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        matches_tokens(&self.0, &text.chars().collect::<Vec<_>>())
    }
}

// Greedy with one step back to the last `*`: linear in practice, quadratic at worst, never exponential.
fn matches_tokens(pattern: &[Token], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Token::Any) => {
                star = Some((p, t));
                p += 1;
            }
            Some(Token::One) => {
                p += 1;
                t += 1;
            }
            Some(Token::Char(c)) if *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((star_p, star_t)) => {
                    star = Some((star_p, star_t + 1));
                    p = star_p + 1;
                    t = star_t + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|token| matches!(token, Token::Any))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_match_any_run() {
        assert!(matches("docs-*", "docs-v1"));
        assert!(matches("*a*b", "xxaxxb"));
        assert!(!matches("a*c", "abd"));
        assert!(!matches("doc?", "docs"));
    }

    #[test]
    fn wildcard_patterns_know_question_marks_and_escapes() {
        assert!(Pattern::parse("gr?y").matches("grey"));
        assert!(Pattern::parse("a\\*b").matches("a*b"));
        assert!(!Pattern::parse("a\\*b").matches("axb"));
        assert_eq!(Pattern::parse("ab*c").literal_prefix(), "ab");
    }
}
