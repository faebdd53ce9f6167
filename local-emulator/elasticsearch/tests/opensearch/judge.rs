//! Paths into an answer, what was kept of earlier answers, and the operators that compare.

use std::collections::BTreeMap;

use serde_json::Value;

/// What `set` kept, by name.
pub(crate) type Stash = BTreeMap<String, Value>;

/// The last answer: its text, and the same as JSON where it is that.
#[derive(Debug, Default, Clone)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) json: Value,
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// `text` with `${name}` replaced, and `$name` where it is the whole.
fn filled_text(text: &str, stash: &Stash) -> Value {
    if let Some(value) = text.strip_prefix('$').and_then(|name| stash.get(name)) {
        return value.clone();
    }
    let mut out = text.to_owned();
    for (name, value) in stash {
        out = out.replace(&format!("${{{name}}}"), &text_of(value));
    }
    Value::from(out)
}

pub(crate) fn filled(value: &Value, stash: &Stash) -> Value {
    match value {
        Value::String(text) => filled_text(text, stash),
        Value::Array(values) => values.iter().map(|value| filled(value, stash)).collect(),
        Value::Object(object) => Value::Object(
            object.iter().map(|(key, value)| (text_of(&filled_text(key, stash)), filled(value, stash))).collect(),
        ),
        other => other.clone(),
    }
}

/// A dotted path as its names; `\.` is a dot inside a name.
fn names(path: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut characters = path.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.peek() == Some(&'.') => {
                characters.next();
                names.last_mut().unwrap().push('.');
            }
            '.' => names.push(String::new()),
            other => names.last_mut().unwrap().push(other),
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// What an answer has at a path; `None` where there is nothing.
pub(crate) fn at(answer: &Answer, path: &str, stash: &Stash) -> Option<Value> {
    if path == "$body" {
        return Some(if answer.json.is_null() { Value::from(answer.text.as_str()) } else { answer.json.clone() });
    }
    let mut value = if let Some(kept) = path.strip_prefix('$').and_then(|name| stash.get(name)) {
        return Some(kept.clone());
    } else {
        answer.json.clone()
    };
    for name in names(path) {
        let name = text_of(&filled_text(&name, stash));
        value = match value {
            Value::Object(mut object) if name == "_arbitrary_key_" => {
                let first = object.keys().next()?.clone();
                object.shift_remove(&first);
                Value::from(first)
            }
            Value::Object(mut object) => object.shift_remove(&name)?,
            Value::Array(mut values) => {
                let number: usize = name.parse().ok()?;
                if number >= values.len() {
                    return None;
                }
                values.swap_remove(number)
            }
            _ => return None,
        };
    }
    (!value.is_null()).then_some(value)
}

/// Equal as the suite means it: an integer and a float that are the same number are.
fn same(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a == b,
            _ => a.as_u64().is_some_and(|a| Some(a) == b.as_u64()) || a.as_f64() == b.as_f64(),
        },
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}

/// A pattern between slashes. That of a `match` has spaces and comments for the eye, that of a `catch` has not.
fn pattern(text: &str, flags: &str) -> Option<Result<regex::Regex, String>> {
    let inner = text.trim().strip_prefix('/')?.strip_suffix('/')?;
    Some(regex::Regex::new(&format!("{flags}{inner}")).map_err(|error| error.to_string()))
}

