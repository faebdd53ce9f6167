//! One test against one server.

use std::collections::BTreeMap;

use reqwest::{Client, Method};
use serde_json::{Map, Value};

use crate::api::Api;
use crate::judge::{self, Answer, Stash};
use crate::suite::{File, Step, Test};

/// The version whose tests these are: a test that says that it is not for it is not run.
const VERSION: Version = (true, 2, 19, 0);

/// Whether it is OpenSearch's own, then three numbers: the versions 4 to 7 are those of before the fork, and older.
type Version = (bool, u32, u32, u32);

/// What a test may ask of its runner, and this one does. One node, one shard by default, no deprecation warnings: a
/// selection of nodes selects it, and warnings are not asserted.
const FEATURES: [&str; 9] = [
    "allowed_warnings",
    "arbitrary_key",
    "catch_unauthorized",
    "contains",
    "default_shards",
    "headers",
    "node_selector",
    "stash_in_path",
    "warnings",
];

/// An answer with an error status where a test wanted none, or another one.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) api: String,
    /// As Java prints the error.
    pub(crate) said: String,
}

#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Passed,
    /// The first step that went wrong.
    Stopped {
        why: String,
        refusal: Option<Refusal>,
    },
    /// The suite itself, or this runner, leaves it out.
    Skipped(String),
}

struct Stop {
    why: String,
    refusal: Option<Refusal>,
}

impl From<String> for Stop {
    fn from(why: String) -> Self {
        Self { why, refusal: None }
    }
}

pub(crate) struct Runner<'a> {
    pub(crate) client: Client,
    pub(crate) url: String,
    pub(crate) apis: &'a BTreeMap<String, Api>,
}

fn version(text: &str) -> Option<Version> {
    let mut numbers = text.trim().split(['.', '-']).map(|number| number.parse().unwrap_or(0));
    if text.trim().is_empty() {
        return None;
    }
    let major = numbers.next()?;
    Some((!(4..8).contains(&major), major, numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)))
}

