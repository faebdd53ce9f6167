//! The best sentences of a prompt: word frequency and nearness to the question (after Luhn 1958), in their order.

use std::collections::{HashMap, HashSet};

use super::sources;
use super::words::{content_words, sentences};
use crate::prompt::{Part, Prompt, Role};

/// A sentence that may be quoted.
#[derive(Debug, Clone)]
pub(super) struct Sentence {
    pub(super) text: String,
    pub(super) source: Option<String>,
    words: Vec<String>,
}

/// Sentences that are looked at; what a prompt has beyond is not quoted.
const SENTENCES_MAX: usize = 4_000;

/// Bytes of the question that are looked at, from its beginning and from its end each.
const QUESTION_BYTES: usize = 1_000;

/// How much a word of the question counts beside a frequent word of the text.
const QUESTION_WEIGHT: f64 = 3.0;

/// Sentences longer than this many words are lists or code rather than sentences.
const SENTENCE_WORDS_MAX: usize = 80;

/// What a sentence begins with that tells the model how to behave.
const INSTRUCTIONS: &[&str] = &[
    "answer",
    "be ",
    "cite",
    "do not",
    "don't",
    "explain",
    "focus",
    "follow",
    "give",
    "keep",
    "list",
    "never",
    "only",
    "output",
    "please",
    "question:",
    "reply",
    "respond",
    "return",
    "section",
    "sources",
    "summarise",
    "summarize",
    "task:",
    "use ",
    "using ",
    "write",
    "you ",
    "your ",
    "always",
    "draft",
    "context:",
    "instructions",
    "documents:",
];

/// The sentences of a prompt that state something: of its sources if it has any, of all its texts otherwise.
pub(super) fn sentences_of(prompt: &Prompt) -> Vec<Sentence> {
    let mut marked = Vec::new();
    let mut plain = Vec::new();
    for message in prompt.messages.iter().filter(|message| message.role != Role::Assistant) {
        for part in &message.parts {
            let (Part::Text(text) | Part::Output(text)) = part else { continue };
            for span in sources::spans(text) {
                let into = if span.source.is_some() { &mut marked } else { &mut plain };
                for sentence in sentences(&span.text) {
                    if into.len() >= SENTENCES_MAX {
                        break;
                    }
                    if let Some(text) = statement(sentence) {
                        let words = content_words(text).collect();
                        into.push(Sentence { text: text.to_owned(), source: span.source.clone(), words });
                    }
                }
            }
        }
    }
    if marked.is_empty() { plain } else { marked }
}

/// What the last user message asks: without the sources that it quotes, and without the middle of a long text.
pub(super) fn focus(question: &str) -> String {
    let unmarked: Vec<String> =
        sources::spans(question).into_iter().filter(|span| span.source.is_none()).map(|span| span.text).collect();
    let text = if unmarked.is_empty() { question.to_owned() } else { unmarked.concat().trim().to_owned() };
    if text.len() <= QUESTION_BYTES * 2 {
        return text;
    }
    let first = text.floor_char_boundary(QUESTION_BYTES);
    let last = text.ceil_char_boundary(text.len() - QUESTION_BYTES);
    format!("{}\n{}", &text[..first], &text[last..])
}

/// The sentence without its list mark, if it is one to quote: no heading, no question, no instruction.
fn statement(sentence: &str) -> Option<&str> {
    let text = sentence.trim_start_matches(['-', '*', '>', '•', ' ']);
    let lower: String = text.chars().take(24).flat_map(char::to_lowercase).collect();
    let is_heading = text.starts_with('#') || text.starts_with('<') || text.starts_with('{') || text.ends_with(':');
    let is_instruction = INSTRUCTIONS.iter().any(|start| lower.starts_with(start));
    (!is_heading && !is_instruction && !text.ends_with('?') && text.contains(char::is_whitespace)).then_some(text)
}

