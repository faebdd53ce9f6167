//! What is kept between wakes, what wakes a frame, and what a wake decides.

use crate::definition::StateType;
use crate::history::Record;
use crate::mocks::MockCase;
use crate::shared::Shared;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What all frames of an execution share. A store locks it while a frame advances: the events' numbers come from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// `arn:...:execution:MACHINE:NAME`, or `...:express:...`.
    pub arn: String,
    /// The execution's name.
    pub name: String,
    /// The state machine's ARN.
    pub machine_arn: String,
    /// The state machine's name.
    pub machine_name: String,
    /// The role that tasks act under.
    pub role_arn: String,
    /// What it was started with.
    pub input: Value,
    /// When it was started.
    pub started_at: DateTime<Utc>,
    /// How often it began again after a failure.
    pub redrive_count: u32,
    /// Whether it is an Express execution: its history is not limited.
    pub express: bool,
    /// How many history events it has: the next one's id is one more.
    pub events: u64,
    /// How many frames it has had: the next one's id is one more. The first frame is 1.
    pub frames: u64,
    /// The test case that answers its tasks, if it is run as one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mocked: Option<MockCase>,
}

/// A path that advances by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Unique within the execution.
    pub id: u64,
    /// Whom to tell when it ends; none for the execution's own path.
    pub parent: Option<Parent>,
    /// Which list of states of the definition it runs: 0 is the machine's own.
    pub scope: usize,
    /// The state that it is in, or is about to enter.
    pub state: String,
    /// The state's input, before `InputPath`.
    pub input: Shared,
    /// The variables that it sees. A child has a copy of its parent's: what it assigns is its own.
    pub variables: Map<String, Value>,
    /// The item of the `Map` that it is an iteration of.
    pub item: Option<Item>,
    /// The id of the event that says that the state was entered, and of the one before it.
    pub entered: u64,
    /// The event before the state was entered.
    pub before: u64,
    /// When the state was entered.
    pub entered_at: DateTime<Utc>,
    /// The event that the next one follows.
    pub last: u64,
    /// How often each retrier of the state has been used since the state was entered.
    pub tries: Vec<u32>,
    /// Counts the waits. Events carry the turn that they answer; one of an earlier turn is ignored.
    pub turn: u64,
    /// What it waits for.
    pub phase: Phase,
    /// Where it stood when its path ended without success; none while it goes on. What a redrive begins with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub halted: Option<Box<Halted>>,
}

/// Where a path stood when it ended without success.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Halted {
    /// Before its state: a redrive enters it.
    Before,
    /// In its state: a redrive tries it anew, with all tries of its retriers.
    Within,
    /// Among its branches or iterations, or after them: a redrive goes on with those that did not succeed.
    Joining(Join),
}

/// Where a child reports to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The parent frame, in the same execution (inline) or in the execution that started this one (distributed).
    pub frame: u64,
    /// The parent's turn when the child was made.
    pub turn: u64,
    /// Which branch or iteration it is, from 0.
    pub index: u32,
}

/// An item of a `Map`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Its place, from 0.
    pub index: u32,
    /// The item itself.
    pub value: Value,
}

/// What a frame waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// To enter its state.
    Ready,
    /// A `Wait` state's moment.
    Waiting,
    /// The moment of the next try of its state.
    Backoff,
    /// A task's answer.
    Task(Order),
    /// The items that its `ItemReader` reads.
    Reading {
        /// How many children may run at once.
        limit: u32,
        /// The run that will have them.
        run: MapRun,
    },
    /// Its branches or iterations.
    Joining(Join),
    /// Its `ResultWriter`. The items are no longer kept, the outputs are: what fails now can be written again.
    Writing(Join),
    /// Nothing: it has ended.
    Ended,
    /// Nothing: it is no path but keeps a part of a large map run for the frame that has it.
    Shelf(Shelf),
}

/// What is kept apart from the frame of a large map run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shelf {
    /// Some of its items, in their order, and the outputs of as many children.
    Part { items: Vec<Shared>, outputs: Vec<Option<Shared>> },
    /// What does not change while the run goes on; `entered` is the frame's.
    Rest { entered: u64, input: Shared, variables: Map<String, Value> },
}

