//! A caller's request into a [`Prompt`]. `POST /v1/chat/completions`, OpenAI API reference, "Create chat completion".

use super::conversation;
use super::fields::{At, Faults, Fields};
use crate::wire::Decoded;
use crate::{Effort, Prompt, Reasoning, ResponseFormat, Tool, ToolChoice};
use octavo_domain_kernel::FieldFault;
use serde_json::{Map, Value, json};

/// A model's name has at most so many bytes.
const MODEL_BYTES_MAX: usize = 256;

/// Texts in `stop`.
const STOPS_MAX: usize = 4;

/// Characters of a function's name.
const TOOL_NAME_CHARS_MAX: usize = 64;

/// Functions in a request.
const TOOLS_MAX: usize = 128;

/// Choices in an answer, `n`.
const CHOICES_MAX: u64 = 128;

/// What only a provider of this form can honour, each named once.
#[derive(Debug, Default)]
pub(super) struct Native(Vec<String>);

impl Native {
    pub(super) fn add(&mut self, name: &str) {
        if !self.0.iter().any(|known| known == name) {
            self.0.push(name.to_owned());
        }
    }
}

/// Reads a request. Members that this does not know are neither refused nor held to be native: a provider of this form
/// gets them as they came.
///
/// # Errors
///
/// Everything that is wrong (the first 20), each by its path: `messages[2].content[0].image_url.url`.
pub fn decode_request(body: &Map<String, Value>) -> Result<Decoded, Vec<FieldFault>> {
    let mut faults = Faults::default();
    let mut native = Native::default();
    let fields = Fields::new(body, &At::BODY);
    let model = model(&fields, &mut faults);
    let mut prompt = Prompt {
        tools: tools(&fields, &mut native, &mut faults),
        tool_choice: tool_choice(&fields, &mut native, &mut faults),
        parallel_tool_calls: fields.flag("parallel_tool_calls", &mut faults),
        max_tokens: max_tokens(&fields, &mut faults),
        temperature: fields.number("temperature", 0.0, 2.0, &mut faults),
        top_p: fields.number("top_p", 0.0, 1.0, &mut faults),
        stop: stop(&fields, &mut faults),
        seed: fields.integer("seed", &mut faults),
        format: response_format(&fields, &mut faults),
        reasoning: reasoning_effort(&fields, &mut faults),
        end_user: fields.text("user", &mut faults).map(str::to_owned),
        stream: fields.flag("stream", &mut faults).unwrap_or_default(),
        ..Prompt::default()
    };
    if let Some(options) = fields.object("stream_options", &mut faults) {
        let at = fields.at.name("stream_options");
        prompt.stream_usage = Fields::new(options, &at).flag("include_usage", &mut faults).unwrap_or_default();
        if !prompt.stream {
            fields.fault("stream_options", "only allowed where stream is true", &mut faults);
        }
    }
    conversation::decode(&fields, &mut prompt, &mut native, &mut faults);
    native_members(&fields, &mut native, &mut faults);
    faults.into_result(Decoded { model, prompt, native_only: native.0 })
}

/// The model that is asked for. The Responses form and embeddings read it alike.
pub(in crate::wire) fn model(fields: &Fields<'_, '_>, faults: &mut Faults) -> String {
    let model = fields.required_text("model", faults);
    if fields.get("model").is_some_and(Value::is_string) && !(1..=MODEL_BYTES_MAX).contains(&model.len()) {
        fields.fault("model", format!("expected a string of 1 to {MODEL_BYTES_MAX} bytes"), faults);
    }
    model.to_owned()
}

fn max_tokens(fields: &Fields<'_, '_>, faults: &mut Faults) -> Option<u64> {
    let old = fields.count("max_tokens", 1, faults);
    let new = fields.count("max_completion_tokens", 1, faults);
    if old.is_some() && new.is_some() {
        fields.fault("max_tokens", "not allowed together with max_completion_tokens", faults);
    }
    new.or(old)
}

fn stop(fields: &Fields<'_, '_>, faults: &mut Faults) -> Vec<String> {
    match fields.get("stop") {
        None => Vec::new(),
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(list)) if list.len() <= STOPS_MAX && list.iter().all(Value::is_string) => {
            list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        Some(_) => {
            fields.fault("stop", format!("expected a string or a list of at most {STOPS_MAX} strings"), faults);
            Vec::new()
        }
    }
}

/// An effort as OpenAI names it.
pub(in crate::wire) fn effort(fields: &Fields<'_, '_>, name: &str, faults: &mut Faults) -> Option<Effort> {
    match fields.text(name, faults)? {
        "none" => Some(Effort::None),
        "minimal" => Some(Effort::Minimal),
        "low" => Some(Effort::Low),
        "medium" => Some(Effort::Medium),
        "high" => Some(Effort::High),
        "xhigh" | "max" => Some(Effort::Maximal),
        _ => {
            fields.fault(name, "expected none, minimal, low, medium, high, xhigh or max", faults);
            None
        }
    }
}

fn reasoning_effort(fields: &Fields<'_, '_>, faults: &mut Faults) -> Option<Reasoning> {
    let effort = effort(fields, "reasoning_effort", faults)?;
    Some(Reasoning { effort: Some(effort), budget_tokens: None, visible: false })
}