/// An object as Java prints a map, which is what the suite's patterns for errors are written for.
pub(crate) fn as_java(value: &Value) -> String {
    match value {
        Value::Object(object) => {
            let members: Vec<String> = object.iter().map(|(key, value)| format!("{key}={}", as_java(value))).collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Array(values) => format!("[{}]", values.iter().map(as_java).collect::<Vec<_>>().join(", ")),
        other => text_of(other),
    }
}

/// Whether an error says what `catch: /.../` expects.
pub(crate) fn says(expected: &str, answer: &Answer) -> Result<(), String> {
    let regex = pattern(expected, "").ok_or_else(|| format!("not a pattern: {expected}"))??;
    let said = as_java(&answer.json);
    if regex.is_match(&said) { Ok(()) } else { Err(format!("the error does not match {expected}: {said}")) }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() > 300 { format!("{}...", text.chars().take(300).collect::<String>()) } else { text }
}

fn is_matched(path: &str, expected: &Value, answer: &Answer, stash: &Stash) -> Result<(), String> {
    let expected = filled(expected, stash);
    if let Some(regex) = expected.as_str().and_then(|text| pattern(text, "(?x)")) {
        let found = if path == "$body" { Some(Value::from(answer.text.as_str())) } else { at(answer, path, stash) };
        let found = text_of(&found.unwrap_or_default());
        let regex = regex?;
        // In Java the end is also before a line's end that is the last.
        let matches = regex.is_match(&found) || found.strip_suffix('\n').is_some_and(|line| regex.is_match(line));
        return if matches { Ok(()) } else { Err(format!("[{path}] does not match: {found}")) };
    }
    match at(answer, path, stash) {
        None if expected.is_null() => Ok(()),
        None => Err(format!("[{path}] is missing, expected {}", short(&expected))),
        Some(found) if same(&expected, &found) => Ok(()),
        Some(found) => Err(format!("[{path}] is {}, expected {}", short(&found), short(&expected))),
    }
}

fn truth(found: Option<&Value>) -> bool {
    match found {
        None | Some(Value::Null) => false,
        Some(value) => !["", "false", "0"].contains(&text_of(value).to_lowercase().as_str()),
    }
}

fn is_long(path: &str, expected: &Value, found: Option<&Value>) -> Result<(), String> {
    let length = match found {
        Some(Value::String(text)) => text.chars().count(),
        Some(Value::Array(values)) => values.len(),
        Some(Value::Object(object)) => object.len(),
        other => return Err(format!("[{path}] has no length: {other:?}")),
    };
    if expected.as_u64() == Some(length as u64) || text_of(expected) == length.to_string() {
        Ok(())
    } else {
        Err(format!("[{path}] has the length {length}, expected {expected}: {}", short(found.unwrap_or(&Value::Null))))
    }
}

fn holds(path: &str, expected: &Value, found: Option<&Value>) -> Result<(), String> {
    let has = |one: &Value| match (expected, one) {
        (Value::Object(expected), Value::Object(one)) => {
            expected.iter().all(|(key, value)| one.get(key).is_some_and(|found| same(value, found)))
        }
        (expected, one) => same(expected, one),
    };
    match found {
        Some(Value::Array(values)) if values.iter().any(has) => Ok(()),
        Some(Value::String(text)) if text.contains(&text_of(expected)) => Ok(()),
        other => Err(format!("[{path}] does not contain {expected}: {other:?}")),
    }
}

fn is_ordered(operator: &str, path: &str, expected: &Value, found: Option<&Value>) -> Result<(), String> {
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
    let (Some(found), Some(expected)) = (found.and_then(number), number(expected)) else {
        return Err(format!("[{path}] is no number to compare: {found:?}"));
    };
    let holds = match operator {
        "gt" => found > expected,
        "gte" => found >= expected,
        "lt" => found < expected,
        _ => found <= expected,
    };
    if holds { Ok(()) } else { Err(format!("[{path}] is {found}, expected {operator} {expected}")) }
}

/// One assertion.
///
/// # Errors
/// What was expected and what was found; `Ok(false)`: not an assertion that is known here.
pub(crate) fn assert(operator: &str, argument: &Value, answer: &Answer, stash: &Stash) -> Result<bool, String> {
    if matches!(operator, "is_true" | "is_false") {
        let path = argument.as_str().unwrap_or_default();
        let found = at(answer, path, stash);
        return if truth(found.as_ref()) == (operator == "is_true") {
            Ok(true)
        } else {
            Err(format!("[{path}] is {}, expected {operator}", found.as_ref().map_or("missing".into(), short)))
        };
    }
    for (path, expected) in argument.as_object().into_iter().flatten() {
        let found = at(answer, path, stash);
        let expected_now = filled(expected, stash);
        match operator {
            "match" => is_matched(path, expected, answer, stash)?,
            "length" => is_long(path, &expected_now, found.as_ref())?,
            "contains" => holds(path, &expected_now, found.as_ref())?,
            "gt" | "gte" | "lt" | "lte" => is_ordered(operator, path, &expected_now, found.as_ref())?,
            _ => return Ok(false),
        }
    }
    Ok(true)
}
