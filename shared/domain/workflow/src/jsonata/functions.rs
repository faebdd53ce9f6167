//! The functions that the service adds to JSONata, and those that must not look at a clock or roll dice themselves.

use super::convert;
use super::wanted::Wanted;
use crate::intrinsics::{self, Draws};
use chrono::{DateTime, SecondsFormat};
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorError};
use jsonata_core::parser;
use jsonata_core::value::JValue;
use serde_json::Value;
use std::rc::Rc;

/// What calling a name that is no function says.
pub(super) const NOT_A_FUNCTION: &str = "T1006: Attempted to invoke a non-function";

/// The longest text that `$pad` makes, in characters: what a payload may hold.
const PADDED_CHARS_MAX: f64 = 262_144.0;

type Answered = Result<JValue, EvaluatorError>;

type Function = Box<dyn Fn(&[JValue]) -> Answered>;

/// The names that are registered where an expression has them, and what stands for each.
const NAMES: [&str; 11] =
    ["eval", "now", "millis", "parse", "hash", "partition", "range", "pad", "uuid", "random", "shuffle"];

/// Those of the names that an expression has.
pub(super) struct Needed(Vec<&'static str>);

impl Needed {
    pub(super) fn of(expression: &str) -> Self {
        Self(NAMES.into_iter().filter(|name| expression.contains(name)).collect())
    }

    /// Whether it may draw random numbers.
    pub(super) fn chance(&self) -> bool {
        self.0.iter().any(|name| ["random", "uuid", "shuffle"].contains(name))
    }
}

/// Registers the functions that the expression names.
pub(super) fn register(
    evaluator: &mut Evaluator,
    needed: &Needed,
    seed: u64,
    now_ms: i64,
) -> Result<(), EvaluatorError> {
    let draws = Rc::new(Draws::starting(seed));
    for name in &needed.0 {
        let draws = Rc::clone(&draws);
        let function: Function = match *name {
            "eval" => Box::new(|_| Err(EvaluatorError::ReferenceError(NOT_A_FUNCTION.to_owned()))),
            "now" => Box::new(move |arguments| now(now_ms, arguments)),
            "millis" => Box::new(move |_| Ok(JValue::from_i64(now_ms))),
            "parse" => Box::new(parse),
            "hash" => Box::new(|arguments| shared(arguments, 2, |given| intrinsics::hash(&given[0], &given[1]))),
            "partition" => {
                Box::new(|arguments| shared(arguments, 2, |given| intrinsics::partition(&given[0], &given[1])))
            }
            "range" => Box::new(range),
            "pad" => Box::new(pad),
            "uuid" => Box::new(move |_| Ok(JValue::from(intrinsics::uuid(&draws)))),
            "random" => Box::new(move |arguments| random(&draws, arguments)),
            _ => Box::new(move |arguments| shuffle(&draws, arguments)),
        };
        evaluator.register_fn_override(*name, function)?;
    }
    Ok(())
}

fn refused(message: impl Into<String>) -> EvaluatorError {
    EvaluatorError::EvaluationError(message.into())
}

/// A function on plain JSON that JSONPath's states have too. Undefined for an undefined first argument, as JSONata's own
/// functions are.
fn shared(arguments: &[JValue], count: usize, function: impl Fn(&[Value]) -> Result<Value, String>) -> Answered {
    if arguments.first().is_none_or(JValue::is_undefined) {
        return Ok(JValue::Undefined);
    }
    if arguments.len() != count {
        return Err(refused(format!("T0410: The function takes {count} arguments")));
    }
    let mut plain = Vec::with_capacity(count);
    for argument in arguments {
        match convert::outwards(argument.clone()).map_err(refused)? {
            convert::Answer::Value(value) => plain.push(value),
            convert::Answer::Nothing => plain.push(Value::Null),
            convert::Answer::Unsupported => return Err(refused("T0410: An argument must not be a function")),
        }
    }
    function(&plain).map(|answer| convert::inwards(&answer, &Wanted::All)).map_err(refused)
}

/// A range is a sequence: one number alone is not in an array.
fn range(arguments: &[JValue]) -> Answered {
    let mut numbers = shared(arguments, 3, |given| intrinsics::range(&given[0], &given[1], &given[2]))?;
    numbers.mark_sequence();
    Ok(numbers.unwrap_sequence())
}

fn parse(arguments: &[JValue]) -> Answered {
    match arguments.first() {
        None | Some(JValue::Undefined) => Ok(JValue::Undefined),
        Some(JValue::String(text)) => serde_json::from_str::<Value>(text)
            .map(|value| convert::inwards(&value, &Wanted::All))
            .map_err(|fault| refused(format!("D3121: The argument of $parse is not JSON: {fault}"))),
        Some(_) => Err(refused("T0410: Argument 1 of function \"parse\" does not match function signature")),
    }
}

/// The moment, as JSONata writes it, or as a picture and a time zone want it.
fn now(now_ms: i64, arguments: &[JValue]) -> Answered {
    if arguments.first().is_none_or(JValue::is_undefined) {
        let moment = DateTime::from_timestamp_millis(now_ms).unwrap_or_default();
        return Ok(JValue::from(moment.to_rfc3339_opts(SecondsFormat::Millis, true)));
    }
    let mut context = Context::new();
    context.bind("picture".to_owned(), arguments.first().cloned().unwrap_or(JValue::Undefined));
    context.bind("zone".to_owned(), arguments.get(1).cloned().unwrap_or(JValue::Undefined));
    let written = format!("$fromMillis({now_ms}, $picture, $zone)");
    let tree = parser::parse(&written).map_err(|fault| refused(fault.to_string()))?;
    Evaluator::with_context(context).evaluate(&tree, &JValue::Undefined)
}

/// A number from 0 (included) to 1 (excluded); a seed determines it.
fn random(draws: &Draws<'_>, arguments: &[JValue]) -> Answered {
    match arguments.first() {
        None | Some(JValue::Undefined) => Ok(JValue::from(draws.fraction())),
        Some(JValue::Number(seed)) => Ok(JValue::from(Draws::starting(seed.to_bits()).fraction())),
        Some(_) => Err(refused("T0410: Argument 1 of function \"random\" does not match function signature")),
    }
}

fn shuffle(draws: &Draws<'_>, arguments: &[JValue]) -> Answered {
    let Some(array) = arguments.first().filter(|array| !array.is_undefined()) else { return Ok(JValue::Undefined) };
    let Some(items) = array.as_array() else { return Ok(JValue::array(vec![array.clone()])) };
    let mut items = items.clone();
    for last in (1..items.len()).rev() {
        let place = draws.next() % (u64::try_from(last).unwrap_or(u64::MAX).saturating_add(1));
        items.swap(last, usize::try_from(place).unwrap_or(last));
    }
    Ok(JValue::array(items))
}

/// JSONata's `$pad`, bounded: the engine's would fill the memory.
fn pad(arguments: &[JValue]) -> Answered {
    let wrong = || refused("T0410: An argument of function \"pad\" does not match function signature");
    let (text, width, filling) = match arguments {
        [JValue::Undefined, ..] => return Ok(JValue::Undefined),
        [JValue::String(text), JValue::Number(width)] => (text, *width, None),
        [JValue::String(text), JValue::Number(width), JValue::Undefined] => (text, *width, None),
        [JValue::String(text), JValue::Number(width), JValue::String(filling)] => (text, *width, Some(filling)),
        _ => return Err(wrong()),
    };
    if !width.is_finite() || width.abs() > PADDED_CHARS_MAX {
        return Err(refused(format!("D3131: $pad makes at most {PADDED_CHARS_MAX} characters")));
    }
    let filling = filling.filter(|filling| !filling.is_empty()).map_or(" ", |filling| filling);
    let missing = width.abs().floor() - f64::from(u32::try_from(text.chars().count()).unwrap_or(u32::MAX));
    let mut padding = String::new();
    let mut written = 0.0;
    for c in filling.chars().cycle() {
        if written >= missing {
            break;
        }
        padding.push(c);
        written += 1.0;
    }
    Ok(JValue::from(if width < 0.0 { padding + text } else { format!("{text}{padding}") }))
}
