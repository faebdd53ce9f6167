//! What the real service answered, asked of the values' rules directly: executions that only pass and choose, without
//! the interpreter. Prints a line an area. The recordings lie beside the repository; without them the test says so.

#![expect(clippy::unwrap_used, reason = "a test")]

use octavo_domain_workflow::choice::Rule;
use octavo_domain_workflow::jsonata::{self, Kind};
use octavo_domain_workflow::path::ReferencePath;
use octavo_domain_workflow::{Failure, Scope, template};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// Areas, and how many executions of each must agree at least: a later change must not lose one.
const AREAS: [(&str, usize); 8] = [
    ("choice_operators", 344),
    ("intrinsic_functions", 115),
    ("evaluate_jsonata", 3),
    ("query_language", 4),
    ("outputdecl", 8),
    ("assign", 16),
    ("base", 19),
    ("scenarios", 18),
];

fn recordings() -> Option<PathBuf> {
    let mut folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    while folder.pop() {
        let found = folder.join("shared/data/states-language");
        if found.is_dir() {
            return Some(found);
        }
    }
    None
}

#[derive(Default)]
struct Count {
    agreed: usize,
    differed: usize,
    not_applicable: usize,
}

#[test]
fn the_values_answer_what_the_service_answered() {
    let Some(folder) = recordings() else {
        println!("skipped: the recordings are not beside this repository");
        return;
    };
    let mut lost = Vec::new();
    for (area, least) in AREAS {
        let text = std::fs::read_to_string(folder.join(format!("{area}.jsonl"))).unwrap();
        let mut count = Count::default();
        for line in text.lines() {
            judge(&serde_json::from_str(line).unwrap(), &mut count);
        }
        println!(
            "{area:<22} agreed {:>4}  differed {:>3}  not applicable {:>3}",
            count.agreed, count.differed, count.not_applicable
        );
        if count.agreed < least || count.differed > 0 {
            lost.push(area);
        }
    }
    assert!(lost.is_empty(), "{lost:?}");
}

fn judge(test: &Value, count: &mut Count) {
    let steps = test["steps"].as_array().unwrap();
    let starts: Vec<&Value> = steps.iter().filter(|step| step["call"] == "start").collect();
    let keys: Vec<&str> =
        steps.iter().filter(|step| step["call"] == "match").filter_map(|step| step["key"].as_str()).collect();
    let answers: Vec<Value> = match test["expected"]["cases"].as_array() {
        Some(cases) => cases.iter().map(|case| json!({"output": case["output"]})).collect(),
        None => keys.iter().filter_map(|key| recorded(&test["expected"][*key])).collect(),
    };
    if starts.len() != answers.len() {
        count.not_applicable += starts.len();
        return;
    }
    for (start, wanted) in starts.iter().zip(answers) {
        let text = |name: &str| start[name].as_str().unwrap_or("{}");
        let definition: Value = serde_json::from_str(text("definition")).unwrap();
        let input: Value = serde_json::from_str(text("input")).unwrap();
        match run(&definition, input) {
            None => count.not_applicable += 1,
            Some(found) if agrees(&found, &wanted) => count.agreed += 1,
            Some(found) => {
                count.differed += 1;
                println!("{}\n  wanted {wanted}\n  found  {found}", test["id"]);
            }
        }
    }
}

/// The last event of a history, as an output or an error.
fn recorded(answer: &Value) -> Option<Value> {
    let last = answer["events"].as_array()?.last()?;
    if let Some(output) = last["executionSucceededEventDetails"].get("output") {
        return Some(json!({"output": output}));
    }
    let details = &last["executionFailedEventDetails"];
    Some(json!({"error": details["error"], "cause": details["cause"]}))
}

/// Whether an answer is the recorded one. Recordings hide what changes from run to run, and show a text that begins with
/// a brace as the JSON in it.
fn agrees(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (_, Value::String(text)) if hidden(text) => true,
        (Value::Object(found), Value::Object(wanted)) => {
            found.len() == wanted.len()
                && wanted.iter().all(|(key, value)| found.get(key).is_some_and(|found| agrees(found, value)))
        }
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(found, wanted)| agrees(found, wanted))
        }
        (Value::Number(found), Value::Number(wanted)) => found.as_f64() == wanted.as_f64(),
        (Value::String(found), Value::String(wanted)) if wanted.contains("<json-input") => {
            wanted.split("<json-input").next().is_some_and(|start| found.starts_with(start))
        }
        (Value::String(text), Value::Object(_)) => {
            serde_json::from_str::<Value>(text).is_ok_and(|found| agrees(&found, wanted))
        }
        // An output that is no object was recorded as its text.
        (found, Value::String(text)) if !found.is_string() => {
            serde_json::from_str::<Value>(text).is_ok_and(|wanted| agrees(found, &wanted))
        }
        (Value::String(found), Value::String(wanted)) => {
            found == wanted || serde_json::from_str::<String>(wanted).is_ok_and(|wanted| wanted == *found)
        }
        (found, wanted) => found == wanted,
    }
}

fn hidden(text: &str) -> bool {
    const WHOLE: [&str; 6] =
        ["date", "timestamp", "start-time", "entered-time", "RandomNumberGenerated", "snf_role_arn"];
    WHOLE.contains(&text) || ["<ArnPart", "<ExecArnPart", "<uuid"].iter().any(|part| text.contains(part))
}

