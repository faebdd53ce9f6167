//! Executions of every kind, and what must have come of them.

use crate::desk::Desk;
use crate::kinds::{KINDS, WAIT_S, definition};
use octavo_tests::Person;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

/// How long executions may take to end when nothing dies any more: a lease, and what waits behind it.
const WITHIN: Duration = Duration::from_secs(400);
/// How long the platform may be unable to answer one who asks again: longer than one who is not answered waits.
const ANSWERS_WITHIN: Duration = Duration::from_secs(300);
/// How late a timer may be while things die, in seconds: who claimed it died, and it is claimed again after that.
const TIMER_LATE_MAX_S: f64 = 120.0;
/// Starts at the same time.
const STARTS: usize = 16;

/// A person who calls the API until it answers.
#[derive(Clone)]
pub(crate) struct Careful(Person);

impl Careful {
    /// The answer of an operation, or the name of its error.
    pub(crate) async fn call(&self, operation: &str, body: Value) -> Result<Value, String> {
        let deadline = Instant::now() + ANSWERS_WITHIN;
        loop {
            let request = self
                .0
                .request(Method::POST, "/v1/states")
                .header("content-type", "application/x-amz-json-1.0")
                .header("x-amz-target", format!("AWSStepFunctions.{operation}"))
                .body(body.to_string());
            // One whose worker was frozen by a crash is asked again.
            let answer = timeout(Duration::from_secs(75), self.0.send(request)).await;
            let said = match answer {
                Ok(answer) if answer.status < 300 => return Ok(answer.json()),
                Ok(answer) if answer.status < 500 && answer.status != 429 => {
                    let error = answer.json()["__type"].as_str().unwrap_or_default().to_owned();
                    return Err(error);
                }
                Ok(answer) => format!("{}: {}", answer.status, answer.json()),
                Err(late) => late.to_string(),
            };
            assert!(Instant::now() < deadline, "{operation} is not answered: {said}");
            sleep(Duration::from_millis(100)).await;
        }
    }
}

/// State machines of all kinds, and whoever answers what they ask.
pub(crate) struct Load {
    ada: Careful,
    machines: HashMap<&'static str, String>,
    folder: PathBuf,
    helpers: Vec<JoinHandle<()>>,
}

impl Drop for Load {
    fn drop(&mut self) {
        self.helpers.iter().for_each(JoinHandle::abort);
    }
}

/// What was accepted.
pub(crate) struct Started {
    /// The ARN, the kind, and the name that the effects have.
    pub(crate) executions: Vec<(String, &'static str, String)>,
}

/// What came of it.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) wrong: Vec<String>,
    effects: usize,
    repeated: usize,
    events: usize,
    latest: f64,
    /// The longest time in which nothing happened to an execution: seconds, and to whom between which events.
    silence: (f64, String),
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wrong, effects, repeated, events, latest, silence: (silent, between) } = self;
        write!(
            f,
            "{effects} effects, {repeated} calls repeated, {events} events, the latest timer {latest:.1} s late, \
             {silent:.1} s of silence at most ({between}), {} wrong",
            wrong.len()
        )
    }
}

impl Load {
    /// Creates the machines, and begins to answer tokens and to work.
    pub(crate) async fn prepare(desk: &Desk) -> Self {
        let ada = Careful(desk.ada());
        let function = desk.function_arn();
        let created = ada.call("CreateActivity", json!({ "name": "faults" })).await.expect("it is created");
        let activity = created["activityArn"].as_str().expect("it has an ARN").to_owned();
        let mut machines: HashMap<&'static str, String> = HashMap::new();
        for (kind, _) in KINDS {
            let chain = machines.get("chain").cloned().unwrap_or_default();
            let definition = definition(kind, &function, &activity, &chain);
            let body = json!({ "name": kind, "roleArn": "arn:aws:iam::123456789012:role/any",
                "definition": definition.to_string() });
            let made = ada.call("CreateStateMachine", body).await.unwrap_or_else(|error| panic!("{kind}: {error}"));
            machines.insert(kind, made["stateMachineArn"].as_str().expect("it has an ARN").to_owned());
        }
        let folder = desk.folder().to_owned();
        let helpers =
            vec![tokio::spawn(answer_tokens(ada.clone(), folder.clone())), tokio::spawn(work(ada.clone(), activity))];
        Self { ada, machines, folder, helpers }
    }

