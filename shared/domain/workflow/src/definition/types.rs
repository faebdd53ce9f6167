//! A definition that has been read and checked.

use crate::{choice::Rule, retry::Retrier};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How expressions are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Paths, payload templates, intrinsic functions. What a definition has that says nothing.
    #[default]
    JsonPath,
    /// `{% ... %}`.
    Jsonata,
}

/// A whole state machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// `TimeoutSeconds` of the machine.
    pub timeout_seconds: Option<u64>,
    /// The machine's language.
    pub language: Language,
    /// `SearchAttributes`, our own extension: what its executions are found by, as constants and expressions over the input.
    pub search_attributes: Map<String, Value>,
    /// The machine's own states first, then those of branches and item processors, outer before inner.
    pub lists: Vec<StateList>,
}

/// States that lead to each other: the machine's, a branch's, an item processor's.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StateList {
    /// The first state.
    pub start_at: String,
    /// The states by name, in the order of the text.
    pub states: IndexMap<String, State>,
    /// The list that the owning state is in; none for the machine's own.
    pub outer: Option<usize>,
}

/// A state's `Type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StateType {
    /// Does work.
    Task,
    /// Waits for a moment.
    Wait,
    /// Passes its input on, changed or not.
    Pass,
    /// Ends its path well.
    Succeed,
    /// Ends its path with an error.
    Fail,
    /// Chooses what comes next.
    Choice,
    /// Runs branches at the same time.
    Parallel,
    /// Runs the same states for every item.
    Map,
}

impl StateType {
    /// As the language writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Task => "Task",
            Self::Wait => "Wait",
            Self::Pass => "Pass",
            Self::Succeed => "Succeed",
            Self::Fail => "Fail",
            Self::Choice => "Choice",
            Self::Parallel => "Parallel",
            Self::Map => "Map",
        }
    }

    /// All, in the order in which the service names them.
    pub const ALL: [Self; 8] =
        [Self::Task, Self::Wait, Self::Pass, Self::Succeed, Self::Fail, Self::Choice, Self::Parallel, Self::Map];

    /// Reads it.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text)
    }
}

/// What a `...Path` field selects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Selected {
    /// The field is missing.
    #[default]
    Default,
    /// The field is `null`.
    Nothing,
    /// A path.
    Path(String),
}

/// One state. Fields that its language or type does not have are at their defaults.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Its type.
    pub state_type: StateType,
    /// Its language.
    pub language: Language,
    /// Whether an expression of it may look at the context object: making one copies the execution's input.
    pub sees_context: bool,
    /// The state after it; none when it is the last.
    pub next: Option<String>,
    /// `InputPath`.
    pub input_path: Selected,
    /// `OutputPath`.
    pub output_path: Selected,
    /// `ResultPath`.
    pub result_path: Selected,
    /// `Parameters` (JSONPath) or `Arguments` (JSONata). For a JSONPath `Map` it is in [`Mapping::selector`].
    pub arguments: Option<Value>,
    /// `ResultSelector`.
    pub result_selector: Option<Value>,
    /// `Assign`.
    pub assign: Option<Map<String, Value>>,
    /// `Output`.
    pub output: Option<Value>,
    /// `Retry`.
    pub retry: Vec<Retrier>,
    /// `Catch`.
    pub catch: Vec<Catcher>,
    /// What the type adds.
    pub body: Body,
}

/// One entry of `Catch`.
#[derive(Debug, Clone, PartialEq)]
pub struct Catcher {
    /// The errors that it is for.
    pub error_equals: Vec<String>,
    /// Where it leads.
    pub next: String,
    /// `ResultPath`.
    pub result_path: Selected,
    /// `Assign`.
    pub assign: Option<Map<String, Value>>,
    /// `Output`.
    pub output: Option<Value>,
}

/// What a type adds.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// `Pass`, with its `Result`.
    Pass { result: Option<Value> },
    /// `Choice`.
    Choice { rules: Vec<ChoiceRule>, default: Option<String> },
    /// `Wait`.
    Wait(Until),
    /// `Succeed`.
    Succeed,
    /// `Fail`.
    Fail { error: Failing, cause: Failing },
    /// `Task`.
    Task { resource: String, timeout: Count, heartbeat: Count, credentials: Option<Value> },
    /// `Parallel`: the lists of its branches.
    Parallel { branches: Vec<usize> },
    /// `Map`.
    Map(Box<Mapping>),
}

/// A rule of a `Choice`.
#[derive(Debug, Clone, PartialEq)]
pub struct ChoiceRule {
    /// When it holds.
    pub condition: Condition,
    /// Where it leads.
    pub next: String,
    /// `Assign`.
    pub assign: Option<Map<String, Value>>,
    /// `Output`.
    pub output: Option<Value>,
}

/// When a rule holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// A comparison.
    JsonPath(Rule),
    /// `Condition`: a truth value or an expression.
    Jsonata(Value),
}

/// How long a `Wait` waits.
#[derive(Debug, Clone, PartialEq)]
pub enum Until {
    /// `Seconds`: a number, or an expression.
    Seconds(Value),
    /// `SecondsPath`.
    SecondsPath(String),
    /// `Timestamp`: a moment, or an expression.
    Timestamp(Value),
    /// `TimestampPath`.
    TimestampPath(String),
}

/// `Error` and `Cause` of a `Fail`.
#[derive(Debug, Clone, PartialEq)]
pub enum Failing {
    /// Not given.
    None,
    /// A text, or an expression.
    Text(Value),
    /// `ErrorPath`, `CausePath`.
    Path(String),
}

/// A number that may be computed: timeouts, concurrency, tolerated failures.
#[derive(Debug, Clone, PartialEq)]
pub enum Count {
    /// Not given.
    None,
    /// A number, or an expression.
    Given(Value),
    /// A path to it.
    Path(String),
}

/// What a `Map` says of its items.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// The list that runs for every item.
    pub processor: usize,
    /// Whether the iterations are child executions.
    pub distributed: bool,
    /// Whether the child executions are Express ones.
    pub express: bool,
    /// `Items`.
    pub items: Option<Value>,
    /// `ItemsPath`.
    pub items_path: Option<String>,
    /// `ItemSelector`, or the older `Parameters`.
    pub selector: Option<Value>,
    /// `MaxConcurrency`.
    pub concurrency: Count,
    /// `ToleratedFailureCount`.
    pub tolerated_count: Count,
    /// `ToleratedFailurePercentage`.
    pub tolerated_percentage: Count,
    /// `Label`.
    pub label: Option<String>,
    /// `ItemBatcher`.
    pub batcher: Option<Value>,
    /// `ItemReader`: no such reader exists here yet, the engine brings it.
    pub reader: Option<Value>,
    /// `ResultWriter`: as the reader.
    pub writer: Option<Value>,
}

impl Definition {
    /// A state of a list.
    pub fn state(&self, list: usize, name: &str) -> Option<&State> {
        self.lists.get(list)?.states.get(name)
    }
}
