//! A prompt for a provider of this form, where the caller spoke another.

use super::encode_content::{messages, text_blocks};
use super::encode_tools::tools;
use super::schema::accepted;
use super::thinking::{Thinking, thinking};
use crate::models::Capabilities;
use crate::{Part, Prompt, ResponseFormat};
use serde_json::{Map, Value, json};

/// Longest `metadata.user_id` that Anthropic takes, in characters.
const USER_ID_CHARS_MAX: usize = 256;

/// Said to the model where an answer must be a JSON object of any shape: Anthropic has no such mode.
const JSON_OBJECT: &str =
    "Answer with exactly one JSON object and nothing else: no words before or after it, no code fence.";

/// Writes a prompt as a request for `POST /v1/messages`.
///
/// Anthropic refuses much that other forms allow, so that a prompt is fitted rather than copied:
///
/// - `max_tokens` is what the prompt says, at most `output_tokens_max` (the model's most), or that.
/// - Turns of one role that follow each other become one, results of functions first. A conversation that does not begin
///   with the user, or is empty, is given a short first turn. Blank texts and blank stop sequences are left out, as are
///   thoughts without a signature.
/// - `temperature` is at most 1, and where it is given `top_p` is not (Claude 4.5 refuses both together). Without
///   `sampling` neither is, nor `top_k`.
/// - [`crate::Reasoning`] becomes a budget with `sampling` (then without any sampling parameter), an effort without.
/// - A function that must be called is asked for in words where the model refuses a forced `tool_choice`
///   ([`Capabilities::forced_tools`]). That binds it less than a forced one would.
/// - [`ResponseFormat::JsonSchema`] becomes `output_config.format`, its objects closed and its bounds moved into
///   descriptions; [`ResponseFormat::JsonObject`] becomes a sentence of the system.
/// - Functions lose `strict`, pictures lose `detail`; `seed` is left out. Arguments that are no JSON object are wrapped
///   into one: `{"value": ...}` around other JSON, `{"arguments": "..."}` around what is not JSON.
pub fn encode_request(prompt: &Prompt, model: &str, output_tokens_max: u64, can: &Capabilities) -> Map<String, Value> {
    let sampling = can.sampling;
    let max_tokens = prompt.max_tokens.map_or(output_tokens_max, |asked| asked.min(output_tokens_max)).max(1);
    let thinking = thinking(prompt, max_tokens, sampling);
    let tools = tools(prompt, can.forced_tools);
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(model));
    body.insert("max_tokens".to_owned(), json!(max_tokens));

    let mut system = text_blocks(&prompt.system);
    if prompt.format == ResponseFormat::JsonObject {
        system.extend(text_blocks(&[Part::text(JSON_OBJECT)]));
    }
    if let Some(sentence) = tools.sentence {
        system.extend(text_blocks(&[Part::text(sentence)]));
    }
    if !system.is_empty() {
        body.insert("system".to_owned(), system.into());
    }
    body.insert("messages".to_owned(), messages(prompt).into());
    if !tools.tools.is_empty() {
        body.insert("tools".to_owned(), tools.tools.into());
    }
    if let Some(choice) = tools.choice {
        body.insert("tool_choice".to_owned(), choice);
    }

    let mut config = Map::new();
    thinking.say(&mut body, &mut config);
    if let ResponseFormat::JsonSchema { schema, .. } = &prompt.format {
        config.insert("format".to_owned(), json!({"type": "json_schema", "schema": accepted(schema)}));
    }
    if !config.is_empty() {
        body.insert("output_config".to_owned(), config.into());
    }
    if sampling && !matches!(thinking, Thinking::Budget(_)) {
        say_sampling(prompt, &mut body);
    }
    let stop: Vec<&str> = prompt.stop.iter().map(String::as_str).filter(|text| !text.trim().is_empty()).collect();
    if !stop.is_empty() {
        body.insert("stop_sequences".to_owned(), json!(stop));
    }
    if let Some(user) = prompt.end_user.as_deref().filter(|user| user.chars().count() <= USER_ID_CHARS_MAX) {
        body.insert("metadata".to_owned(), json!({"user_id": user}));
    }
    if prompt.stream {
        body.insert("stream".to_owned(), json!(true));
    }
    body
}