/// What a `Parallel` or `Map` knows of its children.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Join {
    /// The items of a `Map`; empty for a `Parallel`.
    pub items: Vec<Shared>,
    /// Whether the items are batches: what their iterations get as input as it is.
    pub batched: bool,
    /// The outputs by index.
    pub outputs: Vec<Option<Shared>>,
    /// How many have been started.
    pub started: u32,
    /// How many have ended.
    pub ended: u32,
    /// Which have failed (distributed only: inline, the first failure ends the state).
    pub failed: BTreeSet<u32>,
    /// How many may run at once; 0 is no limit.
    pub limit: u32,
    /// The run of a distributed `Map`.
    pub run: Option<MapRun>,
}

/// The run of a distributed `Map`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapRun {
    /// Its ARN.
    pub arn: String,
    /// How many children may fail; none is not limited by count.
    pub tolerated_count: Option<u64>,
    /// How many of a hundred children may fail; none is not limited by share.
    pub tolerated_percentage: Option<f64>,
    /// When it began. With the ARN and an index it names a child execution.
    pub began_at: DateTime<Utc>,
    /// How often it began again after a failure.
    pub redrive_count: u32,
}

/// A task to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// The state's `Resource`.
    pub resource: String,
    /// What it is called with.
    pub parameters: Value,
    /// The filled `Credentials`.
    pub credentials: Option<Value>,
    /// Seconds until `Event::TaskTimedOut`, from scheduling.
    pub timeout_seconds: Option<u64>,
    /// Seconds without a heartbeat until `Event::TaskTimedOut`.
    pub heartbeat_seconds: Option<u64>,
    /// The token that completes it from outside. Secret: never in a log.
    pub token: String,
    /// Whether the history says that somebody works on it: it is said once, also if a worker dies and another one begins.
    #[serde(default)]
    pub started: bool,
    /// Whether it was taken on outside, and is answered from there. One that only began may still have that before it.
    #[serde(default)]
    pub submitted: bool,
}

/// Something that a frame is told, with the turn that it answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// The frame.
    pub frame: u64,
    /// Must be the frame's turn, else nothing happens.
    pub turn: u64,
    /// What happened.
    pub event: Event,
}

/// What wakes a frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Begin (a new frame), or go on (a frame that paused because one wake is bounded).
    Go,
    /// The moment has come.
    Timer,
    /// Somebody took the task.
    TaskStarted { worker: Option<String> },
    /// The request was accepted; the answer comes later.
    TaskSubmitted { output: Value },
    /// The task answered.
    TaskSucceeded { output: Value },
    /// The task failed.
    TaskFailed { error: Option<String>, cause: Option<String> },
    /// The task's time, or the time between heartbeats, has passed.
    TaskTimedOut { heartbeat: bool },
    /// An `ItemReader` has read.
    ItemsRead { items: Vec<Value> },
    /// An `ItemReader` could not read.
    ItemsUnread { cause: String },
    /// A `ResultWriter` has written; this is what the state answers, for example where to find the results.
    ResultsWritten { output: Value },
    /// A `ResultWriter` could not write.
    ResultsUnwritten { cause: String },
    /// A branch, iteration or child execution ended.
    ChildEnded {
        /// Which.
        index: u32,
        /// Its last event, for a child in the same execution.
        last: u64,
        /// How.
        outcome: Outcome,
        /// Whether it failed in a `Task` state: the history tells of that state once more.
        in_task: bool,
    },
    /// The whole execution is stopped by a caller. Only for the execution's own frame; any turn.
    Abort { error: Option<String>, cause: Option<String> },
    /// The definition's `TimeoutSeconds` passed. Only for the execution's own frame; any turn.
    TimeOut,
    /// Begin again where the path ended without success; any turn. Only for a frame that is halted.
    Redrive {
        /// The turn that the frame above, if there is one, waits in from now on.
        turn: u64,
    },
}

/// How a path ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// With an output.
    Succeeded(Value),
    /// With an error.
    Failed { error: Option<String>, cause: Option<String> },
}

/// How an execution ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// `SUCCEEDED` or `FAILED`.
    Itself(Outcome),
    /// `ABORTED`.
    Aborted { error: Option<String>, cause: Option<String> },
    /// `TIMED_OUT`.
    TimedOut,
}

