//! The description of the APIs (`rest-api-spec/api/*.json`), and from a `do` to a request.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

/// What a path segment or a query may hold as it is; commas and stars stay for the eye of who reads a failure.
const ESCAPED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b',');

struct Route {
    path: String,
    methods: Vec<String>,
    parts: BTreeSet<String>,
}

pub(crate) struct Api {
    routes: Vec<Route>,
    parameters: BTreeSet<String>,
    lines: bool,
}

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    /// With its query.
    pub(crate) path: String,
    pub(crate) body: Option<String>,
    pub(crate) lines: bool,
    /// Statuses that are no error to this step.
    pub(crate) ignored: Vec<u16>,
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect()
}

pub(crate) fn read_all(specification: &Path) -> BTreeMap<String, Api> {
    let mut found = BTreeMap::new();
    let mut common = BTreeSet::new();
    for entry in std::fs::read_dir(specification.join("api")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let Value::Object(object) = serde_json::from_str(&text).unwrap() else { continue };
        if object.contains_key("params") {
            common = keys(&object["params"]);
            continue;
        }
        for (name, api) in object {
            let routes = api["url"]["paths"].as_array().into_iter().flatten().map(|route| Route {
                path: route["path"].as_str().unwrap_or_default().to_owned(),
                methods: route["methods"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|method| method.as_str().map(str::to_owned))
                    .collect(),
                parts: keys(&route["parts"]),
            });
            let lines = api["body"]["serialize"] == "bulk";
            found.insert(name, Api { routes: routes.collect(), parameters: keys(&api["params"]), lines });
        }
    }
    for api in found.values_mut() {
        api.parameters.extend(common.iter().cloned());
    }
    found
}

/// A parameter's value in a URL: lists with commas between.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(","),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn body(value: &Value, lines: bool) -> String {
    let line = |value: &Value| value.as_str().map_or_else(|| value.to_string(), |text| text.trim_end().to_owned());
    match value {
        Value::Array(values) if lines => values.iter().map(|value| line(value) + "\n").collect(),
        Value::String(text) if lines => text.trim_end().to_owned() + "\n",
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Api {
    /// # Errors
    /// What a client refuses by itself: a parameter that the API does not have, a part of the path that is missing.
    pub(crate) fn call(&self, arguments: &Map<String, Value>) -> Result<Call, String> {
        let given: BTreeSet<&String> = arguments.keys().filter(|key| *key != "body" && *key != "ignore").collect();
        // An empty part would make another path of it: the tests give it to ask for that.
        let filled = |part: &String| arguments.get(part).is_some_and(|value| !plain(value).is_empty());
        let route = self
            .routes
            .iter()
            .filter(|route| route.parts.iter().all(filled))
            .max_by_key(|route| route.parts.len())
            .ok_or("a part of the path is missing")?;
        let mut path = route.path.clone();
        for part in &route.parts {
            let text = plain(&arguments[part]);
            path = path.replace(&format!("{{{part}}}"), &utf8_percent_encode(&text, &ESCAPED).to_string());
        }
        let is_part = |key: &String| self.routes.iter().any(|route| route.parts.contains(key));
        let mut query = Vec::new();
        for key in given.into_iter().filter(|key| !route.parts.contains(*key)) {
            if self.parameters.contains(key) {
                let value = plain(&arguments[key]);
                query.push(format!("{key}={}", utf8_percent_encode(&value, &ESCAPED)));
            } else if !is_part(key) {
                return Err(format!("the API has no parameter [{key}]"));
            }
        }
        let body = arguments.get("body").filter(|value| !value.is_null()).map(|value| body(value, self.lines));
        let has = |wanted: &str| route.methods.iter().any(|method| method == wanted);
        // Some clients cannot send a body with GET.
        let method = if body.is_some() && has("GET") && has("POST") { "POST" } else { &route.methods[0] };
        if !query.is_empty() {
            path = format!("{path}?{}", query.join("&"));
        }
        let ignored = match arguments.get("ignore") {
            Some(Value::Array(values)) => values.clone(),
            Some(value) => vec![value.clone()],
            None => Vec::new(),
        };
        let ignored = ignored.iter().filter_map(|status| plain(status).parse().ok()).collect();
        Ok(Call { method: method.to_owned(), path, body, lines: self.lines, ignored })
    }
}