fn say_sampling(prompt: &Prompt, body: &mut Map<String, Value>) {
    match (prompt.temperature, prompt.top_p) {
        (Some(temperature), _) => {
            body.insert("temperature".to_owned(), json!(temperature.clamp(0.0, 1.0)));
        }
        (None, Some(top_p)) => {
            body.insert("top_p".to_owned(), json!(top_p.clamp(0.0, 1.0)));
        }
        (None, None) => {}
    }
    if let Some(top_k) = prompt.top_k {
        body.insert("top_k".to_owned(), json!(top_k));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Effort, Image, Message, Reasoning, Role, Tool, ToolChoice};

    fn as_chat_would_have_it() -> Prompt {
        let call = |id: &str, arguments: &str| Part::ToolCall {
            id: id.into(),
            name: "weather".into(),
            arguments: arguments.into(),
        };
        let result = |id: &str, text: &str| Message {
            role: Role::User,
            content: vec![Part::ToolResult { call_id: id.into(), content: vec![Part::text(text)], is_error: false }],
        };
        Prompt {
            system: vec![Part::Text { text: "Be brief.".into(), cache: true }, Part::text(" ")],
            messages: vec![
                Message { role: Role::Assistant, content: vec![Part::text("Welcome.")] },
                Message { role: Role::User, content: vec![Part::text("Weather in Rome and Oslo?"), Part::text("")] },
                Message {
                    role: Role::User,
                    content: vec![Part::Image(Image::Url { url: "https://example.com/a.png".into(), detail: None })],
                },
                Message {
                    role: Role::Assistant,
                    content: vec![
                        Part::Reasoning { text: "unsigned".into(), signature: None },
                        call("call_1", "{\"city\":\"Rome\"}"),
                        call("call_2", ""),
                        call("call.3", "[1]"),
                        call("call_4", "{oops"),
                    ],
                },
                Message { role: Role::User, content: vec![Part::text("Hurry.")] },
                result("call_1", "12"),
                result("call_2", "3"),
                result("call.3", ""),
                result("call_4", "x"),
            ],
            tools: vec![Tool {
                name: "weather".into(),
                description: Some("Of a city".into()),
                parameters: json!({"properties": {"city": {"type": "string"}}}),
                strict: Some(true),
            }],
            tool_choice: Some(ToolChoice::Named("weather".into())),
            parallel_tool_calls: Some(false),
            max_tokens: Some(100_000),
            temperature: Some(1.7),
            top_p: Some(0.5),
            top_k: Some(40),
            stop: vec!["\n".into(), "END".into()],
            seed: Some(1),
            end_user: Some("u-1".into()),
            stream: true,
            ..Prompt::default()
        }
    }

    fn can(all: bool) -> Capabilities {
        Capabilities { sampling: all, forced_tools: all, ..Capabilities::default() }
    }

    #[test]
    fn whether_a_function_can_be_forced_is_the_models_own_matter() {
        let tool = Tool { name: "f".into(), description: None, parameters: json!({}), strict: None };
        let prompt = Prompt { tools: vec![tool], tool_choice: Some(ToolChoice::Required), ..Prompt::default() };
        let forced = Capabilities { forced_tools: true, ..can(false) };
        assert_eq!(encode_request(&prompt, "claude-haiku-5-5", 10, &forced)["tool_choice"], json!({"type": "any"}));
        assert_eq!(encode_request(&prompt, "claude-opus-5-5", 10, &can(false))["tool_choice"]["type"], "auto");
    }

    #[test]
    fn a_prompt_is_fitted_for_a_model_that_takes_sampling() {
        insta::assert_json_snapshot!(encode_request(&as_chat_would_have_it(), "claude-haiku-4-5", 8_192, &can(true)));
    }

    #[test]
    fn a_prompt_is_fitted_for_a_model_that_does_not() {
        let mut prompt = as_chat_would_have_it();
        prompt.messages.truncate(2);
        prompt.reasoning = Some(Reasoning { effort: Some(Effort::High), budget_tokens: None, visible: false });
        insta::assert_json_snapshot!(encode_request(&prompt, "claude-opus-5-5", 8_192, &can(false)));
    }

    #[test]
    fn a_budget_of_thoughts_excludes_sampling() {
        let prompt = Prompt {
            reasoning: Some(Reasoning { effort: Some(Effort::Low), budget_tokens: None, visible: true }),
            temperature: Some(0.2),
            ..Prompt::default()
        };
        let body = encode_request(&prompt, "m", 64_000, &can(true));
        assert_eq!(body["thinking"], json!({"type": "enabled", "budget_tokens": 4096}));
        assert!(!body.contains_key("temperature"));
    }

    #[test]
    fn forms_of_answers() {
        let mut prompt = Prompt { format: ResponseFormat::JsonObject, ..Prompt::default() };
        assert_eq!(encode_request(&prompt, "m", 10, &can(true))["system"][0]["text"], JSON_OBJECT);
        let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}}});
        prompt.format = ResponseFormat::JsonSchema { name: "x".into(), schema, strict: None };
        let body = encode_request(&prompt, "m", 10, &can(true));
        assert!(!body.contains_key("system"));
        assert_eq!(
            body["output_config"],
            json!({"format": {"type": "json_schema", "schema": {"type": "object",
                "properties": {"a": {"type": "integer"}}, "additionalProperties": false}}})
        );
    }

    #[test]
    fn an_empty_conversation_begins_all_the_same() {
        let body = encode_request(&Prompt { system: vec![Part::text("Go.")], ..Prompt::default() }, "m", 0, &can(true));
        assert_eq!(body["messages"][0]["role"], "user");
        assert_eq!(body["messages"].as_array().unwrap().len(), 1);
        assert_eq!(body["max_tokens"], 1);
    }
}
