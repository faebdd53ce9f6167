//! A whole answer for a caller.

use super::Echo;
use super::output::{Content, Item, Status, Thought, ending, response, status_of_response};
use crate::wire::AnswerContext;
use crate::{Answer, Part};
use serde_json::Value;

/// `response`: what the model said as items, in order, and the request's members repeated. A thought is an item where it
/// is to be shown, or where its provider wants it back.
pub fn encode_answer(answer: &Answer, context: &AnswerContext, echo: &Echo) -> Value {
    let items = items(&answer.content, context.show_reasoning);
    let has_refusal = answer.content.iter().any(|part| matches!(part, Part::Refusal { .. }));
    let (status, why_incomplete) = ending(answer.finish, has_refusal);
    let last = items.len().saturating_sub(1);
    let output = items.iter().enumerate().map(|(index, item)| {
        let status = if index == last { status } else { Status::Completed };
        item.to_json(&item.id(&context.id, index), status)
    });
    let status = status_of_response(status);
    let mut members = response(context, status, why_incomplete, output.collect(), answer.usage.as_ref());
    members.extend(echo.members.iter().map(|(name, value)| (name.clone(), value.clone())));
    members.into()
}

fn items(content: &[Part], show_reasoning: bool) -> Vec<Item> {
    let mut items = Vec::new();
    for part in content {
        match part {
            Part::Text { text, .. } => say(&mut items, text, false),
            Part::Refusal { text } => say(&mut items, text, true),
            Part::ToolCall { id, name, arguments } => {
                items.push(Item::Call { call_id: id.clone(), name: name.clone(), arguments: arguments.clone() });
            }
            Part::Reasoning { text, signature } if signature.is_some() || (show_reasoning && !text.is_empty()) => {
                let (text, signature) = (text.clone(), signature.clone());
                items.push(Item::Reasoning(Thought { text, is_shown: show_reasoning, signature, redacted: None }));
            }
            Part::RedactedReasoning { data } => {
                items.push(Item::Reasoning(Thought { redacted: Some(data.clone()), ..Thought::default() }));
            }
            Part::Reasoning { .. } | Part::Image(_) | Part::File(_) | Part::ToolResult { .. } => {}
        }
    }
    items
}

fn say(items: &mut Vec<Item>, text: &str, is_refusal: bool) {
    let content = Content { is_refusal, text: text.to_owned() };
    match items.last_mut() {
        Some(Item::Message(contents)) => contents.push(content),
        _ => items.push(Item::Message(vec![content])),
    }
}
