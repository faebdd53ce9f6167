//! Tokens of a prompt.

use super::{estimate, picture};
use crate::{Part, Prompt, ResponseFormat, Tool};

/// What a prompt costs before it says anything.
const PROMPT_TOKENS: u64 = 3;
/// The frame of a message: its role and its borders.
const MESSAGE_TOKENS: u64 = 4;
/// The frame of a call, of a result, and of a tool's declaration.
const CALL_TOKENS: u64 = 8;
const TOOL_TOKENS: u64 = 12;
/// The system text by which Anthropic tells a model that there are tools; OpenAI's is shorter.
const TOOLS_TOKENS: u64 = 346;
/// Bytes of an opaque thought that are a token.
const OPAQUE_BYTES: u64 = 4;

/// Tokens of a prompt, roughly and rather high: its texts ([`estimate`]), the frames around them, its tools and its schema as
/// JSON, and its pictures and files by their size. Of a picture in the request only the head is decoded; one that the
/// provider fetches counts 3,000.
pub fn estimate_prompt(prompt: &Prompt) -> u64 {
    let system: u64 = prompt.system.iter().map(part).sum();
    let framed = if prompt.system.is_empty() { 0 } else { MESSAGE_TOKENS };
    let messages: u64 =
        prompt.messages.iter().map(|message| MESSAGE_TOKENS + message.content.iter().map(part).sum::<u64>()).sum();
    let tools: u64 = prompt.tools.iter().map(tool).sum();
    let format = match &prompt.format {
        ResponseFormat::Text | ResponseFormat::JsonObject => 0,
        ResponseFormat::JsonSchema { name, schema, .. } => TOOL_TOKENS + estimate(name) + estimate(&schema.to_string()),
    };
    let introduced = if prompt.tools.is_empty() { 0 } else { TOOLS_TOKENS };
    PROMPT_TOKENS + framed + system + messages + introduced + tools + format
}

fn part(part: &Part) -> u64 {
    match part {
        Part::Text { text, .. } | Part::Reasoning { text, .. } | Part::Refusal { text } => estimate(text),
        Part::Image(image) => picture::image(image),
        Part::File(file) => picture::file(file),
        Part::ToolCall { name, arguments, .. } => CALL_TOKENS + estimate(name) + estimate(arguments),
        Part::ToolResult { content, .. } => CALL_TOKENS + content.iter().map(self::part).sum::<u64>(),
        Part::RedactedReasoning { data } => (data.len() as u64).div_ceil(OPAQUE_BYTES),
    }
}

fn tool(tool: &Tool) -> u64 {
    let described = tool.description.as_deref().map_or(0, estimate);
    TOOL_TOKENS + estimate(&tool.name) + described + estimate(&tool.parameters.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Image, Message, Role};
    use serde_json::json;

    #[test]
    fn everything_that_is_sent_is_counted() {
        let empty = Prompt::default();
        assert_eq!(estimate_prompt(&empty), PROMPT_TOKENS);
        let words = "The quick brown fox jumps over the lazy dog.";
        let message = |content| Message { role: Role::User, content };
        let spoken = Prompt { messages: vec![message(vec![Part::text(words)])], ..empty.clone() };
        assert_eq!(estimate_prompt(&spoken), PROMPT_TOKENS + MESSAGE_TOKENS + estimate(words));

        let base = estimate_prompt(&spoken);
        let with_tool = Prompt {
            tools: vec![Tool {
                name: "lookup".to_owned(),
                description: Some(words.to_owned()),
                parameters: json!({"type": "object", "properties": {"q": {"type": "string"}}}),
                strict: None,
            }],
            ..spoken
        };
        assert!(estimate_prompt(&with_tool) > base + TOOLS_TOKENS + TOOL_TOKENS + estimate(words) + 10);

        let picture = Part::Image(Image::Url { url: "https://example.com/a.png".to_owned(), detail: None });
        let result = Part::ToolResult { call_id: "1".to_owned(), content: vec![picture], is_error: false };
        let seen = Prompt { messages: vec![message(vec![result])], ..empty.clone() };
        assert_eq!(estimate_prompt(&seen), PROMPT_TOKENS + MESSAGE_TOKENS + CALL_TOKENS + picture::UNKNOWN_PICTURE);

        let format =
            ResponseFormat::JsonSchema { name: "x".to_owned(), schema: json!({"type": "object"}), strict: None };
        assert!(estimate_prompt(&Prompt { format, ..empty.clone() }) > PROMPT_TOKENS + TOOL_TOKENS);
        assert!(estimate_prompt(&Prompt { system: vec![Part::text(words)], ..empty }) > estimate(words));
    }
}
