//! Prompts whose answer a test can foresee to the letter: `echo: X`, `count to N`, `repeat N words`.

use std::fmt::Write as _;

/// The most numbers or words that are written.
const WORDS_MAX: usize = 100_000;

/// The answer, if the question is one of these.
pub(super) fn answer(question: &str) -> Option<String> {
    let question = question.trim();
    if let Some(head) = question.get(..5)
        && head.eq_ignore_ascii_case("echo:")
    {
        return Some(question[5..].trim().to_owned());
    }
    let mut words = question.trim_end_matches(['.', '!']).split_ascii_whitespace();
    let (first, second, third) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() {
        return None;
    }
    if first.eq_ignore_ascii_case("count") && second.eq_ignore_ascii_case("to") {
        let last: usize = third.parse().ok()?;
        let mut numbers = String::new();
        for number in 1..=last.min(WORDS_MAX) {
            let _ = write!(numbers, "{}{number}", if number > 1 { " " } else { "" });
        }
        return Some(numbers);
    }
    if first.eq_ignore_ascii_case("repeat")
        && (third.eq_ignore_ascii_case("words") || third.eq_ignore_ascii_case("word"))
    {
        let count: usize = second.parse().ok()?;
        return Some("word ".repeat(count.min(WORDS_MAX)).trim_end().to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::count_tokens;

    #[test]
    fn each_is_answered_to_the_letter() {
        assert_eq!(answer("echo: Hello there. ").as_deref(), Some("Hello there."));
        assert_eq!(answer("Count to 5.").as_deref(), Some("1 2 3 4 5"));
        assert_eq!(answer("repeat 3 words").as_deref(), Some("word word word"));
        assert_eq!(answer("count to the moon"), None);
        assert_eq!(answer("échoes of war"), None);
    }

    #[test]
    fn a_repeated_word_is_a_token() {
        assert_eq!(count_tokens(&answer("repeat 600 words").unwrap()), 600);
    }
}