fn response_format(fields: &Fields<'_, '_>, faults: &mut Faults) -> ResponseFormat {
    let Some(format) = fields.object("response_format", faults) else { return ResponseFormat::Text };
    let at = fields.at.name("response_format");
    let format = Fields::new(format, &at);
    match format.required_text("type", faults) {
        "json_object" => ResponseFormat::JsonObject,
        "json_schema" => {
            let at = at.name("json_schema");
            match Fields::of(format.get("json_schema").unwrap_or(&Value::Null), &at, faults) {
                Some(schema) => json_schema(&schema, faults),
                None => ResponseFormat::Text,
            }
        }
        "text" | "" => ResponseFormat::Text,
        _ => {
            format.fault("type", "expected text, json_object or json_schema", faults);
            ResponseFormat::Text
        }
    }
}

/// `name`, `schema` and `strict` of a format; the Responses form has them one level higher.
pub(in crate::wire) fn json_schema(fields: &Fields<'_, '_>, faults: &mut Faults) -> ResponseFormat {
    let name = fields.required_text("name", faults).to_owned();
    let schema = fields.object("schema", faults).cloned().map_or_else(|| json!({}), Value::Object);
    ResponseFormat::JsonSchema { name, schema, strict: fields.flag("strict", faults) }
}

fn tools(fields: &Fields<'_, '_>, native: &mut Native, faults: &mut Faults) -> Vec<Tool> {
    let list = fields.list("tools", faults).unwrap_or_default();
    if list.len() > TOOLS_MAX {
        fields.fault("tools", format!("expected at most {TOOLS_MAX} functions"), faults);
    }
    let at = fields.at.name("tools");
    let mut tools = Vec::with_capacity(list.len());
    for (index, item) in list.iter().enumerate() {
        let at = at.index(index);
        let Some(item) = Fields::of(item, &at, faults) else { continue };
        match item.required_text("type", faults) {
            "function" => {
                let at = at.name("function");
                if let Some(function) = Fields::of(item.get("function").unwrap_or(&Value::Null), &at, faults) {
                    tools.push(tool(&function, faults));
                }
            }
            "" => {}
            kind => native.add(&format!("tools.{kind}")),
        }
    }
    tools
}

/// A function's declaration; the Responses form has its members one level higher.
pub(in crate::wire) fn tool(function: &Fields<'_, '_>, faults: &mut Faults) -> Tool {
    let name = function.required_text("name", faults);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if function.get("name").is_some_and(Value::is_string)
        && !((1..=TOOL_NAME_CHARS_MAX).contains(&name.len()) && name.bytes().all(allowed))
    {
        function.fault("name", format!("expected 1 to {TOOL_NAME_CHARS_MAX} of a-z, A-Z, 0-9, _ and -"), faults);
    }
    let parameters = function.object("parameters", faults).cloned().map(Value::Object);
    Tool {
        name: name.to_owned(),
        description: function.text("description", faults).map(str::to_owned),
        parameters: parameters.unwrap_or_else(|| json!({"type": "object", "properties": {}})),
        strict: function.flag("strict", faults),
    }
}

fn tool_choice(fields: &Fields<'_, '_>, native: &mut Native, faults: &mut Faults) -> Option<ToolChoice> {
    match fields.get("tool_choice")? {
        Value::String(word) => tool_choice_word(word, fields, faults),
        Value::Object(choice) => {
            let at = fields.at.name("tool_choice");
            let choice = Fields::new(choice, &at);
            match choice.required_text("type", faults) {
                "function" => {
                    let at = at.name("function");
                    let function = Fields::of(choice.get("function").unwrap_or(&Value::Null), &at, faults)?;
                    Some(ToolChoice::Named(function.required_text("name", faults).to_owned()))
                }
                "" => None,
                kind => {
                    native.add(&format!("tool_choice.{kind}"));
                    None
                }
            }
        }
        _ => {
            fields.fault("tool_choice", "expected none, auto, required or an object", faults);
            None
        }
    }
}

/// The words that `tool_choice` may be, in this form and in Responses.
pub(in crate::wire) fn tool_choice_word(
    word: &str,
    fields: &Fields<'_, '_>,
    faults: &mut Faults,
) -> Option<ToolChoice> {
    match word {
        "none" => Some(ToolChoice::None),
        "auto" => Some(ToolChoice::Auto),
        "required" => Some(ToolChoice::Required),
        _ => {
            fields.fault("tool_choice", "expected none, auto, required or an object", faults);
            None
        }
    }
}

/// Names what a provider of another form could not honour. What changes nothing in the answer's meaning for the caller
/// (`metadata`, `safety_identifier`, `prompt_cache_key`, `verbosity`, ...) is not among it.
fn native_members(fields: &Fields<'_, '_>, native: &mut Native, faults: &mut Faults) {
    if fields.count("n", 1, faults).is_some_and(|choices| choices > 1) {
        native.add("n");
    }
    if fields.get("n").and_then(Value::as_u64).is_some_and(|choices| choices > CHOICES_MAX) {
        fields.fault("n", format!("expected at most {CHOICES_MAX}"), faults);
    }
    for name in ["logprobs", "store"] {
        if fields.flag(name, faults) == Some(true) {
            native.add(name);
        }
    }
    for name in ["presence_penalty", "frequency_penalty"] {
        if fields.number(name, -2.0, 2.0, faults).is_some_and(|penalty| penalty != 0.0) {
            native.add(name);
        }
    }
    if fields.object("logit_bias", faults).is_some_and(|bias| !bias.is_empty()) {
        native.add("logit_bias");
    }
    for name in ["audio", "prediction", "web_search_options", "functions", "function_call"] {
        if fields.get(name).is_some() {
            native.add(name);
        }
    }
    let modalities = fields.list("modalities", faults).unwrap_or_default();
    if modalities.iter().any(|modality| modality.as_str() != Some("text")) {
        native.add("modalities");
    }
    if fields.text("service_tier", faults).is_some_and(|tier| !matches!(tier, "auto" | "default")) {
        native.add("service_tier");
    }
}
