//! The test files: YAML documents of a setup, a teardown and named tests, each a list of steps.

use std::path::{Path, PathBuf};

use serde_json::{Map, Number, Value};
use yaml_rust2::{Yaml, YamlLoader};

/// One line of a test: an operator such as `do` or `match`, and what it is given.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) operator: String,
    pub(crate) argument: Value,
}

#[derive(Debug)]
pub(crate) struct Test {
    pub(crate) title: String,
    pub(crate) steps: Vec<Step>,
}

#[derive(Debug)]
pub(crate) struct File {
    /// The API or the subject, such as `search.highlight`.
    pub(crate) folder: String,
    pub(crate) name: String,
    pub(crate) setup: Vec<Step>,
    pub(crate) teardown: Vec<Step>,
    pub(crate) tests: Vec<Test>,
}

/// YAML as JSON, which is what it is sent and compared as. Keys become strings.
fn json(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::Real(text) => text
            .parse::<u64>()
            .map(Value::from)
            .or_else(|_| text.parse::<f64>().map(|number| Number::from_f64(number).map_or(Value::Null, Value::Number)))
            .unwrap_or_else(|_| Value::from(text.as_str())),
        Yaml::Integer(number) => Value::from(*number),
        Yaml::String(text) => Value::from(text.as_str()),
        Yaml::Boolean(flag) => Value::from(*flag),
        Yaml::Array(values) => values.iter().map(json).collect(),
        Yaml::Hash(hash) => hash
            .iter()
            .map(|(key, value)| {
                let key = json(key);
                (key.as_str().map_or_else(|| key.to_string(), str::to_owned), json(value))
            })
            .collect::<Map<_, _>>()
            .into(),
        Yaml::Alias(_) | Yaml::Null | Yaml::BadValue => Value::Null,
    }
}

fn steps(value: &Value) -> Vec<Step> {
    let each = value.as_array().into_iter().flatten().filter_map(Value::as_object).flatten();
    each.map(|(operator, argument)| Step { operator: operator.clone(), argument: argument.clone() }).collect()
}

/// The text with everything inside brackets moved to the right: some files indent it less than YAML allows, which the
/// parser that they were written for does not mind.
fn indented(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0usize;
    for line in text.lines() {
        // No step begins inside brackets; a pattern of some step before may hold a lone one.
        if line.trim_start().starts_with("- do:") || line == "---" {
            depth = 0;
        }
        if depth > 0 {
            out.push_str(&" ".repeat(60));
        }
        out.push_str(line);
        out.push('\n');
        let mut quoted = false;
        for character in line.split(" #").next().unwrap_or(line).chars() {
            match character {
                '"' => quoted = !quoted,
                '{' | '[' if !quoted => depth += 1,
                '}' | ']' if !quoted => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
    }
    out
}

fn read(path: &Path) -> Result<File, String> {
    let part = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    let mut file = File { folder, name: part(path), setup: vec![], teardown: vec![], tests: vec![] };
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let documents = YamlLoader::load_from_str(&text).or_else(|_| YamlLoader::load_from_str(&indented(&text)));
    for document in documents.map_err(|error| error.to_string())? {
        for (title, value) in json(&document).as_object().into_iter().flatten() {
            match title.as_str() {
                "setup" => file.setup = steps(value),
                "teardown" => file.teardown = steps(value),
                title => file.tests.push(Test { title: title.to_owned(), steps: steps(value) }),
            }
        }
    }
    Ok(file)
}

/// Every file below `rest-api-spec/test`, in the order of their names.
pub(crate) fn files(specification: &Path) -> Vec<Result<File, (PathBuf, String)>> {
    let list = |folder: &Path| -> Vec<PathBuf> {
        let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        entries
    };
    let folders = list(&specification.join("test")).into_iter().filter(|path| path.is_dir());
    folders
        .flat_map(|folder| list(&folder))
        .filter(|path| path.extension().is_some_and(|extension| extension == "yml"))
        .map(|path| read(&path).map_err(|error| (path, error)))
        .collect()
}