fn is_skipped(steps: &[Step]) -> Option<String> {
    for step in steps.iter().filter(|step| step.operator == "skip") {
        let range = step.argument["version"].as_str().unwrap_or_default();
        let reason = step.argument["reason"].as_str().unwrap_or("no reason given");
        let covered = range.split(',').any(|range| match range.split_once('-') {
            _ if range.trim() == "all" => true,
            Some((from, to)) => {
                version(from).is_none_or(|from| from <= VERSION) && version(to).is_none_or(|to| VERSION <= to)
            }
            None => false,
        });
        if covered {
            return Some(format!("the suite skips it for this version: {reason}"));
        }
        let wanted: Vec<&str> = match &step.argument["features"] {
            Value::String(text) => text.split(',').map(str::trim).collect(),
            Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if let Some(unknown) = wanted.iter().find(|feature| !FEATURES.contains(feature)) {
            return Some(format!("needs a runner with [{unknown}]"));
        }
    }
    None
}

/// Whether a status is what `catch` names.
fn is_caught(wanted: &str, status: u16, answer: &Answer) -> Result<(), String> {
    let expected = match wanted {
        "bad_request" => status == 400,
        "unauthorized" => status == 401,
        "forbidden" => status == 403,
        "missing" => status == 404,
        "request_timeout" => status == 408,
        "conflict" => status == 409,
        "unavailable" => status == 503,
        "request" => status >= 400 && ![400, 401, 403, 404, 408, 409].contains(&status),
        pattern if status >= 400 => return judge::says(pattern, answer),
        _ => false,
    };
    if expected { Ok(()) } else { Err(format!("status {status}, expected {wanted}")) }
}

impl Runner<'_> {
    async fn send(&self, api: &str, arguments: &Map<String, Value>, headers: &Value) -> Result<(u16, Answer), Stop> {
        let description = self.apis.get(api).ok_or_else(|| format!("unknown API [{api}]"))?;
        let call = description.call(arguments)?;
        let method = Method::from_bytes(call.method.as_bytes()).map_err(|error| error.to_string())?;
        let head = method == Method::HEAD;
        let mut request = self.client.request(method, format!("{}{}", self.url, call.path));
        if let Some(body) = call.body {
            let kind = if call.lines { "application/x-ndjson" } else { "application/json" };
            request = request.header("content-type", kind).body(body);
        }
        for (name, value) in headers.as_object().into_iter().flatten() {
            request = request.header(name, value.as_str().unwrap_or_default());
        }
        let response = request.send().await.map_err(|error| error.to_string())?;
        let status = response.status().as_u16();
        let text = response.text().await.map_err(|error| error.to_string())?;
        let json = if head { Value::from(status == 200) } else { serde_json::from_str(&text).unwrap_or_default() };
        // A question of yes or no has no error.
        let ignored = call.ignored.contains(&status) || (head && status == 404);
        Ok((if ignored { 200 } else { status }, Answer { text, json }))
    }

    /// The answer, and that it was an error where one was expected.
    async fn act(&self, argument: &Value, stash: &Stash) -> Result<(Answer, Option<Refusal>), Stop> {
        let mut catch = None;
        let mut headers = Value::Null;
        let mut call = None;
        for (key, value) in argument.as_object().into_iter().flatten() {
            match key.as_str() {
                "catch" => catch = value.as_str(),
                "headers" => headers = judge::filled(value, stash),
                "warnings" | "allowed_warnings" | "node_selector" => {}
                api => call = Some((api, judge::filled(value, stash))),
            }
        }
        let (api, arguments) = call.ok_or_else(|| "a `do` without an API".to_owned())?;
        // About the client itself, which would not send this.
        if catch == Some("param") {
            return Ok((Answer::default(), None));
        }
        let empty = Map::new();
        let (status, answer) = self.send(api, arguments.as_object().unwrap_or(&empty), &headers).await?;
        let said = judge::as_java(&answer.json);
        let refusal = (status >= 400).then(|| Refusal { api: api.to_owned(), said: said.clone() });
        let judged = match catch {
            Some(wanted) => is_caught(wanted, status, &answer),
            None if status >= 400 => Err(format!("status {status}")),
            None => Ok(()),
        };
        match judged {
            Ok(()) => Ok((answer, refusal)),
            Err(why) => Err(Stop { why: format!("{api}: {why}: {said}"), refusal }),
        }
    }

    async fn steps(&self, steps: &[Step], stash: &mut Stash, last: &mut Answer) -> Result<(), Stop> {
        let mut refusal = None;
        for step in steps {
            match step.operator.as_str() {
                "skip" => {}
                "do" => (*last, refusal) = self.act(&step.argument, stash).await?,
                "set" => {
                    for (path, name) in step.argument.as_object().into_iter().flatten() {
                        let value =
                            judge::at(last, path, stash).ok_or_else(|| format!("nothing at [{path}] to keep"))?;
                        stash.insert(name.as_str().unwrap_or_default().to_owned(), value);
                    }
                }
                operator => {
                    // What an expected error says may be about something that is not claimed.
                    let stop = |why| Stop { why, refusal: refusal.clone() };
                    if !judge::assert(operator, &step.argument, last, stash).map_err(stop)? {
                        return Err(Stop::from(format!("unknown operator [{operator}]")));
                    }
                }
            }
        }
        Ok(())
    }

    /// Removes what a test left.
    async fn wipe(&self) {
        for path in ["/*?expand_wildcards=all", "/_index_template/*"] {
            let _ = self.client.delete(format!("{}{path}", self.url)).send().await;
        }
    }

    pub(crate) async fn test(&self, file: &File, test: &Test) -> Outcome {
        if let Some(reason) = is_skipped(&file.setup).or_else(|| is_skipped(&test.steps)) {
            return Outcome::Skipped(reason);
        }
        let (mut stash, mut last) = (Stash::new(), Answer::default());
        let mut result = self.steps(&file.setup, &mut stash, &mut last).await;
        if result.is_ok() {
            last = Answer::default();
            result = self.steps(&test.steps, &mut stash, &mut last).await;
        }
        // What cannot be torn down was perhaps never made.
        let _ = self.steps(&file.teardown, &mut stash, &mut last).await;
        self.wipe().await;
        match result {
            Ok(()) => Outcome::Passed,
            Err(stop) => Outcome::Stopped { why: stop.why, refusal: stop.refusal },
        }
    }
}
