//! What the tests share: definitions, rehearsals with scripted tasks, and a store of one execution.

use chrono::{DateTime, Utc};
use octavo_domain_workflow::{
    definition::{Definition, parse, refusal},
    engine::{
        Change, Chunk, ChunkBody, ExecutionId, Expected, Kept, Loaded, NewExecution, RevisionId, Settling, Status,
    },
    history::Record,
    machine::{Ended, Event, Execution, FIRST_FRAME, Frame, Outcome, Signal},
    rehearsal::{Rehearsal, Report, Start},
};
use serde_json::{Value, json};
use std::{cell::Cell, collections::HashMap};
use uuid::Uuid;

pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_764_000_000, 0).unwrap_or_default()
}

pub(crate) fn definition(value: &Value) -> Definition {
    parse(&value.to_string(), false).unwrap_or_else(|findings| panic!("{}", refusal(&findings)))
}

pub(crate) fn start(input: Value) -> Start {
    Start {
        machine_arn: "arn:aws:states:eu-west-1:111111111111:stateMachine:m".to_owned(),
        name: "e".to_owned(),
        role_arn: "arn:aws:iam::111111111111:role/r".to_owned(),
        input,
        express: false,
        now: now(),
        seed: 7,
        stored: true,
        abort_after_seconds: None,
        mocked: None,
    }
}

/// A task state that calls the function of its own name.
pub(crate) fn task(next: Option<&str>) -> Value {
    let mut task = json!({"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke"});
    match next {
        Some(next) => task["Next"] = json!(next),
        None => task["End"] = json!(true),
    }
    task
}

/// Answers tasks by the name of their state, each answer once, the last one for ever: `!` fails, `?` answers nothing,
/// anything else is the output. Counts the calls.
#[derive(Default)]
pub(crate) struct Script {
    answers: HashMap<String, Vec<&'static str>>,
    pub(crate) calls: HashMap<String, usize>,
}

