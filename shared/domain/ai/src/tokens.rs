//! Counting tokens without a vocabulary.

use crate::Prompt;

/// Tokens of a text, roughly.
pub fn estimate(text: &str) -> u64 {
    (text.len() as u64).div_ceil(3)
}

/// Tokens of a prompt, roughly.
pub fn estimate_prompt(prompt: &Prompt) -> u64 {
    let parts = prompt.messages.iter().flat_map(|message| &message.content).chain(&prompt.system);
    parts.map(|part| if let crate::Part::Text { text, .. } = part { estimate(text) } else { 1_000 }).sum()
}
