//! What counts as the same: recordings have placeholders for what differs every time.

use serde_json::Value;

/// Texts that stand for something that differs every time.
const PLACEHOLDERS: &[&str] = &[
    "timestamp",
    "datetime",
    "date",
    "start-time",
    "entered-time",
    "start-date",
    "snf_role_arn",
    "sfn_role_arn",
    "state-machine-arn",
    "execution-arn",
    "activity_arn",
    "lambda_function_name",
    "map_run_arn",
    "a_task_token",
    "stateExitedEventDetails.output",
    "executionSucceededEventDetails.output",
    "RandomNumberGenerated",
];

/// The first difference between a recorded value and ours; none when they are the same.
pub(crate) fn difference(recorded: &Value, ours: &Value, at: &str) -> Option<String> {
    let (recorded, ours) = (opened(recorded), opened(ours));
    match (&recorded, &ours) {
        (Value::Object(left), Value::Object(right)) => {
            for (key, value) in left {
                let Some(other) = right.get(key) else {
                    return Some(format!("{at}/{key}: missing, should be {value}"));
                };
                if let Some(found) = difference(value, other, &format!("{at}/{key}")) {
                    return Some(found);
                }
            }
            let more = right.keys().find(|key| !left.contains_key(*key))?;
            Some(format!("{at}/{more}: should not be there: {}", right[more]))
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            let mut pairs = left.iter().zip(right).enumerate();
            pairs.find_map(|(index, (left, right))| difference(left, right, &format!("{at}/{index}")))
        }
        (Value::String(left), Value::Object(_) | Value::Array(_) | Value::Number(_))
            if PLACEHOLDERS.contains(&left.as_str()) || whole_mask(left) =>
        {
            None
        }
        (Value::String(left), Value::String(right)) if whole_mask(left) || matches(left, right) => None,
        (left, right) if left == right => None,
        _ => Some(format!("{at}: recorded {recorded}, ours {ours}")),
    }
}

/// Recordings read texts that begin with `{` as JSON; blanks inside of arrays are the service's own business.
fn opened(value: &Value) -> Value {
    match value {
        Value::String(text) if text.starts_with(['{', '[']) => {
            serde_json::from_str(text).unwrap_or_else(|_| value.clone())
        }
        _ => value.clone(),
    }
}

fn whole_mask(text: &str) -> bool {
    text.starts_with('<') && text.ends_with('>') && !text.contains(' ')
}

/// `<...>` in a recorded text stands for anything.
fn matches(recorded: &str, ours: &str) -> bool {
    if recorded == ours || PLACEHOLDERS.contains(&recorded.trim_matches('"')) {
        return true;
    }
    let mut named = recorded.to_owned();
    for name in ["lambda_function_name", "lambda_function_1_name"] {
        named = named.replace(&format!("<{name}>"), name).replace(name, "<name>");
    }
    let recorded = named.as_str();
    let mut pieces = Vec::new();
    let mut rest = recorded;
    while let Some(open) = rest.find('<') {
        let Some(close) = rest[open..].find('>') else { break };
        pieces.push(&rest[..open]);
        rest = &rest[open + close + 1..];
    }
    if pieces.is_empty() {
        return false;
    }
    let Some(mut left) = ours.strip_prefix(pieces[0]) else { return false };
    for piece in &pieces[1..] {
        let Some(found) = left.find(piece) else { return false };
        left = &left[found + piece.len()..];
    }
    left.ends_with(rest)
}

/// The fixtures' names: what our input has where the recorded one has something else.
pub(crate) fn aliases(recorded: &Value, ours: &Value, found: &mut Vec<(String, String)>) {
    match (opened(recorded), opened(ours)) {
        (Value::Object(left), Value::Object(right)) => {
            for (key, value) in &left {
                aliases(value, right.get(key).unwrap_or(&Value::Null), found);
            }
        }
        (Value::Array(left), Value::Array(right)) => {
            left.iter().zip(&right).for_each(|(left, right)| aliases(left, right, found));
        }
        (Value::String(left), Value::String(right)) if left != right && right.len() > 3 => found.push((right, left)),
        _ => {}
    }
}

/// The first difference between histories. Inside of a `Parallel` the recordings have no ids and another order, and
/// leave some events out.
pub(crate) fn history_difference(recorded: &[Value], ours: &[Value]) -> Option<String> {
    let masked = |event: &Value| !event["id"].is_u64();
    if !recorded.iter().any(masked) {
        for (index, event) in recorded.iter().enumerate() {
            let Some(other) = ours.get(index) else { return Some(format!("event {} is missing: {event}", index + 1)) };
            if let Some(found) = difference(event, &timeless(other), &format!("event {}", index + 1)) {
                return Some(format!("{found} ({} / {})", event["type"], other["type"]));
            }
        }
        return ours.get(recorded.len()).map(|event| format!("one event more: {event}"));
    }
    let mut left: Vec<&Value> = ours.iter().collect();
    for event in recorded {
        let same = |other: &&Value| {
            let mut other = timeless(other);
            if masked(event) {
                other["id"] = event["id"].clone();
                other["previousEventId"] = event["previousEventId"].clone();
            }
            difference(event, &other, "").is_none()
        };
        match left.iter().position(same) {
            Some(index) => left.remove(index),
            None => return Some(format!("nothing of ours is like {event}")),
        };
    }
    let ends = |events: &[Value]| events.last().map(|event| event["type"].clone());
    (ends(recorded) != ends(ours)).then(|| "another end".to_owned())
}

fn timeless(event: &Value) -> Value {
    let mut event = event.clone();
    event["timestamp"] = Value::from("timestamp");
    event
}