/// The `count` best sentences for a question, in the order in which they stand. No sentence comes twice.
pub(super) fn best(sentences: &[Sentence], question: &str, count: usize) -> Vec<Sentence> {
    let mut frequency: HashMap<&str, usize> = HashMap::new();
    for sentence in sentences {
        for word in sentence.words.iter().collect::<HashSet<_>>() {
            *frequency.entry(word).or_default() += 1;
        }
    }
    let most = frequency.values().copied().max().unwrap_or(1) as f64;
    let asked: HashSet<String> = content_words(question).collect();
    let mut scored: Vec<(f64, usize)> = Vec::with_capacity(sentences.len());
    let mut known = HashSet::new();
    for (index, sentence) in sentences.iter().enumerate() {
        if sentence.words.is_empty() || sentence.words.len() > SENTENCE_WORDS_MAX || !known.insert(&sentence.text) {
            continue;
        }
        let words: HashSet<&str> = sentence.words.iter().map(String::as_str).collect();
        let central: f64 = words.iter().map(|word| frequency.get(word).copied().unwrap_or(0) as f64 / most).sum();
        // A rare word of the question says more than one that is everywhere.
        let near: f64 = words
            .iter()
            .filter(|word| asked.contains(**word))
            .map(|word| 1.0 + 1.0 / frequency.get(word).copied().unwrap_or(1) as f64)
            .sum();
        scored.push(((central + QUESTION_WEIGHT * near) / (words.len() as f64 + 4.0).sqrt(), index));
    }
    scored.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
    let mut chosen: Vec<usize> = scored.into_iter().take(count).map(|(_, index)| index).collect();
    chosen.sort_unstable();
    chosen.into_iter().map(|index| sentences[index].clone()).collect()
}

/// Sentences as one paragraph, each followed by its source: `Cats sleep. [1]`.
pub(super) fn paragraph(sentences: &[Sentence]) -> String {
    let cited: Vec<String> = sentences.iter().map(Sentence::cited).collect();
    cited.join(" ")
}

impl Sentence {
    pub(super) fn cited(&self) -> String {
        let stop = if self.text.ends_with(['.', '!', '。', '…', '"', ')']) { "" } else { "." };
        match &self.source {
            Some(source) => format!("{}{stop} [{source}]", self.text),
            None => format!("{}{stop}", self.text),
        }
    }

    pub(super) fn words(&self) -> &[String] {
        &self.words
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::Message;

    fn prompt(text: &str) -> Prompt {
        Prompt { messages: vec![Message::text(Role::User, text)], ..Prompt::default() }
    }

    #[test]
    fn the_sentence_that_answers_is_quoted_with_its_source() {
        let prompt = prompt(
            "Answer from the sources.\n[1] The refund period is 30 days. Shipping is free.\n[2] Offices open at nine.\n\nHow long is the refund period?",
        );
        let sentences = sentences_of(&prompt);
        assert_eq!(sentences.len(), 3);
        let best = best(&sentences, &focus(&prompt.question()), 1);
        assert_eq!(paragraph(&best), "The refund period is 30 days. [1]");
    }

    #[test]
    fn a_question_is_looked_at_without_its_sources_and_without_its_middle() {
        assert_eq!(focus("Who?\n[1] Outline of cats.\n\nWhy?"), "Who?\n\nWhy?");
        let long = focus(&format!("Begin {} end.", "é".repeat(5_000)));
        assert!(long.starts_with("Begin ") && long.ends_with(" end.") && long.len() < 2_100);
    }

    #[test]
    fn without_marks_every_statement_counts() {
        let prompt =
            prompt("You are terse.\n# Notes\nWater boils at 100 degrees. Ice melts at 0 degrees\nWhen does ice melt?");
        let sentences = sentences_of(&prompt);
        assert_eq!(paragraph(&best(&sentences, "When does ice melt?", 1)), "Ice melts at 0 degrees.");
        assert_eq!(sentences.len(), 2);
    }
}