impl Script {
    pub(crate) fn of(answers: &[(&str, &[&'static str])]) -> Self {
        let answers = answers.iter().map(|(state, answers)| ((*state).to_owned(), answers.to_vec())).collect();
        Self { answers, calls: HashMap::new() }
    }

    /// As the rehearsal asks. A state that is not in the script is asked by its input's text too.
    pub(crate) fn answer(&mut self, state: &str, parameters: &Value) -> Vec<Event> {
        let by_input = format!("{state}/{}", parameters.as_str().map_or_else(|| parameters.to_string(), str::to_owned));
        let key = if self.answers.contains_key(&by_input) { by_input } else { state.to_owned() };
        *self.calls.entry(key.clone()).or_default() += 1;
        let answers = self.answers.get_mut(&key);
        let answer = match answers {
            Some(answers) if answers.len() > 1 => answers.remove(0),
            Some(answers) => answers[0],
            None => "ok",
        };
        match answer {
            "?" => Vec::new(),
            "!" => vec![
                Event::TaskStarted { worker: None },
                Event::TaskFailed { error: Some("Boom".to_owned()), cause: Some(format!("{key} failed")) },
            ],
            output => vec![Event::TaskStarted { worker: None }, Event::TaskSucceeded { output: json!(output) }],
        }
    }

    pub(crate) fn count(&self, key: &str) -> usize {
        self.calls.get(key).copied().unwrap_or_default()
    }
}

pub(crate) fn run(rehearsal: &mut Rehearsal<'_>, script: &mut Script) -> Report {
    rehearsal.run(&mut |state, order| script.answer(state, &order.parameters));
    rehearsal.report()
}

pub(crate) fn types(records: &[Record]) -> Vec<String> {
    records.iter().map(|record| record.entry.type_name()).collect()
}

pub(crate) fn output(report: &Report) -> Value {
    match &report.ended {
        Some(Ended::Itself(Outcome::Succeeded(output))) => output.clone(),
        other => panic!("{other:?}, {:?}", types(&report.history)),
    }
}

/// One execution in a store that does what the changes say, and nothing else.
pub(crate) struct Shelf {
    pub(crate) loaded: Loaded,
    pub(crate) history: Vec<Record>,
    pub(crate) changes: Vec<Change>,
    drawn: Cell<u64>,
}

impl Shelf {
    pub(crate) fn begin(definition: &Definition, input: &Value) -> Self {
        let execution = Execution {
            arn: "arn:aws:states:eu-west-1:111111111111:execution:m:e".to_owned(),
            name: "e".to_owned(),
            machine_arn: "arn:aws:states:eu-west-1:111111111111:stateMachine:m".to_owned(),
            machine_name: "m".to_owned(),
            role_arn: String::new(),
            input: input.clone(),
            started_at: now(),
            redrive_count: 0,
            express: false,
            events: 0,
            frames: FIRST_FRAME,
            mocked: None,
        };
        let new = NewExecution {
            id: ExecutionId(Uuid::from_u128(1)),
            execution,
            revision: RevisionId(Uuid::nil()),
            version_arn: None,
            alias_arn: None,
            started_by: "somebody".parse().expect("a user"),
            attributes: serde_json::Map::new(),
            trace_header: None,
            above: None,
            map_run_arn: None,
            frame: Frame::first(0, &definition.lists[0].start_at, input.clone(), now()),
        };
        Self::of(definition, new)
    }

    pub(crate) fn of(definition: &Definition, new: NewExecution) -> Self {
        let mut shelf = Self {
            loaded: Loaded {
                id: new.id,
                seq: 0,
                status: Status::Running,
                execution: new.execution.clone(),
                revision: new.revision,
                started_by: new.started_by.clone(),
                above: new.above,
                attributes: new.attributes.clone(),
                frames: vec![new.frame.clone()],
                due: Vec::new(),
                tasks_wait: false,
                stopped_at: None,
                finished: None,
            },
            history: Vec::new(),
            changes: Vec::new(),
            drawn: Cell::new(0),
        };
        let change =
            shelf.with(definition, |settling| octavo_domain_workflow::engine::begin(settling, new).expect("a change"));
        assert!(matches!(change.expected, Expected::New(_)));
        shelf.commit(change);
        shelf
    }

    /// Tells the execution something; what it decides is true then.
    pub(crate) fn tell(&mut self, definition: &Definition, due: Vec<Kept>, signals: Vec<Signal>) {
        let change = self.decide(definition, due, signals);
        self.commit(change);
    }

    /// What the execution would do.
    pub(crate) fn decide(&self, definition: &Definition, due: Vec<Kept>, signals: Vec<Signal>) -> Change {
        let mut loaded = self.loaded.clone();
        loaded.frames = serde_json::to_string(&loaded.frames)
            .and_then(|text| serde_json::from_str(&text))
            .expect("frames are written and read");
        loaded.due = due;
        self.with(definition, |settling| {
            octavo_domain_workflow::engine::settle(settling, loaded, signals).expect("a change")
        })
    }

    fn with<T>(&self, definition: &Definition, work: impl FnOnce(&Settling<'_>) -> T) -> T {
        let count = Cell::new(self.drawn.get());
        let draw = || {
            count.set(count.get() + 1);
            count.get()
        };
        let done = work(&Settling {
            definition,
            now: now(),
            chance: &draw,
            token: &|| "token".to_owned(),
            ids: &|| Uuid::from_u128(u128::from(draw())),
        });
        self.drawn.set(count.get());
        done
    }

    pub(crate) fn commit(&mut self, change: Change) {
        if let Some(Chunk { first, body: ChunkBody::Inline(bytes), .. }) = &change.history {
            let records = Chunk::records(bytes).expect("events");
            assert_eq!(*first, self.history.len() as u64 + 1, "events are counted without gaps");
            self.history.extend(records);
        }
        let loaded = &mut self.loaded;
        loaded.execution = change.execution.clone();
        loaded.status = change.status;
        loaded.seq += 1;
        if change.redriven {
            (loaded.stopped_at, loaded.finished) = (None, None);
        }
        if change.finished.is_some() {
            loaded.stopped_at = Some(change.at);
            loaded.finished = change.finished.clone();
        }
        if let Some(attributes) = &change.attributes {
            loaded.attributes = attributes.clone();
        }
        let changed: Vec<u64> = change.frames.iter().map(|frame| frame.id).collect();
        loaded.frames.retain(|frame| !change.frames_gone.contains(&frame.id) && !changed.contains(&frame.id));
        loaded.frames.extend(change.frames.iter().cloned());
        loaded.frames.sort_by_key(|frame| frame.id);
        self.changes.push(change);
    }
}
