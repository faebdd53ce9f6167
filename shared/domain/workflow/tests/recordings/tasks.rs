//! Tasks are answered as the recording says they were.

use octavo_domain_workflow::machine::Event;
use serde_json::Value;
use std::collections::{HashSet, VecDeque};

/// What was told of each task that the recorded history scheduled, in its order, with the name of the state.
pub(crate) fn answers(history: &[Value]) -> VecDeque<(String, Vec<Event>)> {
    let mut answers = VecDeque::new();
    let mut used = HashSet::new();
    for scheduled in history {
        let kind = scheduled["type"].as_str().unwrap_or_default();
        if !kind.ends_with("Scheduled") {
            continue;
        }
        let state = history
            .iter()
            .rev()
            .filter(|event| event["id"].as_u64() < scheduled["id"].as_u64())
            .find_map(|event| event.get("stateEnteredEventDetails")?["name"].as_str())
            .unwrap_or_default();
        let mut told = Vec::new();
        if !scheduled["id"].is_u64() {
            // Inside of a `Parallel` nothing says what follows what: the first of each kind that is left.
            for kinds in [&["Started"][..], &["Submitted"], &["Succeeded", "Failed", "TimedOut"]] {
                let left = history.iter().enumerate().find(|(index, event)| {
                    let kind = event["type"].as_str().unwrap_or_default();
                    let task = ["Task", "LambdaFunction", "Activity"]
                        .iter()
                        .any(|family| kind.strip_prefix(family).is_some_and(|kind| kinds.contains(&kind)));
                    task && !event["id"].is_u64() && !used.contains(index)
                });
                if let Some((index, left)) = left {
                    used.insert(index);
                    told.extend(event(left));
                }
            }
            answers.push_back((String::new(), told));
            continue;
        }
        let mut at = scheduled["id"].clone();
        while let Some(next) = history.iter().find(|event| event["previousEventId"] == at && at.is_u64()) {
            let Some(event) = event(next) else { break };
            told.push(event);
            at = next["id"].clone();
        }
        answers.push_back((state.to_owned(), told));
    }
    answers
}

fn event(recorded: &Value) -> Option<Event> {
    let kind = recorded["type"].as_str()?;
    let details = recorded.as_object()?.iter().find(|(key, _)| key.ends_with("EventDetails")).map(|(_, value)| value);
    let text = |name: &str| {
        let value = details?.get(name)?;
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    let output = || {
        let value = details.and_then(|details| details.get("output")).cloned().unwrap_or_default();
        value.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(value)
    };
    let task = ["Task", "LambdaFunction", "Activity"].iter().find_map(|family| kind.strip_prefix(family))?;
    match task {
        "Started" => Some(Event::TaskStarted { worker: text("workerName") }),
        "Submitted" => Some(Event::TaskSubmitted { output: output() }),
        "Succeeded" => Some(Event::TaskSucceeded { output: output() }),
        "Failed" => Some(Event::TaskFailed { error: text("error"), cause: text("cause") }),
        "TimedOut" => Some(Event::TaskTimedOut { heartbeat: false }),
        _ => None,
    }
}
