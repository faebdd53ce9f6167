//! The files of scenarios, and how an answer is compared.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

/// How far a number may be from the expected one, as a part of it.
const TOLERANCE: f64 = 0.001;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// The file's name, without its extension.
    #[serde(skip)]
    pub(crate) name: String,
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) given: Vec<Step>,
    pub(crate) scenarios: Vec<Scenario>,
    /// Engines by name that answer every scenario otherwise, and why.
    #[serde(default)]
    differs: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) steps: Vec<Step>,
    #[serde(default)]
    differs: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    pub(crate) request: String,
    /// An array is a body of lines.
    #[serde(default)]
    pub(crate) body: Value,
    #[serde(default = "ok")]
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) expect: Value,
    /// Pointers into the answer, by the names under which they are kept.
    #[serde(default)]
    pub(crate) remember: BTreeMap<String, String>,
}

fn ok() -> u16 {
    200
}

impl File {
    /// Why `engine` is known to answer `scenario` otherwise.
    pub(crate) fn reason(&self, scenario: &Scenario, engine: &str) -> Option<String> {
        scenario.differs.get(engine).or_else(|| self.differs.get(engine)).cloned()
    }
}

pub(crate) fn files() -> Vec<File> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<File> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            let file: File = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            File { name, ..file }
        })
        .collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

/// Where and how `found` is not as `expected`: the path, and the two values where they are short.
pub(crate) fn difference(at: &str, expected: &Value, found: &Value) -> Option<String> {
    let said = |found: &Value| {
        let short = |value: &Value| !matches!(value, Value::Object(_) | Value::Array(_));
        let path = at.trim_start_matches('.');
        match found {
            Value::Null => format!("no `{path}`"),
            found if short(found) && short(expected) => format!("`{path}` is {found}, expected {expected}"),
            _ => format!("`{path}` differs"),
        }
    };
    match (expected, found) {
        (Value::String(any), found) if any == "*" => found.is_null().then(|| said(found)),
        (Value::Object(expected), Value::Object(found)) => expected
            .iter()
            .find_map(|(key, value)| difference(&format!("{at}.{key}"), value, found.get(key).unwrap_or(&Value::Null))),
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => expected
            .iter()
            .zip(found)
            .enumerate()
            .find_map(|(number, (expected, found))| difference(&format!("{at}[{number}]"), expected, found)),
        (Value::Array(expected), Value::Array(found)) => {
            let path = at.trim_start_matches('.');
            Some(format!("`{path}` has {} elements, expected {}", found.len(), expected.len()))
        }
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            ((a - b).abs() > TOLERANCE * a.abs().max(1.0)).then(|| said(found))
        }
        (expected, found) => (expected != found).then(|| said(found)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::difference;

    #[test]
    fn what_differs_is_named() {
        let found = json!({ "hits": { "total": 2, "hits": [{ "_id": "a", "_score": 1.0001 }] } });
        assert_eq!(difference("", &json!({ "hits": { "hits": [{ "_score": 1, "_id": "*" }] } }), &found), None);
        let says = |expected| difference("", &expected, &found).unwrap();
        assert_eq!(says(json!({ "hits": { "total": 3 } })), "`hits.total` is 2, expected 3");
        assert_eq!(says(json!({ "hits": { "hits": [] } })), "`hits.hits` has 1 elements, expected 0");
        assert_eq!(
            says(json!({ "hits": { "hits": [{ "_id": "b" }] } })),
            "`hits.hits[0]._id` is \"a\", expected \"b\""
        );
        assert_eq!(says(json!({ "took": "*" })), "no `took`");
    }
}