/// Runs a machine of Pass, Choice, Succeed and Fail states. None when it has others.
fn run(definition: &Value, input: Value) -> Option<Value> {
    let mut variables = Map::new();
    let original = input.clone();
    let mut input = input;
    let mut name = definition["StartAt"].as_str()?.to_owned();
    let mut event = 2;
    for _ in 0..50 {
        let state = &definition["States"][&name];
        if !matches!(state["Type"].as_str()?, "Pass" | "Choice" | "Succeed" | "Fail") {
            return None;
        }
        let context = json!({
            "Execution": {"Id": "e", "Input": original, "Name": "e-1", "RoleArn": "r", "StartTime": "t", "RedriveCount": 0},
            "State": {"EnteredTime": "t", "Name": name}, "StateMachine": {"Id": "m", "Name": "m-1"}
        });
        let language = state["QueryLanguage"].as_str().or(definition["QueryLanguage"].as_str());
        let world = World { state, context: &context, variables: &variables, jsonata: language == Some("JSONata") };
        let done = match world.step(&input) {
            Ok(done) => done?,
            Err(failure) => {
                let cause = format!(
                    "An error occurred while executing the state '{name}' (entered at the event id #{event}). {}",
                    failure.cause
                );
                return Some(json!({"error": failure.error, "cause": cause}));
            }
        };
        match done {
            Done::Failed { error, cause } => return Some(json!({"error": error, "cause": cause})),
            Done::Went { output, assigned, next } => {
                if let Value::Object(assigned) = assigned {
                    variables.extend(assigned);
                }
                input = output;
                match next {
                    Some(next) => name = next,
                    None => return Some(json!({"output": input})),
                }
            }
        }
        event += 2;
    }
    None
}

enum Done {
    Went { output: Value, assigned: Value, next: Option<String> },
    Failed { error: Value, cause: Value },
}

struct World<'a> {
    state: &'a Value,
    context: &'a Value,
    variables: &'a Map<String, Value>,
    jsonata: bool,
}

impl World<'_> {
    fn scope<'s>(&'s self, input: &'s Value, chance: &'s dyn Fn() -> u64) -> Scope<'s> {
        let (context, variables) = (self.context, self.variables);
        Scope { input, context, variables, result: None, error: None, chance, now: chrono::DateTime::default() }
    }

    fn step(&self, input: &Value) -> Result<Option<Done>, Failure> {
        let chance = || 7_777_777_777_777_777_777;
        let scope = self.scope(input, &chance);
        let field = |name: &str| self.state.get(name);
        let mut next = field("Next").and_then(Value::as_str).map(str::to_owned);
        let mut chosen = self.state;
        if self.state["Type"] == "Fail" {
            let said = |plain: &str, path: &str| match (field(plain), field(path).and_then(Value::as_str)) {
                (Some(text), _) if self.jsonata => jsonata::fill_as(text, plain, Kind::String, &scope),
                (None, Some(source)) => template::evaluate(source, path, &scope),
                (text, _) => Ok(text.cloned().unwrap_or(Value::Null)),
            };
            return Ok(Some(Done::Failed { error: said("Error", "ErrorPath")?, cause: said("Cause", "CausePath")? }));
        }
        if self.state["Type"] == "Choice" {
            let mut found = None;
            for rule in self.state["Choices"].as_array().into_iter().flatten() {
                let holds = match rule.get("Condition") {
                    Some(condition) => jsonata::fill_as(condition, "Condition", Kind::Boolean, &scope)? == json!(true),
                    None => Rule::parse(rule).unwrap().holds(&scope)?,
                };
                if holds {
                    found = Some(rule);
                    break;
                }
            }
            chosen = found.unwrap_or(self.state);
            next = found.map_or(field("Default"), |rule| rule.get("Next")).and_then(Value::as_str).map(str::to_owned);
        }
        if self.jsonata {
            let output =
                chosen.get("Output").map_or_else(|| Ok(input.clone()), |it| jsonata::fill(it, "Output", &scope))?;
            let assigned = jsonata::fill(chosen.get("Assign").unwrap_or(&Value::Null), "Assign", &scope)?;
            return Ok(Some(Done::Went { output, assigned, next }));
        }
        let read = |name: &str, from: &Value| match field(name) {
            Some(Value::Null) => Ok(json!({})),
            Some(path) => template::read(path.as_str().unwrap_or(""), &self.scope(from, &chance)),
            None => Ok(from.clone()),
        };
        let effective = read("InputPath", input)?;
        let scope = self.scope(&effective, &chance);
        let result = match (field("Result"), field("Parameters")) {
            (Some(result), _) => result.clone(),
            (None, Some(parameters)) => template::fill(parameters, &scope)?,
            (None, None) => effective.clone(),
        };
        let assigned = template::fill(chosen.get("Assign").unwrap_or(&Value::Null), &self.scope(&result, &chance))?;
        let mut whole = input.clone();
        match field("ResultPath") {
            Some(Value::Null) => {}
            Some(path) => {
                let path = ReferencePath::parse(path.as_str().unwrap_or("")).unwrap();
                path.put(&mut whole, result).map_err(|fault| Failure::runtime(fault.message))?;
            }
            None => whole = result,
        }
        Ok(Some(Done::Went { output: read("OutputPath", &whole)?, assigned, next }))
    }
}
