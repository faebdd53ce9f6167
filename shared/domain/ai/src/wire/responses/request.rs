//! A caller's request into a [`Prompt`]. `POST /v1/responses`, OpenAI API reference, "Create a model response".

use super::items;
use crate::wire::Decoded;
use crate::wire::chat::{
    At, Faults, Fields, read_effort, read_json_schema, read_model, read_tool, read_tool_choice_word,
};
use crate::{Part, Prompt, Reasoning, ResponseFormat, Tool, ToolChoice};
use octavo_domain_kernel::FieldFault;
use serde_json::{Map, Value};

/// What needs what the platform does not have, and what to do instead.
const REFUSED: [(&str, &str); 3] = [
    ("previous_response_id", "no conversations are kept here: send the whole conversation as input"),
    ("conversation", "no conversations are kept here: send the whole conversation as input"),
    ("prompt", "no prompts are kept here: send instructions and input"),
];

/// Functions in a request.
const TOOLS_MAX: usize = 128;

/// Reads a request. Since every provider speaks another form, what another form cannot honour is refused here, and
/// `native_only` is always empty. Members that this does not know are ignored.
///
/// # Errors
///
/// Everything that is wrong or refused (the first 20), each by its path: `input[2].content[0].image_url`.
pub fn decode_request(body: &Map<String, Value>) -> Result<Decoded, Vec<FieldFault>> {
    let mut faults = Faults::default();
    let fields = Fields::new(body, &At::BODY);
    let model = read_model(&fields, &mut faults);
    refuse(&fields, &mut faults);
    let mut prompt = Prompt {
        tools: tools(&fields, &mut faults),
        tool_choice: tool_choice(&fields, &mut faults),
        parallel_tool_calls: fields.flag("parallel_tool_calls", &mut faults),
        max_tokens: fields.count("max_output_tokens", 1, &mut faults),
        temperature: fields.number("temperature", 0.0, 2.0, &mut faults),
        top_p: fields.number("top_p", 0.0, 1.0, &mut faults),
        format: format(&fields, &mut faults),
        reasoning: reasoning(&fields, &mut faults),
        end_user: fields.text("user", &mut faults).map(str::to_owned),
        stream: fields.flag("stream", &mut faults).unwrap_or_default(),
        ..Prompt::default()
    };
    prompt.system.extend(fields.text("instructions", &mut faults).map(Part::text));
    items::decode(&fields, &mut prompt, &mut faults);
    faults.into_result(Decoded { model, prompt, native_only: Vec::new() })
}

fn refuse(fields: &Fields<'_, '_>, faults: &mut Faults) {
    for (name, instead) in REFUSED {
        if fields.get(name).is_some() {
            fields.fault(name, instead, faults);
        }
    }
    if fields.flag("background", faults) == Some(true) {
        fields.fault("background", "no answers are kept here to be fetched later: use stream", faults);
    }
    if fields.count("top_logprobs", 0, faults).is_some_and(|count| count > 0) {
        fields.fault("top_logprobs", "not available here: use chat completions", faults);
    }
    if !matches!(fields.text("truncation", faults), None | Some("disabled")) {
        fields.fault("truncation", "expected disabled: conversations are never shortened here", faults);
    }
    // Checked, and of no further consequence: what they name exists at OpenAI alone.
    fields.flag("store", faults);
    fields.list("include", faults);
    fields.object("metadata", faults);
}

fn tools(fields: &Fields<'_, '_>, faults: &mut Faults) -> Vec<Tool> {
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
            "function" => tools.push(read_tool(&item, faults)),
            "" => {}
            kind => {
                let message = format!("expected function: no provider here runs the tool {}", named(kind));
                item.fault("type", message, faults);
            }
        }
    }
    tools
}

/// The caller's own word, if it is short enough to be repeated.
pub(super) fn named(word: &str) -> &str {
    const WORD_BYTES_MAX: usize = 64;
    if word.len() <= WORD_BYTES_MAX { word } else { "that was named" }
}

fn tool_choice(fields: &Fields<'_, '_>, faults: &mut Faults) -> Option<ToolChoice> {
    match fields.get("tool_choice")? {
        Value::String(word) => read_tool_choice_word(word, fields, faults),
        Value::Object(choice) => {
            let at = fields.at.name("tool_choice");
            let choice = Fields::new(choice, &at);
            match choice.required_text("type", faults) {
                "function" => Some(ToolChoice::Named(choice.required_text("name", faults).to_owned())),
                "" => None,
                _ => {
                    choice.fault("type", "expected function: no provider here runs other tools", faults);
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

fn format(fields: &Fields<'_, '_>, faults: &mut Faults) -> ResponseFormat {
    let Some(text) = fields.object("text", faults) else { return ResponseFormat::Text };
    let at = fields.at.name("text");
    let Some(format) = Fields::new(text, &at).object("format", faults) else { return ResponseFormat::Text };
    let at = at.name("format");
    let format = Fields::new(format, &at);
    match format.required_text("type", faults) {
        "json_object" => ResponseFormat::JsonObject,
        "json_schema" => read_json_schema(&format, faults),
        "text" | "" => ResponseFormat::Text,
        _ => {
            format.fault("type", "expected text, json_object or json_schema", faults);
            ResponseFormat::Text
        }
    }
}

fn reasoning(fields: &Fields<'_, '_>, faults: &mut Faults) -> Option<Reasoning> {
    let reasoning = fields.object("reasoning", faults)?;
    let at = fields.at.name("reasoning");
    let reasoning = Fields::new(reasoning, &at);
    let effort = read_effort(&reasoning, "effort", faults);
    let mut visible = false;
    // `generate_summary` is what it was called at first.
    for name in ["summary", "generate_summary"] {
        match reasoning.text(name, faults) {
            None => {}
            Some("auto" | "concise" | "detailed") => visible = true,
            Some(_) => reasoning.fault(name, "expected auto, concise or detailed", faults),
        }
    }
    (effort.is_some() || visible).then_some(Reasoning { effort, budget_tokens: None, visible })
}
