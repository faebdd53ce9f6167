//! What is asked.

use bytes::Bytes;
use serde_json::{Value, json};

/// A model that the catalogue and all peers know by this name.
pub(crate) const MODEL: &str = "gpt-6-luna";
/// Bytes of a prompt of about 100,000 tokens.
const LONG_BYTES: usize = 400_000;

fn conversation(model: &str, text: &str) -> Value {
    json!({ "model": model, "messages": [
        { "role": "system", "content": "You are a careful assistant." }, { "role": "user", "content": text }
    ] })
}

fn bytes(value: &Value) -> Bytes {
    value.to_string().into()
}

/// A small request with a small answer.
pub(crate) fn small(model: &str) -> Bytes {
    bytes(&conversation(model, "echo: The notice period is thirty days from the day on which the letter arrived."))
}

/// The same question with another subject.
pub(crate) fn numbered(model: &str, number: usize) -> Bytes {
    bytes(&conversation(model, &format!("echo: Clause {number} says that the notice period is thirty days.")))
}

/// A request whose answer comes in `pieces` pieces.
pub(crate) fn streamed(pieces: usize) -> Bytes {
    let mut body = conversation(MODEL, &format!("repeat {pieces} words"));
    body["stream"] = true.into();
    bytes(&body)
}

/// A prompt of about 100,000 tokens.
pub(crate) fn long() -> Bytes {
    let sentence = "The supplier answers a notice of defects within thirty days, in writing, and names a person. ";
    bytes(&conversation(MODEL, &sentence.repeat(LONG_BYTES / sentence.len())))
}
