//! Which tools a question calls, and with what.

use std::collections::HashSet;

use serde_json::Value;

use super::compose::ToolCall;
use super::fill::{Optional, fill};
use super::material::{Material, listed_names};
use super::words::{content_words, name_words};
use crate::prompt::{Prompt, Tool, ToolChoice};

/// Calls that are made at once at most.
const CALLS_MAX: usize = 4;

/// A shared word of the name counts this many words of the description.
const NAME_WEIGHT: usize = 3;

/// The calls that the choice forces, whatever the question says.
pub(super) fn forced(prompt: &Prompt) -> Option<Vec<ToolCall>> {
    let question = super::extract::focus(&prompt.question());
    let tool = match &prompt.tool_choice {
        ToolChoice::Named(name) => prompt.tools.iter().find(|tool| tool.name == *name)?,
        ToolChoice::Required => match matching(prompt, &question) {
            found if found.is_empty() => prompt.tools.first()?,
            _ => return Some(calls(prompt, &question)),
        },
        ToolChoice::Auto | ToolChoice::Never => return None,
    };
    Some(several(tool, prompt, &question))
}

/// The calls that the question suggests: none if it shares no word with a tool.
pub(super) fn calls(prompt: &Prompt, question: &str) -> Vec<ToolCall> {
    let tools = matching(prompt, question);
    match tools[..] {
        [] => Vec::new(),
        [tool] => several(tool, prompt, question),
        [best, ..] if !prompt.parallel => vec![call(best, question)],
        _ => tools.into_iter().take(CALLS_MAX).map(|tool| call(tool, question)).collect(),
    }
}

/// Tools that share words with the question: best first where only one can be called, else as they were offered.
fn matching<'a>(prompt: &'a Prompt, question: &str) -> Vec<&'a Tool> {
    if prompt.tool_choice == ToolChoice::Never {
        return Vec::new();
    }
    let asked: HashSet<String> = content_words(question).collect();
    let mut found: Vec<(usize, &Tool)> =
        prompt.tools.iter().map(|tool| (score(tool, &asked), tool)).filter(|(score, _)| *score > 0).collect();
    if !prompt.parallel {
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    }
    found.into_iter().map(|(_, tool)| tool).collect()
}

fn score(tool: &Tool, asked: &HashSet<String>) -> usize {
    let of_name = name_words(&tool.name).iter().filter(|word| asked.contains(*word)).count();
    let parameters = tool.schema["properties"].as_object().into_iter().flat_map(|properties| properties.keys());
    let others: HashSet<String> =
        content_words(&tool.description).chain(parameters.flat_map(|name| name_words(name))).collect();
    of_name * NAME_WEIGHT + others.iter().filter(|word| asked.contains(*word)).count()
}

/// One call, or one for each name of a list (`Paris and Rome`) if the tool takes a single text.
fn several(tool: &Tool, prompt: &Prompt, question: &str) -> Vec<ToolCall> {
    let listed = listed_names(question);
    if prompt.parallel && listed.len() > 1 && plain_texts(tool) == 1 {
        return listed.into_iter().take(CALLS_MAX).map(|name| filled(tool, question, Some(name))).collect();
    }
    vec![call(tool, question)]
}

fn plain_texts(tool: &Tool) -> usize {
    let properties = tool.schema["properties"].as_object().into_iter().flat_map(|properties| properties.values());
    properties.filter(|property| property["type"] == "string" && property.get("enum").is_none()).count()
}

fn call(tool: &Tool, question: &str) -> ToolCall {
    filled(tool, question, None)
}

fn filled(tool: &Tool, question: &str, name: Option<String>) -> ToolCall {
    let mut material = Material::of(question);
    if let Some(name) = name {
        material.names = [name].into();
    }
    let arguments = match fill(&tool.schema, &mut material, Optional::IfMentioned) {
        arguments @ Value::Object(_) => arguments,
        // A tool without a schema takes no arguments.
        _ => Value::Object(serde_json::Map::new()),
    };
    ToolCall { name: tool.name.clone(), arguments: arguments.to_string(), input: arguments }
}
