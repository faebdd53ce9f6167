//! Runs an expression in the engine, bounded.

use super::convert::{self, Answer};
use super::fill::EXPRESSION_BYTES_MAX;
use super::functions::{self, Needed};
use super::wanted::{Roots, Wanted};
use crate::kept::Kept;
use crate::scope::Scope;
use indexmap::IndexMap;
use jsonata_core::ast::AstNode;
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorOptions};
use jsonata_core::parser;
use jsonata_core::value::JValue;
use serde_json::{Map, Value};
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// How long one expression may run, in milliseconds.
const TIMEOUT_MS: u64 = 1_000;

/// How deep calls may nest.
const STACK_DEPTH_MAX: usize = 1_000;

/// How long all expressions together may run that are evaluated for one signal, in milliseconds.
const SIGNAL_TIMEOUT_MS: u128 = 10_000;

/// How many items a sequence may have.
const SEQUENCE_ITEMS_MAX: usize = 1_000_000;

/// The stack for expressions that may nest functions without end: the engine lets go of them one inside the other.
/// Reserved, not used, until it is needed.
const STACK_BYTES: usize = 256 * 1024 * 1024;

/// An expression that has been read, and what it looks at.
struct Compiled {
    tree: AstNode,
    roots: Roots,
    needed: Needed,
    nests_functions: bool,
}

/// What an expression may look at, without the scope's chance, which does not cross threads.
#[derive(Clone, Copy)]
struct Given<'a> {
    states: [(&'static str, Option<&'a Value>); 4],
    variables: &'a Map<String, Value>,
    /// Where this expression's random numbers begin.
    seed: u64,
    now_ms: i64,
}

thread_local! {
    static COMPILED: RefCell<Kept<Compiled>> = RefCell::new(Kept::new());
    static SPENT: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// Reads an expression. The fault is a message, with JSONata's code in front where it has one.
pub(super) fn read(expression: &str) -> Result<AstNode, String> {
    if expression.len() > EXPRESSION_BYTES_MAX {
        return Err(format!("An expression has at most {EXPRESSION_BYTES_MAX} bytes"));
    }
    guarded(|| parser::parse(expression).map_err(|fault| fault.to_string()))
}

fn compile(expression: &str) -> Result<Compiled, String> {
    let tree = read(expression)?;
    let (roots, needed) = (Roots::of(expression), Needed::of(expression));
    Ok(Compiled { tree, roots, needed, nests_functions: nests_functions(expression) })
}

/// Whether an expression could put a function into a function, and that into another one, and so on: it takes two of its
/// own, or one and a way to make more of it: partial application, composition, transformation.
fn nests_functions(expression: &str) -> bool {
    let own = ["function", "λ"].iter().map(|word| expression.matches(word).count()).sum::<usize>();
    own > 1 || (own == 1 && ["?", "~>", "|"].iter().any(|way| expression.contains(way)))
}

/// Evaluates an expression. The fault is a message, with JSONata's code in front where it has one.
pub(super) fn evaluate(expression: &str, scope: &Scope<'_>) -> Result<Answer, String> {
    if SPENT.get().as_millis() > SIGNAL_TIMEOUT_MS {
        return Err(format!("D1012: Expressions have been evaluated for more than {SIGNAL_TIMEOUT_MS} ms"));
    }
    let compiled = COMPILED.with_borrow_mut(|kept| kept.get(expression, compile))?;
    let given = Given::of(&compiled, scope);
    let begun = Instant::now();
    let answer = run(&compiled, given);
    SPENT.set(SPENT.get().saturating_add(begun.elapsed()));
    answer
}

fn run(compiled: &Compiled, given: Given<'_>) -> Result<Answer, String> {
    let work = || {
        let mut context = Context::new();
        for (name, wanted) in compiled.roots.iter() {
            if name == "states" {
                context.bind("states".to_owned(), states(wanted, &given));
            } else if let Some(value) = given.variables.get(name) {
                context.bind(name.to_owned(), convert::inwards(value, wanted));
            }
        }
        evaluated(compiled, context, &given, &JValue::Undefined)
    };
    if !compiled.nests_functions {
        return guarded(work);
    }
    std::thread::scope(|threads| {
        let builder = std::thread::Builder::new().name("jsonata".to_owned()).stack_size(STACK_BYTES);
        match builder.spawn_scoped(threads, || guarded(work)).map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err("The expression could not be evaluated".to_owned()),
        }
    })
}

/// Another signal: its expressions have their own time.
pub(crate) fn begin() {
    SPENT.set(Duration::ZERO);
}

/// How long expressions have been evaluated for this signal.
pub(crate) fn spent() -> Duration {
    SPENT.get()
}

/// The engine is young: a panic in it is this expression's failure, and nobody else's.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err("The expression could not be evaluated".to_owned()))
}

impl<'a> Given<'a> {
    fn of(compiled: &Compiled, scope: &Scope<'a>) -> Self {
        Self {
            states: [
                ("input", Some(scope.input)),
                ("result", scope.result),
                ("errorOutput", scope.error),
                ("context", Some(scope.context)),
            ],
            variables: scope.variables,
            seed: if compiled.needed.chance() { (scope.chance)() } else { 0 },
            now_ms: scope.now.timestamp_millis(),
        }
    }
}

fn evaluated(compiled: &Compiled, context: Context, given: &Given<'_>, data: &JValue) -> Result<Answer, String> {
    let options = EvaluatorOptions {
        timeout_ms: Some(TIMEOUT_MS),
        cancel: None,
        max_stack_depth: Some(STACK_DEPTH_MAX),
        max_sequence_length: Some(SEQUENCE_ITEMS_MAX),
    };
    let mut evaluator = Evaluator::with_options(context, options);
    functions::register(&mut evaluator, &compiled.needed, given.seed, given.now_ms).map_err(|fault| message(&fault))?;
    evaluator.evaluate(&compiled.tree, data).map_err(|fault| message(&fault)).and_then(convert::outwards)
}

fn message(fault: &jsonata_core::evaluator::EvaluatorError) -> String {
    // The engine adds the name of the function to some of these texts; the service does not.
    if fault.code() == Some("T1006") {
        return functions::NOT_A_FUNCTION.to_owned();
    }
    fault.message().to_owned()
}

/// `$states`, with what the expression looks at.
fn states(wanted: &Wanted, given: &Given<'_>) -> JValue {
    let found = given
        .states
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), convert::inwards(value?, wanted.part(name)?))));
    JValue::object(found.collect::<IndexMap<String, JValue>>())
}

/// Evaluates over data and bindings of its own, as JSONata's published cases do.
#[cfg(test)]
pub(super) fn evaluate_over(
    expression: &str,
    data: Option<&Value>,
    bindings: &Map<String, Value>,
    scope: &Scope<'_>,
) -> Result<Answer, String> {
    let compiled = compile(expression)?;
    guarded(|| {
        let mut context = Context::new();
        for (name, value) in bindings {
            context.bind(name.clone(), convert::inwards(value, &Wanted::All));
        }
        let data = data.map_or(JValue::Undefined, |data| convert::inwards(data, &Wanted::All));
        evaluated(&compiled, context, &Given::of(&compiled, scope), &data)
    })
}
