//! One recording: what is run, and what is compared.

use super::{
    compare::{aliases, difference, history_difference},
    tasks,
};
use chrono::DateTime;
use octavo_domain_workflow::{
    definition::{Code, parse, refusal, variable_references},
    history::Record,
    machine::{Ended, Outcome},
    rehearsal::{Report, Start, rehearse},
};
use serde_json::{Value, json};

/// What a recording needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// Nothing but the interpreter.
    Interpreter,
    /// Answers of tasks, which are taken from the recording.
    Tasks,
    /// One state alone.
    TestState,
    /// A definition that is refused.
    Refusals,
    /// Something else: the API itself, `TestState`.
    Other,
}

/// What became of it.
pub(crate) enum Verdict {
    Passed,
    Failed(String),
    NotApplicable,
}

/// What runs a recorded start: with the machine that was created, the recorded history (whose tasks are answered as it says)
/// and after how many seconds it is stopped. The interpreter alone, or an engine around it.
pub(crate) type Run<'a> = dyn FnMut(&Value, Option<&Value>, &[Value], Option<i64>) -> Result<Report, String> + 'a;

pub(crate) fn judge(test: &Value, run: &mut Run<'_>) -> (Class, Verdict) {
    let mut steps = test["steps"].as_array().cloned().unwrap_or_default();
    // Where the machine was made by something else, its description has the definition.
    let described = test["expected"].as_object().into_iter().flatten().find_map(|(_, answer)| {
        let definition = &answer["definition"];
        definition.is_object().then(|| definition.to_string())
    });
    for step in steps.iter_mut().filter(|step| step["call"] == "start" && step["definition"].is_null()) {
        step["definition"] = json!(described);
    }
    let expected = test["expected"].to_string();
    let starts: Vec<&Value> = steps.iter().filter(|step| step["call"] == "start").collect();
    let create = steps.iter().find(|step| step["call"] == "create");
    let checks = steps.iter().find(|step| step["call"] == "validate_state_machine_definition");
    if let Some(checks) = checks {
        let valid = test["expected"]["validation_response"]["result"] == "OK";
        let verdict =
            match (valid, parse(checks["definition"].as_str().unwrap_or_default(), checks["type"] == "EXPRESS")) {
                (true, Ok(_)) => Verdict::Passed,
                (true, Err(findings)) => Verdict::Failed(refusal(&findings)),
                (false, _) => refused(checks, &expected),
            };
        return (Class::Refusals, verdict);
    }
    if starts.is_empty() && expected.contains("SCHEMA_VALIDATION_FAILED") {
        return (Class::Refusals, create.map_or(Verdict::NotApplicable, |create| refused(create, &expected)));
    }
    let class = match (test["interpreter_only"] == true, starts.is_empty()) {
        (true, _) => Class::Interpreter,
        (false, false) => Class::Tasks,
        (false, true) => return (Class::Other, Verdict::NotApplicable),
    };
    let text = starts.first().and_then(|start| start["definition"].as_str()).unwrap_or_default();
    if text.is_empty() || text.contains("ItemReader") {
        // The definition is not in the recording, or items are read from where the recording does not say.
        return (class, Verdict::NotApplicable);
    }
    let mut judged = 0;
    let mut used = 0;
    if let Some(cases) = test["expected"]["cases"].as_array() {
        for (case, start) in cases.iter().zip(&starts) {
            let report = match run(start, create, &[], None) {
                Ok(report) => report,
                Err(reason) => return (class, Verdict::Failed(reason)),
            };
            let found = match &report.ended {
                Some(Ended::Itself(Outcome::Succeeded(output))) => difference(&case["output"], output, "output"),
                other => Some(format!("ended with {other:?}")),
            };
            if let Some(found) = found {
                return (class, Verdict::Failed(format!("{found}; input {}", case["input"])));
            }
            judged += 1;
        }
    }
    for key in steps.iter().filter(|step| step["call"] == "match").filter_map(|step| step["key"].as_str()) {
        let recorded = &test["expected"][key];
        let mut next = || {
            used += 1;
            starts.get(used - 1).or_else(|| starts.last()).copied()
        };
        let stops = steps.iter().any(|step| step["call"] == "stop_execution").then_some(1);
        let found = if let Some(events) = recorded["events"].as_array() {
            let Some(start) = next() else { continue };
            run(start, create, events, stops).map(|report| {
                let ours: Vec<Value> = report.history.iter().map(Record::to_wire).collect();
                let mut names = Vec::new();
                if let (Class::Tasks, Some(first), Some(other)) = (class, events.first(), ours.first()) {
                    let details = "executionStartedEventDetails";
                    aliases(&first[details]["input"], &other[details]["input"], &mut names);
                }
                let mut text = json!(ours).to_string();
                for (ours, recorded) in &names {
                    text = text.replace(ours.as_str(), recorded);
                }
                let ours: Vec<Value> = serde_json::from_str(&text).unwrap_or_default();
                history_difference(events, &ours)
            })
        } else if recorded["stopDate"].is_string() && recorded["status"].is_string() {
            let Some(start) = starts.get(used.min(starts.len().saturating_sub(1))) else { continue };
            if class == Class::Tasks {
                continue;
            }
            run(start, create, &[], stops).map(|report| difference(&ending(recorded), &ended(&report), key))
        } else if recorded.get("variableReferences").is_some() || key.starts_with("describe_response") {
            let text = create.and_then(|create| create["definition"].as_str()).unwrap_or_default();
            let none = json!({});
            let recorded = recorded.get("variableReferences").unwrap_or(&none);
            Ok(difference(recorded, &json!(variable_references(text)), key))
        } else {
            continue;
        };
        match found {
            Ok(None) => judged += 1,
            Ok(Some(reason)) | Err(reason) => return (class, Verdict::Failed(reason)),
        }
    }
    // Express executions are told of by their last event.
    let last = &test["expected"]["end_event"];
    if last.is_object() && class == Class::Interpreter {
        let Some(start) = starts.first() else { return (class, Verdict::NotApplicable) };
        match run(start, create, &[], None) {
            Err(reason) => return (class, Verdict::Failed(reason)),
            Ok(report) => {
                let wire = report.history.last().map(Record::to_wire).unwrap_or_default();
                let details = wire.as_object().and_then(|wire| wire.iter().find(|(key, _)| key.ends_with("Details")));
                let ours = json!({"id": wire["id"].to_string(), "type": wire["type"], "details": details.map(|d| d.1)});
                let recorded = json!({"id": last["id"], "type": last["type"], "details": last["details"]});
                if let Some(found) = difference(&recorded, &ours, "end") {
                    return (class, Verdict::Failed(found));
                }
                judged += 1;
            }
        }
    }
    (class, if judged == 0 { Verdict::NotApplicable } else { Verdict::Passed })
}