    /// Starts `count` executions, of every kind in turn, as a client does that must not lose one.
    pub(crate) async fn start(&self, count: usize, round: u64) -> Started {
        use futures::StreamExt;
        let starts = (0..count).map(|number| async move {
            let (kind, _) = KINDS[number % KINDS.len()];
            let what = format!("{round}-{number}-{kind}");
            let input = json!({ "what": what, "items": [0, 1, 2, 3] }).to_string();
            let body = json!({ "stateMachineArn": self.machines[kind], "name": what, "input": input });
            let started = self.ada.call("StartExecution", body).await;
            let arn = match started {
                Ok(started) => started["executionArn"].as_str().expect("it has an ARN").to_owned(),
                // The answer was lost, and it has ended since.
                Err(error) if error == "ExecutionAlreadyExists" => {
                    let machine = self.machines[kind].replacen(":stateMachine:", ":execution:", 1);
                    format!("{machine}:{what}")
                }
                Err(error) => panic!("{what}: {error}"),
            };
            // Spread over the time in which things die.
            sleep(Duration::from_millis(400)).await;
            (arn, kind, what)
        });
        Started { executions: futures::stream::iter(starts).buffer_unordered(STARTS).collect().await }
    }

    /// Waits for the ends, and says what is wrong.
    pub(crate) async fn judge(&self, started: Started) -> Found {
        let mut found = Found::default();
        let deadline = Instant::now() + WITHIN;
        for (arn, kind, what) in &started.executions {
            let status = loop {
                let described = self.ada.call("DescribeExecution", json!({ "executionArn": arn })).await;
                let status = described.map_or_else(|error| error, |described| described["status"].to_string());
                if status != "\"RUNNING\"" || Instant::now() > deadline {
                    break status;
                }
                sleep(Duration::from_millis(100)).await;
            };
            let events = self.history(arn).await;
            found.events += events.len();
            let tail = || events.iter().rev().take(4).map(Value::to_string).collect::<Vec<_>>().join(" ");
            if status != "\"SUCCEEDED\"" {
                found.wrong.push(format!("{what} is {status}: {}", tail()));
                continue;
            }
            let ids: Vec<u64> = events.iter().filter_map(|event| event["id"].as_u64()).collect();
            if ids != (1..=ids.len() as u64).collect::<Vec<_>>()
                || events.last().map(|last| &last["type"]) != Some(&json!("ExecutionSucceeded"))
            {
                found.wrong.push(format!("{what} has the events {ids:?}: {}", tail()));
            }
            for pair in events.windows(2) {
                let moment = |event: &Value| event["timestamp"].as_f64().unwrap_or_default();
                let silent = moment(&pair[1]) - moment(&pair[0]);
                if silent > found.silence.0 {
                    found.silence = (silent, format!("{what} after {}", pair[0]));
                }
            }
            if *kind == "wait" {
                self.timer(what, &events, &mut found);
            }
        }
        self.effects(&started, &mut found);
        self.listed(&started, &mut found).await;
        found
    }

    /// A wait must have taken its time, and its end is told.
    fn timer(&self, what: &str, events: &[Value], found: &mut Found) {
        let moment = |kind: &str| {
            events.iter().find(|event| event["type"] == kind).and_then(|event| event["timestamp"].as_f64())
        };
        let waited = moment("WaitStateEntered").zip(moment("WaitStateExited")).map(|(from, to)| to - from - WAIT_S);
        match waited {
            // To the millisecond, as histories tell it.
            Some(late) if (-0.001..TIMER_LATE_MAX_S).contains(&late) => found.latest = found.latest.max(late),
            late => found.wrong.push(format!("{what} waited {late:?} s more than it should")),
        }
    }

