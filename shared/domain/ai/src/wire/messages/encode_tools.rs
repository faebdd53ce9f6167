//! Functions, and which must be called, for a provider.

use crate::{Part, Prompt, Tool, ToolChoice};
use serde_json::{Map, Value, json};

/// What is said about functions.
pub(super) struct Tools {
    pub(super) tools: Vec<Value>,
    pub(super) choice: Option<Value>,
    /// Said by the system, where the choice cannot be forced.
    pub(super) sentence: Option<String>,
}

/// What is said about functions. `forcible`: whether the model takes a forced choice.
pub(super) fn tools(prompt: &Prompt, forcible: bool) -> Tools {
    let mut tools: Vec<Value> = prompt.tools.iter().map(tool).collect();
    if tools.is_empty() {
        // A conversation with calls in it is refused where their functions are not named.
        tools.extend(called(prompt).into_iter().map(|name| json!({"name": name, "input_schema": {"type": "object"}})));
    }
    if tools.is_empty() {
        return Tools { tools, choice: None, sentence: None };
    }
    let asked = if prompt.tools.is_empty() { Some(&ToolChoice::None) } else { prompt.tool_choice.as_ref() };
    let sentence = match asked {
        Some(ToolChoice::Required) if !forcible => Some("Answer by calling at least one of the functions.".to_owned()),
        Some(ToolChoice::Named(name)) if !forcible => Some(format!("Answer by calling the function {name}.")),
        _ => None,
    };
    let single = prompt.parallel_tool_calls == Some(false);
    let mut choice = match asked {
        Some(ToolChoice::None) => return Tools { tools, choice: Some(json!({"type": "none"})), sentence },
        Some(ToolChoice::Required) if forcible => json!({"type": "any"}),
        Some(ToolChoice::Named(name)) if forcible => json!({"type": "tool", "name": name}),
        None if !single => return Tools { tools, choice: None, sentence },
        _ => json!({"type": "auto"}),
    };
    if single {
        choice["disable_parallel_tool_use"] = json!(true);
    }
    Tools { tools, choice: Some(choice), sentence }
}

fn tool(tool: &Tool) -> Value {
    let mut schema = tool.parameters.as_object().cloned().unwrap_or_default();
    if !schema.contains_key("type") {
        schema.insert("type".to_owned(), json!("object"));
    }
    let mut map = Map::new();
    map.insert("name".to_owned(), json!(tool.name));
    if let Some(description) = &tool.description {
        map.insert("description".to_owned(), json!(description));
    }
    map.insert("input_schema".to_owned(), schema.into());
    map.into()
}

/// The names of the functions that were called, each once.
fn called(prompt: &Prompt) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for part in prompt.messages.iter().flat_map(|message| &message.content) {
        if let Part::ToolCall { name, .. } = part
            && !names.contains(&name.as_str())
        {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Message, Role};

    fn with(choice: Option<ToolChoice>, parallel_tool_calls: Option<bool>) -> Prompt {
        let tool = Tool { name: "f".into(), description: None, parameters: Value::Null, strict: None };
        Prompt { tools: vec![tool], tool_choice: choice, parallel_tool_calls, ..Prompt::default() }
    }

    #[test]
    fn a_function_without_parameters_takes_an_object() {
        assert_eq!(tools(&with(None, None), true).tools, [json!({"name": "f", "input_schema": {"type": "object"}})]);
    }

    #[test]
    fn choices() {
        let said = |choice, parallel| tools(&with(choice, parallel), true).choice;
        assert_eq!(said(None, None), None);
        assert_eq!(said(None, Some(true)), None);
        assert_eq!(said(None, Some(false)), Some(json!({"type": "auto", "disable_parallel_tool_use": true})));
        assert_eq!(said(Some(ToolChoice::Required), None), Some(json!({"type": "any"})));
        assert_eq!(said(Some(ToolChoice::None), Some(false)), Some(json!({"type": "none"})));
        assert_eq!(said(Some(ToolChoice::Named("f".into())), None), Some(json!({"type": "tool", "name": "f"})));
    }

    #[test]
    fn what_cannot_be_forced_is_said_in_words() {
        let said = tools(&with(Some(ToolChoice::Named("f".into())), None), false);
        assert_eq!(said.choice, Some(json!({"type": "auto"})));
        assert!(said.sentence.unwrap().contains("the function f"));
        assert_eq!(tools(&with(Some(ToolChoice::Auto), None), false).sentence, None);
    }

    #[test]
    fn functions_that_were_called_are_named_even_if_they_may_not_be_called_again() {
        let call = Part::ToolCall { id: "a".into(), name: "f".into(), arguments: "{}".into() };
        let messages = vec![Message { role: Role::Assistant, content: vec![call.clone(), call] }];
        let said = tools(&Prompt { messages, ..Prompt::default() }, true);
        assert_eq!(said.tools.len(), 1);
        assert_eq!(said.choice, Some(json!({"type": "none"})));
        assert!(tools(&Prompt::default(), true).tools.is_empty());
    }
}
