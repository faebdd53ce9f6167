//! Counting and cutting text in tokens of `o200k_base`, for every provider alike.
//!
//! What a request costs can be foreseen by a test: [`count_chat`] for plain chats, [`count_tool`] for each tool offered,
//! [`image_tokens`] for each image that is sent inline.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, LazyLock};

use bpe_openai::Tokenizer;
use parking_lot::Mutex;
use serde_json::Value;

/// Tokens that every message costs beside its content: its delimiters (3) and its role (1).
pub const TOKENS_PER_MESSAGE: usize = 4;

/// Tokens that open the answer and are counted as input.
pub const TOKENS_PER_REPLY: usize = 3;

/// Tokens that a tool call costs beside its name and its arguments, in input and output.
pub const TOKENS_PER_CALL: usize = 8;

/// Tokens that a tool costs beside its name, its description and its schema.
pub const TOKENS_PER_TOOL: usize = 8;

/// Tokens of an image that is named by its address, whose size is therefore not known.
pub const TOKENS_PER_LINKED_IMAGE: usize = 85;

/// Pixels of an inline image that cost one token.
const PIXELS_PER_TOKEN: usize = 750;

/// Texts from this size on are remembered by their hash: a load test sends the same large prompt again and again.
const MEMO_FROM_BYTES: usize = 8 << 10;

/// Large texts that are remembered at most.
const MEMO_TEXTS_MAX: usize = 32;

/// The tokens of a text in `o200k_base`, without any overhead.
///
/// ```
/// assert_eq!(local_emulator_ai::count_tokens("1 2 3"), 5);
/// ```
#[must_use]
pub fn count_tokens(text: &str) -> usize {
    if text.len() >= MEMO_FROM_BYTES { encode(text).len() } else { tokenizer().count(text) }
}

/// The words, numbers and marks of a text: about what the small vocabularies of embedding models make of it. It needs none of the
/// 67 MB that `o200k_base` takes in memory.
///
/// ```
/// assert_eq!(local_emulator_ai::count_words("Soil probes, 24 of them."), 7);
/// ```
#[must_use]
pub fn count_words(text: &str) -> usize {
    let (mut count, mut in_word) = (0, false);
    for character in text.chars() {
        let is_word = character.is_alphanumeric();
        let continues = is_word && in_word;
        if !character.is_whitespace() && !continues {
            count += 1;
        }
        in_word = is_word;
    }
    count
}

/// The input tokens of a chat of plain texts, one a message (a system text is a message too): each text, plus
/// [`TOKENS_PER_MESSAGE`] for each, plus [`TOKENS_PER_REPLY`].
#[must_use]
pub fn count_chat(texts: &[&str]) -> usize {
    texts.iter().map(|text| count_tokens(text) + TOKENS_PER_MESSAGE).sum::<usize>() + TOKENS_PER_REPLY
}

/// The input tokens of a tool that is offered: name, description and schema (compact JSON), each counted alone, plus
/// [`TOKENS_PER_TOOL`].
#[must_use]
pub fn count_tool(name: &str, description: &str, schema: &Value) -> usize {
    count_tokens(name) + count_tokens(description) + count_tokens(&schema.to_string()) + TOKENS_PER_TOOL
}

/// The tokens of a tool call: name and arguments (as the JSON text that is sent), plus [`TOKENS_PER_CALL`].
#[must_use]
pub fn count_call(name: &str, arguments: &str) -> usize {
    count_tokens(name) + count_tokens(arguments) + TOKENS_PER_CALL
}

/// The input tokens of an inline image: a token for every 750 pixels begun.
#[must_use]
pub fn image_tokens(width: u32, height: u32) -> usize {
    (width as usize).saturating_mul(height as usize).div_ceil(PIXELS_PER_TOKEN).max(1)
}

/// The tokens of a text. Large texts are looked up.
pub(crate) fn encode(text: &str) -> Arc<[u32]> {
    if text.len() < MEMO_FROM_BYTES {
        return tokenizer().encode(text).into();
    }
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let key = (hasher.finish(), text.len());
    if let Some((_, tokens)) = MEMO.lock().iter().find(|(known, _)| *known == key) {
        return Arc::clone(tokens);
    }
    let tokens: Arc<[u32]> = tokenizer().encode(text).into();
    let mut memo = MEMO.lock();
    if memo.len() >= MEMO_TEXTS_MAX {
        memo.pop_front();
    }
    memo.push_back((key, Arc::clone(&tokens)));
    tokens
}

/// The text that tokens stand for. Bytes that are no text, as of a character cut in two, are replaced.
pub(crate) fn decode(tokens: &[u32]) -> String {
    let known: Vec<u32> =
        tokens.iter().copied().filter(|token| (*token as usize) < tokenizer().bpe.num_tokens()).collect();
    String::from_utf8_lossy(&tokenizer().bpe.decode_tokens(&known)).into_owned()
}

/// The text, token by token; tokens that share a character come as one piece.
pub(crate) fn pieces(text: &str) -> Vec<&str> {
    let bpe = &tokenizer().bpe;
    let tokens = encode(text);
    let mut pieces = Vec::with_capacity(tokens.len());
    let (mut from, mut to) = (0, 0);
    for token in tokens.iter() {
        to += bpe.token_len(*token);
        if text.is_char_boundary(to) {
            pieces.push(&text[from..to]);
            from = to;
        }
    }
    pieces
}

/// The first `limit` tokens of a text, and how many these are: fewer than `limit` only if all of it fits. A character
/// that the limit cuts in two is left out, though its tokens count.
pub(crate) fn cut(text: &str, limit: usize) -> (&str, usize) {
    let bpe = &tokenizer().bpe;
    let tokens = encode(text);
    if tokens.len() <= limit {
        return (text, tokens.len());
    }
    let mut to: usize = tokens.iter().take(limit).map(|token| bpe.token_len(*token)).sum();
    while !text.is_char_boundary(to) {
        to -= 1;
    }
    (&text[..to], limit)
}

fn tokenizer() -> &'static Tokenizer {
    bpe_openai::o200k_base()
}

type Remembered = ((u64, usize), Arc<[u32]>);

static MEMO: LazyLock<Mutex<VecDeque<Remembered>>> = LazyLock::new(|| Mutex::new(VecDeque::new()));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pieces_are_the_text_and_no_character_is_cut() {
        let text = "Grüße an alle 👩‍👩‍👧 in 東京, und 1 2 3.";
        let pieces = pieces(text);
        assert_eq!(pieces.concat(), text);
        assert!(pieces.len() > 10, "{pieces:?}");
    }

    #[test]
    fn a_text_is_cut_at_the_token() {
        assert_eq!(cut("1 2 3", 3), ("1 2", 3));
        assert_eq!(cut("1 2 3", 5), ("1 2 3", 5));
        assert_eq!(cut("1 2 3", 9), ("1 2 3", 5));
        assert_eq!(cut("1 2 3", 0), ("", 0));
    }

    #[test]
    fn a_large_text_counts_the_same_as_its_parts() {
        let text = "word ".repeat(5_000);
        assert_eq!(count_tokens(&text), tokenizer().count(text.as_str()));
        assert_eq!(count_tokens(&text), encode(&text).len());
    }

    #[test]
    fn a_greeting_costs_what_the_real_provider_counts() {
        assert_eq!(count_chat(&["hello"]), 8);
    }
}
