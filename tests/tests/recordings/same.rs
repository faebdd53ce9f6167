//! Whether two runs of the same came to the same: all but times and what is drawn anew.

use crate::drive::Ran;
use octavo_domain_workflow::engine::is_task_token;
use octavo_domain_workflow::history::Record;
use serde_json::{Value, json};

/// What follows when several paths have ended.
const JOINS: [&str; 4] = ["ParallelStateSucceeded", "ParallelStateExited", "MapStateSucceeded", "MapStateExited"];

/// The first difference between a run and its repetition.
pub(crate) fn difference(first: &Ran, second: &Ran) -> Option<String> {
    let (left, right) = (&first.report, &second.report);
    if plain(&json!(left.ended)) != plain(&json!(right.ended)) {
        return Some(format!("ended with {:?} and with {:?}", left.ended, right.ended));
    }
    if let Some(found) = histories(&left.history, &right.history) {
        return Some(found);
    }
    if left.children.len() != right.children.len() {
        return Some(format!("{} children and {}", left.children.len(), right.children.len()));
    }
    // Children of a map that begin in another order are the same children.
    let mut others: Vec<&Vec<Record>> = right.children.iter().collect();
    for child in &left.children {
        match others.iter().position(|other| histories(child, other).is_none()) {
            Some(index) => drop(others.swap_remove(index)),
            None => return Some(format!("no child has this history: {child:?}")),
        }
    }
    (first.keys != second.keys).then(|| format!("effects of {:?} and of {:?}", first.keys, second.keys))
}

/// The first difference between histories: event by event, or, where paths run beside each other, path by path.
fn histories(left: &[Record], right: &[Record]) -> Option<String> {
    let wire = |records: &[Record]| -> Vec<Value> { records.iter().map(|record| plain(&record.to_wire())).collect() };
    let (left, right) = (wire(left), wire(right));
    if left == right {
        return None;
    }
    // An event is what leads to it: paths that overtook each other have other numbers and the same chains.
    let (mut chained, mut others) = (chains(&left), chains(&right));
    chained.sort();
    others.sort();
    if chained == others {
        return None;
    }
    let missing = |these: &[String], those: &[String]| {
        these.iter().find(|chain| !those.contains(chain)).cloned().unwrap_or_else(|| "nothing".to_owned())
    };
    Some(format!("{} and {}", missing(&chained, &others), missing(&others, &chained)))
}

/// Every event with what led to it, without numbers.
fn chains(events: &[Value]) -> Vec<String> {
    let mut chains: Vec<String> = Vec::new();
    for event in events {
        // Where paths come together, the one that came last is what was before: which that is, nobody promised.
        let joins = event["type"].as_str().is_some_and(|kind| JOINS.contains(&kind));
        let before = event["previousEventId"].as_u64().and_then(|id| usize::try_from(id).ok()).unwrap_or_default();
        let before = if joins { 0 } else { before };
        let led = before.checked_sub(1).and_then(|index| chains.get(index)).cloned().unwrap_or_default();
        let mut own = event.clone();
        own["id"] = Value::Null;
        own["previousEventId"] = Value::Null;
        // The whole chain would grow with the square of its length; its hash tells as much.
        chains.push(format!("{}<-{own}", blake3::hash(led.as_bytes()).to_hex()));
    }
    chains
}

/// A value without what differs every time: moments, UUIDs, tokens.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| {
                let timed = matches!(name.as_str(), "timestamp" | "now" | "EnteredTime" | "StartTime");
                (name.clone(), if timed { Value::Null } else { plain(value) })
            })
            .collect(),
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::String(text) => json!(masked(text)),
        other => other.clone(),
    }
}

/// A text without UUIDs, moments and task tokens.
fn masked(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(|char: char| char.is_ascii_alphanumeric() || "-_".contains(char)) {
        let (before, from) = rest.split_at(begin);
        masked.push_str(before);
        let length = from.find(|char: char| !char.is_ascii_alphanumeric() && !"-_:.+".contains(char));
        let (word, after) = from.split_at(length.unwrap_or(from.len()));
        masked.push_str(if drawn(word) { "*" } else { word });
        rest = after;
    }
    masked.push_str(rest);
    masked
}

/// Whether a word is a UUID, a moment or a task token.
fn drawn(word: &str) -> bool {
    let uuid = |word: &str| word.len() == 36 && word.matches('-').count() == 4;
    let moment = word.len() >= 20 && word.as_bytes().get(4) == Some(&b'-') && word.contains('T');
    moment || is_task_token(word) || word.split(':').any(uuid)
}