fn refused(create: &Value, expected: &str) -> Verdict {
    let express = create["type"] == "EXPRESS";
    match parse(create["definition"].as_str().unwrap_or_default(), express) {
        Ok(_) => Verdict::Failed("accepted".to_owned()),
        Err(findings) => {
            let ours = refusal(&findings);
            let inner = ours.trim_start_matches("Invalid State Machine Definition: ").trim_matches('\'');
            // The recording may be of the API's list of findings, which has the same parts apart.
            let apart = findings.iter().all(|finding| {
                expected.contains(json!(finding.message).to_string().trim_matches('"'))
                    && expected.contains(&finding.path)
            });
            // What the service's own reader of JSON says of a text that is none is its own business.
            let unread = findings[0].code == Code::InvalidJsonDescription && expected.contains("INVALID_JSON");
            if unread || expected.replace("<partition>", "aws").contains(inner) || apart {
                Verdict::Passed
            } else {
                Verdict::Failed(format!("ours: {ours}"))
            }
        }
    }
}

/// The interpreter alone.
pub(crate) fn rehearsed(
    start: &Value,
    create: Option<&Value>,
    events: &[Value],
    stops: Option<i64>,
) -> Result<Report, String> {
    let text = start["definition"].as_str().unwrap_or_default();
    let express = create.is_some_and(|create| create["type"] == "EXPRESS");
    let definition = parse(text, express).map_err(|findings| refusal(&findings))?;
    let input = match start["input"].as_str() {
        Some(text) => serde_json::from_str(text).map_err(|error| error.to_string())?,
        None => json!({}),
    };
    let start = Start {
        machine_arn: start["arn"].as_str().unwrap_or_default().to_owned(),
        name: "e1".to_owned(),
        role_arn: "arn:aws:iam::111111111111:role/snf_role".to_owned(),
        input,
        express,
        now: DateTime::from_timestamp(1_764_000_000, 0).unwrap_or_default(),
        seed: 7,
        stored: true,
        abort_after_seconds: stops,
        mocked: None,
    };
    let mut answers = tasks::answers(events);
    let mut answer = |state: &str, _: &_| {
        let index = answers.iter().position(|(name, _)| name == state).unwrap_or_default();
        answers.remove(index).map(|(_, events)| events).unwrap_or_default()
    };
    Ok(rehearse(&definition, &start, &mut answer))
}

/// The parts of a description that tell how it ended.
fn ending(described: &Value) -> Value {
    let mut ending = serde_json::Map::new();
    for name in ["status", "output", "error", "cause"] {
        ending.extend(described.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    Value::Object(ending)
}

fn ended(report: &Report) -> Value {
    let failed = |status: &str, error: &Option<String>, cause: &Option<String>| {
        let mut ended = json!({ "status": status });
        for (name, value) in [("error", error), ("cause", cause)] {
            if let Some(value) = value {
                ended[name] = json!(value);
            }
        }
        ended
    };
    match &report.ended {
        None => json!({ "status": "RUNNING" }),
        Some(Ended::TimedOut) => json!({ "status": "TIMED_OUT" }),
        Some(Ended::Itself(Outcome::Succeeded(output))) => {
            json!({ "status": "SUCCEEDED", "output": output.to_string() })
        }
        Some(Ended::Itself(Outcome::Failed { error, cause })) => failed("FAILED", error, cause),
        Some(Ended::Aborted { error, cause }) => failed("ABORTED", error, cause),
    }
}
