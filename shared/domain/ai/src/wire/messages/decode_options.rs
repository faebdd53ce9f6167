//! Tools, thinking and the answer's form, as a caller says them.

use super::read::{Findings, Path, present, text_of};
use crate::{Effort, Reasoning, ResponseFormat, Tool, ToolChoice};
use serde_json::{Map, Value};

/// Anthropic's schemas of answers have no name; other forms want one.
pub(super) const SCHEMA_NAME: &str = "answer";

/// Least budget of thoughts that Anthropic takes, in tokens.
pub(super) const THINKING_TOKENS_MIN: u64 = 1_024;

/// The functions. Tools that Anthropic runs or defines are named as native only.
pub(super) fn tools(found: &mut Findings, body: &Map<String, Value>) -> Vec<Tool> {
    let list = found.optional(body, &Path::Root, "tools", "a list of tools", Value::as_array);
    let path = Path::Root.member("tools");
    let mut tools = Vec::new();
    for (index, item) in list.into_iter().flatten().enumerate() {
        let at = path.item(index);
        let Some(map) = found.object(item, &at) else { continue };
        if present(map, "type").is_some_and(|kind| kind != "custom") {
            found.native_only(&at);
            continue;
        }
        let name = found.required(map, &at, "name", "a string of 1 or more characters", |value| {
            value.as_str().filter(|name| !name.is_empty())
        });
        let description = found.optional(map, &at, "description", "a string", Value::as_str).map(str::to_owned);
        let parameters = found.required(map, &at, "input_schema", "a JSON Schema, an object", |value| {
            value.is_object().then(|| value.clone())
        });
        let strict = found.optional(map, &at, "strict", "true or false", Value::as_bool);
        if let (Some(name), Some(parameters)) = (name, parameters) {
            tools.push(Tool { name: name.to_owned(), description, parameters, strict });
        }
    }
    tools
}

/// Which function must be called, and whether several may be at once.
pub(super) fn tool_choice(found: &mut Findings, body: &Map<String, Value>) -> (Option<ToolChoice>, Option<bool>) {
    let Some(map) = found.optional(body, &Path::Root, "tool_choice", "an object", Value::as_object) else {
        return (None, None);
    };
    let at = Path::Root.member("tool_choice");
    let choice = match found.text(map, &at, "type") {
        Some("auto") => Some(ToolChoice::Auto),
        Some("any") => Some(ToolChoice::Required),
        Some("none") => Some(ToolChoice::None),
        Some("tool") => found.text(map, &at, "name").map(|name| ToolChoice::Named(name.to_owned())),
        Some(_) => {
            found.fault(&at.member("type"), "expected auto, any, tool or none");
            None
        }
        None => None,
    };
    let single = found.optional(map, &at, "disable_parallel_tool_use", "true or false", Value::as_bool);
    (choice, single.map(|single| !single))
}

/// How much to think: `thinking`, and the effort of `output_config`.
pub(super) fn reasoning(found: &mut Findings, body: &Map<String, Value>) -> Option<Reasoning> {
    let effort = output_config(found, body).and_then(|config| {
        let at = Path::Root.member("output_config");
        found.optional(config, &at, "effort", "low, medium, high, xhigh or max", effort_of)
    });
    let unasked = effort.map(|effort| Reasoning { effort: Some(effort), budget_tokens: None, visible: false });
    let Some(map) = found.optional(body, &Path::Root, "thinking", "an object", Value::as_object) else {
        return unasked;
    };
    let at = Path::Root.member("thinking");
    let visible = text_of(map, "display") != Some("omitted");
    match found.text(map, &at, "type")? {
        "enabled" => {
            let budget_tokens = found.required(map, &at, "budget_tokens", "an integer of at least 1,024", |value| {
                value.as_u64().filter(|tokens| *tokens >= THINKING_TOKENS_MIN)
            });
            Some(Reasoning { effort, budget_tokens, visible })
        }
        "adaptive" => Some(Reasoning { effort, budget_tokens: None, visible }),
        // Thinks between calls of functions only: the least that some models can.
        "between_tools" => Some(Reasoning { effort: Some(Effort::Minimal), budget_tokens: None, visible }),
        "disabled" => Some(Reasoning { effort: Some(Effort::None), budget_tokens: None, visible: false }),
        _ => {
            found.native_only(&at.member("type"));
            unasked
        }
    }
}

fn effort_of(value: &Value) -> Option<Effort> {
    match value.as_str()? {
        "low" => Some(Effort::Low),
        "medium" => Some(Effort::Medium),
        "high" => Some(Effort::High),
        "xhigh" | "max" => Some(Effort::Maximal),
        _ => None,
    }
}

