//! Calls an intrinsic function.

use super::{arrays, numbers, parse, texts};
use crate::path::PathFault;
use crate::scope::{Failure, Scope, error};
use crate::template::Source;
use serde_json::Value;

/// A call that has been read and whose name and count of arguments are right.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub(super) name: &'static str,
    pub(super) arguments: Vec<Argument>,
    /// As it was written, for causes.
    pub(super) text: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Argument {
    /// A text between quotes, its backslashes still there.
    Text(String),
    /// A number, `true`, `false` or `null`.
    Value(Value),
    Source(Source),
    Call(Call),
}

impl Call {
    /// Reads a call such as `States.Format('{}', $.a)`.
    pub(crate) fn parse(text: &str) -> Result<Self, PathFault> {
        parse::call(text)
    }

    /// The paths among the arguments, also of calls within.
    pub(crate) fn sources(&self) -> Vec<&Source> {
        let mut sources = Vec::new();
        for argument in &self.arguments {
            match argument {
                Argument::Source(source) => sources.push(source),
                Argument::Call(call) => sources.extend(call.sources()),
                Argument::Text(_) | Argument::Value(_) => {}
            }
        }
        sources
    }

    /// What the function answers. A path that finds nothing is `States.Runtime`, an argument that does not fit is
    /// `States.IntrinsicFailure`.
    pub(crate) fn answer(&self, scope: &Scope<'_>) -> Result<Value, Failure> {
        let mut values = Vec::with_capacity(self.arguments.len());
        for (position, argument) in self.arguments.iter().enumerate() {
            values.push(match argument {
                Argument::Text(raw) if position == 0 && self.name == "Format" => Value::String(raw.clone()),
                Argument::Text(raw) => Value::String(texts::unescaped(raw)),
                Argument::Value(value) => value.clone(),
                Argument::Call(call) => call.answer(scope)?,
                Argument::Source(source) => source.find(scope).map_err(|_| {
                    Failure::runtime(format!(
                        "The function '{}' had the following error: The JsonPath argument for the field '{}' could not \
                         be found in the input '{}'",
                        self.text,
                        source.text(),
                        source.searched(scope)
                    ))
                })?,
            });
        }
        self.apply(&values, scope).map_err(|reason| {
            Failure::new(
                error::INTRINSIC_FAILURE,
                format!("The function '{}' had the following error: {reason}", self.text),
            )
        })
    }

    fn apply(&self, values: &[Value], scope: &Scope<'_>) -> Result<Value, String> {
        let draws = numbers::Draws::from(scope.chance);
        match (self.name, values) {
            ("Array", items) => Ok(Value::Array(items.to_vec())),
            ("ArrayContains", [items, wanted]) => arrays::contains(items, wanted),
            ("ArrayGetItem", [items, index]) => arrays::item(items, index),
            ("ArrayLength", [items]) => arrays::length(items),
            ("ArrayPartition", [items, size]) => arrays::partition(items, size),
            ("ArrayRange", [first, last, step]) => arrays::range(first, last, step),
            ("ArrayUnique", [items]) => arrays::unique(items),
            ("Base64Decode", [text]) => texts::base64_decode(text),
            ("Base64Encode", [text]) => texts::base64_encode(text),
            ("Format", [template, rest @ ..]) => texts::format(template, rest),
            ("Hash", [data, algorithm]) => texts::hash(data, algorithm),
            ("JsonMerge", [first, second, deep]) => texts::merge(first, second, deep),
            ("JsonToString", [value]) => Ok(Value::String(value.to_string())),
            ("MathAdd", [left, right]) => numbers::add(left, right),
            ("MathRandom", [from, to]) => numbers::random(from, to, &draws),
            ("MathRandom", [from, to, seed]) => numbers::random(from, to, &numbers::Draws::seeded(seed)?),
            ("StringSplit", [text, separators]) => texts::split(text, separators),
            ("StringToJson", [text]) => texts::to_json(text),
            ("UUID", []) => Ok(Value::String(numbers::uuid(&draws))),
            (name, values) => Err(format!("States.{name} does not take {} arguments", values.len())),
        }
    }
}
