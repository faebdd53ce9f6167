//! Whatever a text holds, reading and evaluating it ends, and never with a panic.

use octavo_domain_workflow::choice::Rule;
use octavo_domain_workflow::path::{Path, ReferencePath};
use octavo_domain_workflow::{Scope, jsonata, template};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Texts made of the pieces that the grammars are made of.
fn written() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "$", "$$", ".", "..", "[", "]", "(", ")", "*", "?", "@", "'", "\"", "\\", ":", ",", "-1", "0", "2", "a", "b-c",
        " ", "==", "!", "&&", "||", "<", "=~", "/", "{", "}", "{}", "States.", "Format", "Array", "length()", "ä",
        "null", "$states", "input", "function", ":=", ";", "~>", "in", "[]",
    ]);
    prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn paths_templates_and_calls_end(text in written(), rest in written()) {
        let input = json!({"a": [1, {"b-c": "x"}, [2]], "ä": null});
        let variables = Map::new();
        let scope = Scope {
            input: &input, context: &input, variables: &variables, result: None, error: None, chance: &|| 4,
            now: chrono::DateTime::default(),
        };
        let path = format!("${text}");
        if let Ok(path) = Path::parse(&path) {
            let found = path.find(&input);
            prop_assert!(path.is_definite() || found.is_err() || found.is_ok_and(|found| found.is_array()));
        }
        if let Ok(path) = ReferencePath::parse(&path) {
            let mut into = input.clone();
            let before = into.clone();
            prop_assert!(path.put(&mut into, Value::Null).is_ok() || into == before);
        }
        for text in [path, text.clone(), format!("States.Format('{{}}', ${text})"), format!("States.Array({text}, {rest})")] {
            // What is checked may fail to be found, but never because it cannot be read.
            let checked = template::check(&text);
            let cause = template::evaluate(&text, "f.$", &scope).map_err(|failure| failure.cause).err().unwrap_or_default();
            prop_assert!(checked.is_err() || !cause.contains("must be a valid"), "{} {}", text, cause);
        }
        let rule = Rule::parse(&json!({"Variable": format!("${text}"), "StringMatches": rest}));
        if let Ok(rule) = rule {
            let _ = rule.holds(&scope);
        }
    }

    #[test]
    fn expressions_end(text in written()) {
        let input = json!({"a": [1, {"b-c": "x"}, [2]]});
        let variables = Map::new();
        let scope = Scope {
            input: &input, context: &input, variables: &variables, result: None, error: None, chance: &|| 4,
            now: chrono::DateTime::default(),
        };
        let answer = jsonata::fill(&json!(format!("{{% {text} %}}")), "Output", &scope);
        if let Err(failure) = answer {
            prop_assert_eq!(failure.error, "States.QueryEvaluationError");
        }
    }
}