/// The answer's form: `output_config.format`, or `output_format` as it was called in its beta.
pub(super) fn format(found: &mut Findings, body: &Map<String, Value>) -> ResponseFormat {
    // A wrong `output_config` has been told by then.
    let config = body.get("output_config").and_then(Value::as_object);
    let config_at = Path::Root.member("output_config");
    let (format, at) = match config.and_then(|config| present(config, "format")) {
        Some(format) => (Some(format), config_at.member("format")),
        None => (present(body, "output_format"), Path::Root.member("output_format")),
    };
    let Some(map) = format.and_then(|format| found.object(format, &at)) else { return ResponseFormat::Text };
    match found.text(map, &at, "type") {
        Some("json_schema") => {
            let schema = found.required(map, &at, "schema", "a JSON Schema, an object", |value| {
                value.is_object().then(|| value.clone())
            });
            schema.map_or(ResponseFormat::Text, |schema| ResponseFormat::JsonSchema {
                name: SCHEMA_NAME.to_owned(),
                schema,
                strict: Some(true),
            })
        }
        Some(_) => {
            found.fault(&at.member("type"), "expected json_schema");
            ResponseFormat::Text
        }
        None => ResponseFormat::Text,
    }
}

fn output_config<'v>(found: &mut Findings, body: &'v Map<String, Value>) -> Option<&'v Map<String, Value>> {
    found.optional(body, &Path::Root, "output_config", "an object", Value::as_object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn body(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn functions_are_taken_and_tools_of_anthropic_are_named() {
        let mut found = Findings::default();
        let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
        let tools = tools(
            &mut found,
            &body(&json!({"tools": [
                {"name": "weather", "description": "Of a city", "input_schema": schema},
                {"type": "custom", "name": "time", "input_schema": {}, "strict": true},
                {"type": "web_search_20260318", "name": "web_search"},
                {"name": "", "input_schema": {}}, {"name": "x"}
            ]})),
        );
        assert_eq!(
            tools,
            [
                Tool {
                    name: "weather".into(),
                    description: Some("Of a city".into()),
                    parameters: schema,
                    strict: None
                },
                Tool { name: "time".into(), description: None, parameters: json!({}), strict: Some(true) },
            ]
        );
        assert_eq!(found.native_only, ["tools[2]"]);
        let fields: Vec<_> = found.faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["tools[3].name", "tools[4].input_schema"]);
    }

    #[test]
    fn choices_of_tools() {
        let read = |choice: Value| {
            let mut found = Findings::default();
            let answer = tool_choice(&mut found, &body(&json!({"tool_choice": choice})));
            (answer, found.faults.len())
        };
        assert_eq!(read(json!({"type": "auto"})), ((Some(ToolChoice::Auto), None), 0));
        assert_eq!(
            read(json!({"type": "any", "disable_parallel_tool_use": true})),
            ((Some(ToolChoice::Required), Some(false)), 0)
        );
        assert_eq!(read(json!({"type": "tool", "name": "f"})), ((Some(ToolChoice::Named("f".into())), None), 0));
        assert_eq!(read(json!({"type": "none"})), ((Some(ToolChoice::None), None), 0));
        assert_eq!(read(json!({"type": "tool"})).1, 1);
        assert_eq!(read(json!("auto")).1, 1);
        assert_eq!(read(json!(null)), ((None, None), 0));
    }

    #[test]
    fn thinking_in_each_of_its_forms() {
        let read = |value: Value| {
            let mut found = Findings::default();
            let answer = reasoning(&mut found, &body(&value));
            assert!(found.faults.is_empty(), "{:?}", found.faults);
            answer
        };
        let asked = |effort, budget_tokens, visible| Some(Reasoning { effort, budget_tokens, visible });
        assert_eq!(read(json!({})), None);
        assert_eq!(
            read(json!({"thinking": {"type": "enabled", "budget_tokens": 2000}})),
            asked(None, Some(2_000), true)
        );
        assert_eq!(
            read(json!({"thinking": {"type": "adaptive", "display": "omitted"}, "output_config": {"effort": "max"}})),
            asked(Some(Effort::Maximal), None, false)
        );
        assert_eq!(read(json!({"thinking": {"type": "disabled"}})), asked(Some(Effort::None), None, false));
        assert_eq!(read(json!({"output_config": {"effort": "low"}})), asked(Some(Effort::Low), None, false));
        let mut found = Findings::default();
        reasoning(&mut found, &body(&json!({"thinking": {"type": "enabled", "budget_tokens": 1000}})));
        assert_eq!(found.faults[0].field, "thinking.budget_tokens");
    }

    #[test]
    fn the_form_of_the_answer_under_both_of_its_names() {
        let schema = json!({"type": "object"});
        let format_json = json!({"type": "json_schema", "schema": schema});
        for value in [json!({"output_config": {"format": format_json}}), json!({"output_format": format_json})] {
            let mut found = Findings::default();
            let read = format(&mut found, &body(&value));
            let expected =
                ResponseFormat::JsonSchema { name: SCHEMA_NAME.into(), schema: schema.clone(), strict: Some(true) };
            assert_eq!(read, expected);
        }
        let mut found = Findings::default();
        format(&mut found, &body(&json!({"output_config": {"format": {"type": "xml"}}})));
        assert_eq!(found.faults[0].field, "output_config.format.type");
    }
}