/// What is to be done. All commands of a wake belong together: all or none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Write an event.
    Append(Record),
    /// Hand out a task. Its answers come as events of this frame and turn.
    Schedule { frame: u64, turn: u64, order: Order },
    /// Send this signal at this moment.
    At { at: DateTime<Utc>, signal: Signal },
    /// Read the items of a distributed `Map` with this filled `ItemReader`; answer [`Event::ItemsRead`].
    ReadItems { frame: u64, turn: u64, reader: Value },
    /// Write what the children of a distributed `Map` answered, with this filled `ResultWriter`; answer
    /// [`Event::ResultsWritten`].
    WriteResults { frame: u64, turn: u64, map_run_arn: String, writer: Value, results: Value },
    /// Keep this new frame, and send it [`Event::Go`].
    Fork(Box<Frame>),
    /// Start a child execution of a distributed `Map`.
    StartChild(Box<MapChild>),
    /// The frame's halted children begin again: send each [`Event::Redrive`] with the frame's turn.
    RedriveFrames { frame: u64 },
    /// These child executions of a distributed `Map` begin again, or tell once more how they ended: send each
    /// [`Event::Redrive`].
    RedriveChildren { run: Box<MapRun>, indexes: Vec<u32>, turn: u64 },
    /// Send this signal: a child tells its parent. For a child execution the parent is in another execution.
    Tell(Signal),
    /// Forget the frame's children and theirs, with their tasks and timers; stop its child executions. Where the frame is
    /// halted they are not forgotten but halted too.
    CancelChildren { frame: u64 },
    /// The execution has ended; nothing of it goes on.
    End(Ended),
}

/// A child execution of a distributed `Map`: it runs a scope of the parent's definition with its own history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapChild {
    /// The run that it belongs to.
    pub run: MapRun,
    /// Which redrive of the run starts it anew; 0 the first time. Only Express children are ever started anew.
    pub again: u32,
    /// The label, for the child's state machine ARN `MACHINE/LABEL`.
    pub label: String,
    /// Whether it is an Express execution.
    pub express: bool,
    /// Its first frame; `parent` says whom to tell.
    pub frame: Frame,
}

/// What a wake is given from outside.
pub struct Wake<'a> {
    /// The moment of this wake; time does not move within it.
    pub now: DateTime<Utc>,
    /// Draws the next random number, evenly over all of `u64`.
    pub chance: &'a dyn Fn() -> u64,
    /// Makes a new task token: unguessable.
    pub token: &'a dyn Fn() -> String,
    /// The type of the state that a child of this execution's frame is in, by the child's index; none if there is none.
    pub child_state: &'a dyn Fn(u32) -> Option<StateType>,
}

impl Frame {
    /// The first frame of an execution, or of a distributed child (`scope` then is the processor's).
    pub fn first(scope: usize, start_at: &str, input: impl Into<Shared>, now: DateTime<Utc>) -> Self {
        Self {
            id: super::advance::FIRST_FRAME,
            parent: None,
            scope,
            state: start_at.to_owned(),
            input: input.into(),
            variables: Map::new(),
            item: None,
            entered: 0,
            before: 0,
            entered_at: now,
            last: 0,
            tries: Vec::new(),
            turn: 0,
            phase: Phase::Ready,
            halted: None,
        }
    }

    /// Ends the path where it stands, because something above it has ended without success.
    pub(crate) fn halt(&mut self) {
        if self.phase == Phase::Ended {
            return;
        }
        // What it waited for is over.
        self.turn += 1;
        let phase = std::mem::replace(&mut self.phase, Phase::Ended);
        self.halted = Some(Box::new(Halted::of(phase)));
    }
}

impl Halted {
    /// Where a path stands that is in this phase.
    pub(crate) fn of(phase: Phase) -> Self {
        match phase {
            Phase::Ready => Self::Before,
            Phase::Joining(join) | Phase::Writing(join) => Self::Joining(join),
            Phase::Waiting
            | Phase::Backoff
            | Phase::Task(_)
            | Phase::Reading { .. }
            | Phase::Ended
            | Phase::Shelf(_) => Self::Within,
        }
    }
}