    /// Every effect was done, under one idempotency key.
    fn effects(&self, started: &Started, found: &mut Found) {
        let text = std::fs::read_to_string(self.folder.join("effects.jsonl")).unwrap_or_default();
        let mut done: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).expect("lines are whole");
            let key = line["key"].as_str().expect("every call has its key").to_owned();
            let keys = done.entry(line["what"].as_str().unwrap_or_default().to_owned()).or_default();
            found.repeated += usize::from(!keys.insert(key));
        }
        for (_, kind, what) in &started.executions {
            let (_, effects) = KINDS.iter().find(|(name, _)| name == kind).expect("it is one of these");
            for effect in *effects {
                let name = format!("{what}/{effect}");
                match done.get(&name).map(BTreeSet::len) {
                    Some(1) => found.effects += 1,
                    times => found.wrong.push(format!("{name} was done {times:?} times, under {:?}", done.get(&name))),
                }
            }
        }
    }

    /// What the lists have is what was started, once each; and nobody is dead.
    async fn listed(&self, started: &Started, found: &mut Found) {
        let mut listed = Vec::new();
        for (kind, machine) in &self.machines {
            let mut next = Value::Null;
            loop {
                let mut body = json!({ "stateMachineArn": machine, "maxResults": 1000 });
                if next.is_string() {
                    body["nextToken"] = next;
                }
                let page =
                    self.ada.call("ListExecutions", body).await.unwrap_or_else(|error| panic!("{kind}: {error}"));
                listed.extend(page["executions"].as_array().cloned().unwrap_or_default());
                next = page["nextToken"].clone();
                if next.is_null() {
                    break;
                }
            }
        }
        let arns: HashSet<&str> = listed.iter().filter_map(|each| each["executionArn"].as_str()).collect();
        for (arn, _, what) in &started.executions {
            if !arns.contains(arn.as_str()) {
                found.wrong.push(format!("{what} is in no list"));
            }
        }
        let running: Vec<&Value> = listed.iter().filter(|each| each["status"] == "RUNNING").collect();
        if !running.is_empty() || arns.len() != listed.len() {
            found.wrong.push(format!(
                "{} listed, {} of them different, these run: {running:?}",
                listed.len(),
                arns.len()
            ));
        }
        let dead = self.ada.0.get("/v1/executions/dead").await;
        if dead.status != 200 || dead.json()["executions"] != json!([]) {
            found.wrong.push(format!("the dead: {} {}", dead.status, dead.json()));
        }
    }

    async fn history(&self, arn: &str) -> Vec<Value> {
        let body = json!({ "executionArn": arn, "maxResults": 1000 });
        let page = self.ada.call("GetExecutionHistory", body).await;
        page.ok().and_then(|page| page["events"].as_array().cloned()).unwrap_or_default()
    }
}

/// Answers every token that the function was given, again until it is taken; also before the wait is known to be one.
async fn answer_tokens(ada: Careful, folder: PathBuf) {
    let mut answered = HashSet::new();
    loop {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let token = std::fs::read_to_string(entry.path()).unwrap_or_default();
            // What is still being written has another name.
            if !name.starts_with("token-") || name.contains('.') || !answered.insert(token.clone()) {
                continue;
            }
            let body = json!({ "taskToken": token, "output": "{}" });
            // One whose answer was lost is answered already.
            if let Err(error) = ada.call("SendTaskSuccess", body).await {
                assert_eq!(error, "TaskTimedOut", "{name}");
            }
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// Works for the activity.
async fn work(ada: Careful, activity: String) {
    loop {
        let got = ada.call("GetActivityTask", json!({ "activityArn": activity })).await.expect("the activity is there");
        let Some(token) = got["taskToken"].as_str() else { continue };
        let body = json!({ "taskToken": token, "output": got["input"] });
        if let Err(error) = ada.call("SendTaskSuccess", body).await {
            assert_eq!(error, "TaskTimedOut");
        }
    }
}
