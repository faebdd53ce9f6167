//! Expressions in definitions: JSONPath, intrinsic functions, JSONata, rules of choices.

use chrono::DateTime;
use octavo_domain_workflow::choice::Rule;
use octavo_domain_workflow::path::{Path, ReferencePath};
use octavo_domain_workflow::scope::nests_too_deep;
use octavo_domain_workflow::{Failure, Scope, jsonata, template, timestamp};
use serde_json::{Map, Value, json};
use std::cell::Cell;

/// Panics where an expression that was checked cannot be read, where an evaluation depends on anything but its scope,
/// where a failure has no name, or where a value comes out that nests too deep.
pub(crate) fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let input = json!({"order": {"id": 17, "lines": [{"sku": "a", "price": 1.5}, {"sku": "b", "price": 20}], "note": "ä"},
        "tags": ["x", "y"], "when": "2026-11-27T10:00:00Z", "nothing": null, "yes": true});
    if let Ok(path) = Path::parse(text) {
        assert_eq!(path.find(&input).ok(), path.find(&input).ok());
    }
    if let Ok(path) = ReferencePath::parse(text) {
        let mut into = input.clone();
        if path.put(&mut into, json!("put")).is_ok() && !path.is_root() {
            let found = Path::parse(text).map(|path| path.find(&into));
            assert!(matches!(&found, Ok(Ok(value)) if *value == json!("put")), "{text}: put, and found {found:?}");
        }
    }
    if let Some(moment) = timestamp::parse(text) {
        assert!(timestamp::parse(&timestamp::written(moment)).is_some(), "{moment} written anew");
    }
    twice(&input, |scope| template::evaluate(text, "Parameters", scope));
    if jsonata::check(text).is_ok() {
        let filled = json!({"value": format!("{{% {text} %}}")});
        twice(&input, |scope| jsonata::fill(&filled, "Output", scope));
    }
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        twice(&input, |scope| template::fill(&value, scope));
        twice(&input, |scope| jsonata::fill(&value, "Output", scope));
        if let Ok(rule) = Rule::parse(&value) {
            twice(&input, |scope| rule.holds(scope).map(Value::from));
        }
    }
}

fn twice(input: &Value, evaluate: impl Fn(&Scope<'_>) -> Result<Value, Failure>) {
    let answers: Vec<_> = (0..2)
        .map(|_| {
            let drawn = Cell::new(0_u64);
            let chance = || {
                drawn.set(drawn.get() + 1);
                drawn.get().wrapping_mul(0x9E37_79B9_7F4A_7C15)
            };
            let (context, variables) =
                (json!({"Execution": {"Id": "e"}}), Map::from_iter([("v".to_owned(), json!(3))]));
            evaluate(&Scope {
                input,
                context: &context,
                variables: &variables,
                result: None,
                error: None,
                chance: &chance,
                now: DateTime::UNIX_EPOCH,
            })
        })
        .collect();
    match &answers[0] {
        Ok(value) => assert!(!nests_too_deep(value), "an answer that nests too deep"),
        Err(failure) => assert!(!failure.error.is_empty()),
    }
    // A time limit may strike once and not the other time.
    if answers.iter().all(Result::is_ok) {
        assert_eq!(answers[0], answers[1], "evaluated twice over the same scope");
    }
}
