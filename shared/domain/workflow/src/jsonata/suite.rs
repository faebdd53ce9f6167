//! JSONata's own published cases. They are not in the repository: `OCTAVO_TEST_JSONATA` names the folder `test/test-suite` of
//! `jsonata-js/jsonata`.

use super::convert::Answer;
use super::engine;
use crate::scope::testing::Fixture;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where the cases are.
const FOLDER: &str = "OCTAVO_TEST_JSONATA";

/// Cases that do not pass, by the beginning of their place, with the reason.
const MISSES: [(&str, &str); 9] = [
    ("comments/case002", "the engine says what is wrong without the code"),
    ("flattening/large", "takes longer than an expression may in a debug build"),
    ("function-encodeUrl", "half a character is no JSON text, and the case cannot be read"),
    ("function-eval/", "the service has no $eval"),
    ("function-tomillis/parseDateTime[28]", "$now() stands still at the moment of the wake"),
    ("performance/", "may take longer than an expression may in a debug build"),
    ("range-operator/case021", "sequences have an end"),
    ("range-operator/case024", "sequences have an end"),
    ("tail-recursion/", "calls nest less deep, and time is up sooner, under codes of their own"),
];

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap_or(Value::Null)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// What differs; none if nothing does.
fn judge(case: &Value, data: Option<&Value>, expression: &str) -> Option<String> {
    let bindings = case["bindings"].as_object().cloned().unwrap_or_default();
    let fixture = Fixture::new(Value::Null);
    let answer = engine::evaluate_over(expression, data, &bindings, &fixture.scope());
    let code = case["code"].as_str().or(case["error"]["code"].as_str());
    match (answer, code) {
        (Err(message), Some(code)) if message.contains(code) => None,
        (Err(message), code) => Some(format!("failed with {message}, should {code:?}")),
        (Ok(_), Some(code)) => Some(format!("did not fail with {code}")),
        (Ok(Answer::Nothing), None) if case.get("undefinedResult").is_some() => None,
        (Ok(Answer::Value(value)), None) if case.get("result").is_some_and(|result| same(result, &value)) => None,
        (Ok(Answer::Value(value)), None) => Some(format!("{value} instead of {}", case["result"])),
        (Ok(Answer::Nothing), None) => Some(format!("nothing instead of {}", case["result"])),
        (Ok(Answer::Unsupported), None) => Some("a function".to_owned()),
    }
}

/// Numbers are the same when their doubles are.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| same(value, other)))
        }
        _ => left == right,
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test asks where the cases are")]
fn published_cases_pass() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        println!("skipped: {FOLDER} does not name the folder of JSONata's published cases");
        return;
    };
    let datasets: BTreeMap<String, Value> = files(&folder.join("datasets"))
        .into_iter()
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), read(&path)))
        .collect();
    let (mut passed, mut failed) = (0, Vec::new());
    for group in files(&folder.join("groups")) {
        let name = group.file_name().unwrap().to_string_lossy().into_owned();
        for path in files(&group).into_iter().filter(|path| path.extension().is_some_and(|kind| kind == "json")) {
            let cases = match read(&path) {
                Value::Array(cases) => cases,
                case => vec![case],
            };
            for (index, case) in cases.iter().enumerate() {
                let expression = match case["expr-file"].as_str() {
                    Some(file) => std::fs::read_to_string(group.join(file)).unwrap(),
                    None => case["expr"].as_str().unwrap_or_default().to_owned(),
                };
                let data = match (case.get("data"), case["dataset"].as_str()) {
                    (Some(data), _) => Some(data),
                    (None, Some(dataset)) => datasets.get(dataset),
                    (None, None) => None,
                };
                match judge(case, data, &expression) {
                    None => passed += 1,
                    Some(difference) => {
                        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
                        failed.push(format!("{name}/{file}[{index}] {expression}: {difference}"));
                    }
                }
            }
        }
    }
    println!("{passed} of {} published cases pass", passed + failed.len());
    let surprises: Vec<&String> =
        failed.iter().filter(|failed| !MISSES.iter().any(|(place, _)| failed.starts_with(place))).collect();
    for failed in &surprises {
        println!("FAILED {}", failed.chars().take(300).collect::<String>());
    }
    assert!(surprises.is_empty(), "a published case fails that is not known to");
}
