//! Asks for an outline.

use super::system::{attempt, message, system};
use octavo_domain_ai::{Prompt, ResponseFormat};
use octavo_domain_generate::{Generation, OUTLINE_TOKENS_MAX};
use serde_json::{Value, json};

/// The prompt for an outline of `sections` sections over `sources`, which are marked already.
pub(crate) fn outline(generation: &Generation, sections: usize, sources: &[String]) -> Prompt {
    let noun = if sections == 1 { "section" } else { "sections" };
    let title = generation.title.as_ref().map(|title| format!("Title: {title}\n\n")).unwrap_or_default();
    let task = format!(
        "Plan an outline of {sections} {noun} for a document.\n\n{title}What is wanted:\n{}\n\n\
         Answer with JSON only, an object with \"title\" and \"sections\": a list of objects with \"heading\" (a few words, \
         without a number) and \"brief\" (one or two sentences on what stands there). Put them in the order in which they \
         are read. None repeats another, and none is a list of sources.{}",
        generation.order.instructions,
        attempt(generation),
    );
    Prompt {
        system: system(generation, sources),
        messages: message(sources, task),
        max_tokens: Some(OUTLINE_TOKENS_MAX),
        format: ResponseFormat::JsonSchema { name: "outline".to_owned(), schema: schema(), strict: Some(true) },
        ..Prompt::default()
    }
}

/// As the strict form of the providers takes it: every member required, none besides, no bounds.
fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "sections": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"heading": {"type": "string"}, "brief": {"type": "string"}},
                    "required": ["heading", "brief"],
                    "additionalProperties": false
                }
            }
        },
        "required": ["title", "sections"],
        "additionalProperties": false
    })
}
