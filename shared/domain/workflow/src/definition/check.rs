//! What can only be judged when all states are known, and what expressions look like.

use super::{
    Body, Code, Language,
    fields::nearest,
    read::{Reader, escaped},
    states::Fields,
};
use crate::{jsonata, path, template};
use serde_json::Value;
use std::collections::HashSet;

/// How deep expressions are looked for: JSON itself is read no deeper.
const DEPTH_MAX: usize = 128;

/// Everything that leads somewhere leads to a state of its own list, and every state is led to. A state that is `alone` may
/// lead out of the text.
pub(super) fn targets(reader: &mut Reader, alone: bool) {
    let owners = places(reader);
    for list in usize::from(alone)..reader.lists.len() {
        let Some(base) = owners.get(list).cloned() else { continue };
        let states = &reader.lists[list];
        let mut lead: Vec<(String, String)> = vec![(format!("{base}/StartAt"), states.start_at.clone())];
        let names: Vec<String> = states.states.keys().cloned().collect();
        for (name, state) in &states.states {
            let at = format!("{base}/States/{}", escaped(name));
            lead.extend(state.next.iter().map(|next| (format!("{at}/Next"), next.clone())));
            if let Body::Choice { rules, default } = &state.body {
                lead.extend(default.iter().map(|next| (format!("{at}/Default"), next.clone())));
                lead.extend(
                    rules.iter().enumerate().map(|(i, rule)| (format!("{at}/Choices/{i}/Next"), rule.next.clone())),
                );
            }
            let caught = state.catch.iter().enumerate();
            lead.extend(caught.map(|(i, catcher)| (format!("{at}/Catch/{i}/Next"), catcher.next.clone())));
        }
        // A state that could not be read has its own finding: what leads to it is not wrong as well.
        let unread: HashSet<String> = reader.findings.iter().map(|finding| finding.path.clone()).collect();
        let reached: HashSet<&String> = lead.iter().map(|(_, next)| next).collect();
        let alone: Vec<String> = names.iter().filter(|name| !reached.contains(name)).cloned().collect();
        for (at, next) in &lead {
            let target = format!("{base}/States/{}", escaped(next));
            // A missing `StartAt` has been told.
            let told = next.is_empty() && at.ends_with("/StartAt");
            let known = names.contains(next) || unread.iter().any(|path| path.starts_with(&target));
            if !known && !told {
                let hint = match nearest(next, names.iter().map(String::as_str)) {
                    Some(meant) => format!("Did you mean '{meant}'?"),
                    None => String::new(),
                };
                let field = at.rsplit('/').next().unwrap_or_default();
                let message = format!("Missing '{field}' target: {next}");
                reader.note(Code::MissingTransitionTarget, at, message, &hint);
            }
        }
        // Without a start everything is unreachable: that one finding is enough.
        for name in alone.into_iter().filter(|_| !lead[0].1.is_empty()) {
            let at = format!("{base}/States/{}", escaped(&name));
            let message = format!("State \"{name}\" is not reachable.");
            reader.note(Code::MissingTransitionTarget, &at, message, "Let a state lead to it, or remove it.");
        }
    }
}

/// The place of every list.
fn places(reader: &Reader) -> Vec<String> {
    let mut places = vec![String::new(); reader.lists.len()];
    for list in 0..reader.lists.len() {
        for (name, state) in &reader.lists[list].states {
            let at = format!("{}/States/{}", places[list], escaped(name));
            match &state.body {
                Body::Parallel { branches } => {
                    for (index, branch) in branches.iter().enumerate() {
                        places[*branch] = format!("{at}/Branches/{index}");
                    }
                }
                Body::Map(map) => places[map.processor] = format!("{at}/ItemProcessor"),
                _ => {}
            }
        }
    }
    places
}

impl Reader {
    /// Checks everything in a state, catcher or rule that is evaluated later.
    pub(super) fn templates(&mut self, fields: &Fields<'_>) {
        match fields.language {
            Language::JsonPath => {
                for name in ["Parameters", "ResultSelector", "ItemSelector", "Assign", "Credentials"] {
                    if let Some(value) = fields.of.get(name) {
                        self.payload(value, &fields.at(name), 0);
                    }
                }
                for name in ["InputPath", "OutputPath", "ItemsPath", "SecondsPath", "TimestampPath"] {
                    if let Some(Value::String(text)) = fields.of.get(name)
                        && template::check(text).is_err()
                    {
                        let message = format!("Value is not a Reference Path: {text}");
                        self.wrong(&fields.at(name), message, "A path begins with $.");
                    }
                }
                if let Some(Value::String(text)) = fields.of.get("ResultPath")
                    && path::ReferencePath::parse(text).is_err()
                {
                    let message = "Value is not a Reference Path".to_owned();
                    self.wrong(
                        &fields.at("ResultPath"),
                        message,
                        "A path for writing has names and indexes only: $.a.b",
                    );
                }
            }
            Language::Jsonata => {
                for (name, value) in fields.of {
                    // Lists of states, and entries with fields of their own, are read where they are.
                    let own = ["Branches", "ItemProcessor", "Iterator", "Choices", "Catch", "Retry", "Comment"];
                    if !own.contains(&name.as_str()) {
                        self.expressions(value, &fields.at(name), 0);
                    }
                }
            }
        }
    }

    fn payload(&mut self, value: &Value, at: &str, depth: usize) {
        match value {
            Value::Object(map) if depth < DEPTH_MAX => {
                for (key, value) in map {
                    match value {
                        Value::String(text) if key.ends_with(".$") => {
                            if template::check(text).is_err() {
                                let message = format!(
                                    "The value for the field '{key}' must be a valid JSONPath or a valid intrinsic function call"
                                );
                                self.wrong(at, message, "A path begins with $, a function with States.");
                            }
                        }
                        other if key.ends_with(".$") => {
                            let message = format!(
                                "The value for the field '{key}' must be a STRING that contains a JSONPath but was {}",
                                kind(other)
                            );
                            self.wrong(at, message, "Remove the .$ to give a value as it is.");
                        }
                        other => self.payload(other, &format!("{at}/{}", escaped(key)), depth + 1),
                    }
                }
            }
            Value::Array(values) if depth < DEPTH_MAX => {
                for (index, value) in values.iter().enumerate() {
                    self.payload(value, &format!("{at}/{index}"), depth + 1);
                }
            }
            _ => {}
        }
    }

    pub(super) fn expressions(&mut self, value: &Value, at: &str, depth: usize) {
        match value {
            Value::String(text) => {
                if let Some(expression) = jsonata::expression(text)
                    && let Err(fault) = jsonata::check(expression)
                {
                    self.wrong(at, format!("The JSONata expression is invalid: {fault}"), "");
                }
            }
            Value::Object(map) if depth < DEPTH_MAX => {
                for (key, value) in map {
                    self.expressions(value, &format!("{at}/{}", escaped(key)), depth + 1);
                }
            }
            Value::Array(values) if depth < DEPTH_MAX => {
                for (index, value) in values.iter().enumerate() {
                    self.expressions(value, &format!("{at}/{index}"), depth + 1);
                }
            }
            _ => {}
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "NULL",
        Value::Bool(_) => "BOOLEAN",
        Value::Number(_) => "NUMBER",
        Value::String(_) => "STRING",
        Value::Array(_) => "ARRAY",
        Value::Object(_) => "OBJECT",
    }
}
