//! Filters: `[?( ... )]`.

use super::find::{Budget, find_within};
use super::parse::{Reader, steps};
use super::step::{Path, PathFault};
use regex::{Regex, RegexBuilder};
use serde_json::{Number, Value};
use std::borrow::Cow;

/// How deep conditions may nest.
const DEPTH_MAX: usize = 32;

/// The largest program of a pattern, in bytes.
const PATTERN_BYTES_MAX: usize = 256 * 1024;

/// What must hold of an item.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Filter {
    Or(Vec<Filter>),
    And(Vec<Filter>),
    Not(Box<Filter>),
    Exists(Operand),
    Compare { left: Operand, operator: Operator, right: Operand },
    Matches { left: Operand, pattern: Pattern },
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    /// `@...`: within the item.
    Item(Path),
    /// `$...`: within the whole.
    Root(Path),
    Literal(Value),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    Contains,
    Size,
    Empty,
}

/// The longer come first, as `<` begins `<=`.
const OPERATORS: [(&str, Operator); 11] = [
    ("==", Operator::Equal),
    ("!=", Operator::Unequal),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
    ("nin ", Operator::NotIn),
    ("in ", Operator::In),
    ("contains ", Operator::Contains),
    ("size ", Operator::Size),
    ("empty ", Operator::Empty),
];

/// A pattern, equal to another when the texts are.
#[derive(Debug, Clone)]
pub(super) struct Pattern(Regex);

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

/// Reads a filter after `[?`.
pub(super) fn read(reader: &mut Reader, depth: usize) -> Result<Filter, PathFault> {
    reader.blanks();
    if reader.peek() != Some('(') {
        return Err(reader.fault("a filter is written [?( ... )]"));
    }
    let filter = any(reader, depth + 1)?;
    reader.blanks();
    Ok(filter)
}

fn any(reader: &mut Reader, depth: usize) -> Result<Filter, PathFault> {
    let mut parts = vec![all(reader, depth)?];
    while reader.eat_text("||") {
        parts.push(all(reader, depth)?);
    }
    Ok(if parts.len() == 1 { parts.remove(0) } else { Filter::Or(parts) })
}

fn all(reader: &mut Reader, depth: usize) -> Result<Filter, PathFault> {
    let mut parts = vec![one(reader, depth)?];
    while reader.eat_text("&&") {
        parts.push(one(reader, depth)?);
    }
    Ok(if parts.len() == 1 { parts.remove(0) } else { Filter::And(parts) })
}

fn one(reader: &mut Reader, depth: usize) -> Result<Filter, PathFault> {
    if depth > DEPTH_MAX {
        return Err(reader.fault(format!("a filter nests at most {DEPTH_MAX} deep")));
    }
    reader.blanks();
    let filter = if reader.eat('!') {
        Filter::Not(Box::new(one(reader, depth + 1)?))
    } else if reader.eat('(') {
        let inner = any(reader, depth + 1)?;
        reader.blanks();
        reader.expect(')')?;
        inner
    } else {
        comparison(reader, depth)?
    };
    reader.blanks();
    Ok(filter)
}

fn comparison(reader: &mut Reader, depth: usize) -> Result<Filter, PathFault> {
    let left = operand(reader, depth)?;
    reader.blanks();
    if reader.eat_text("=~") {
        reader.blanks();
        return Ok(Filter::Matches { left, pattern: pattern(reader)? });
    }
    for (text, operator) in OPERATORS {
        if reader.eat_text(text) {
            reader.blanks();
            return Ok(Filter::Compare { left, operator, right: operand(reader, depth)? });
        }
    }
    match left {
        Operand::Literal(_) => Err(reader.fault("expected an operator")),
        path => Ok(Filter::Exists(path)),
    }
}

fn operand(reader: &mut Reader, depth: usize) -> Result<Operand, PathFault> {
    match reader.peek() {
        Some('@') => {
            reader.at += 1;
            Ok(Operand::Item(steps(reader, true, depth + 1)?))
        }
        Some('$') => {
            reader.at += 1;
            Ok(Operand::Root(steps(reader, true, depth + 1)?))
        }
        _ => literal(reader, depth).map(Operand::Literal),
    }
}

fn literal(reader: &mut Reader, depth: usize) -> Result<Value, PathFault> {
    if depth > DEPTH_MAX {
        return Err(reader.fault(format!("a filter nests at most {DEPTH_MAX} deep")));
    }
    match reader.peek() {
        Some('\'' | '"') => reader.quoted().map(Value::String),
        Some('[') => {
            reader.at += 1;
            let mut items = Vec::new();
            loop {
                reader.blanks();
                if reader.eat(']') {
                    return Ok(Value::Array(items));
                }
                if !items.is_empty() {
                    reader.expect(',')?;
                    reader.blanks();
                }
                items.push(literal(reader, depth + 1)?);
            }
        }
        _ => {
            let start = reader.at;
            while reader.peek().is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.')) {
                reader.at += 1;
            }
            let word: String = reader.chars.get(start..reader.at).unwrap_or_default().iter().collect();
            match word.as_str() {
                "true" => Ok(Value::Bool(true)),
                "false" => Ok(Value::Bool(false)),
                "null" => Ok(Value::Null),
                number => number
                    .parse::<Number>()
                    .map(Value::Number)
                    .map_err(|_| PathFault::syntax(start, "expected a path, a text, a number, true, false or null")),
            }
        }
    }
}

fn pattern(reader: &mut Reader) -> Result<Pattern, PathFault> {
    let start = reader.at;
    reader.expect('/')?;
    let mut text = String::new();
    loop {
        match reader.peek() {
            None => return Err(reader.fault("the pattern is not closed: expected /")),
            Some('/') => break,
            Some('\\') if reader.chars.get(reader.at + 1) == Some(&'/') => {
                text.push('/');
                reader.at += 2;
            }
            Some(c) => {
                text.push(c);
                reader.at += 1;
            }
        }
    }
    reader.at += 1;
    let mut builder = RegexBuilder::new(&format!("^(?:{text})$"));
    builder.size_limit(PATTERN_BYTES_MAX);
    while let Some(flag) = reader.peek().filter(|c| matches!(c, 'i' | 'm' | 's')) {
        reader.at += 1;
        match flag {
            'i' => builder.case_insensitive(true),
            'm' => builder.multi_line(true),
            _ => builder.dot_matches_new_line(true),
        };
    }
    builder.build().map(Pattern).map_err(|_| PathFault::syntax(start, "the pattern cannot be read"))
}

impl Filter {
    /// Whether the item passes. Searches within the filter that are cut short find nothing: the caller looks at the
    /// budget afterwards.
    pub(super) fn holds(&self, item: &Value, root: &Value, budget: &Budget) -> bool {
        match self {
            Self::Or(parts) => parts.iter().any(|part| part.holds(item, root, budget)),
            Self::And(parts) => parts.iter().all(|part| part.holds(item, root, budget)),
            Self::Not(part) => !part.holds(item, root, budget),
            Self::Exists(operand) => operand.value(item, root, budget).is_some(),
            Self::Compare { left, operator, right } => compare(
                left.value(item, root, budget).as_deref(),
                *operator,
                right.value(item, root, budget).as_deref(),
            ),
            Self::Matches { left, pattern } => {
                let value = left.value(item, root, budget);
                value.as_deref().and_then(Value::as_str).is_some_and(|text| pattern.0.is_match(text))
            }
        }
    }
}

impl Operand {
    fn value<'v>(&'v self, item: &'v Value, root: &'v Value, budget: &Budget) -> Option<Cow<'v, Value>> {
        match self {
            Self::Item(path) => find_within(path, item, budget).ok(),
            Self::Root(path) => find_within(path, root, budget).ok(),
            Self::Literal(value) => Some(Cow::Borrowed(value)),
        }
    }
}

fn compare(left: Option<&Value>, operator: Operator, right: Option<&Value>) -> bool {
    let (Some(left), Some(right)) = (left, right) else {
        // What is absent equals nothing, so it differs from everything.
        return matches!(operator, Operator::Unequal | Operator::NotIn) && left.is_some() != right.is_some();
    };
    match operator {
        Operator::Equal => equal(left, right),
        Operator::Unequal => !equal(left, right),
        Operator::Less => order(left, right).is_some_and(std::cmp::Ordering::is_lt),
        Operator::LessOrEqual => order(left, right).is_some_and(std::cmp::Ordering::is_le),
        Operator::Greater => order(left, right).is_some_and(std::cmp::Ordering::is_gt),
        Operator::GreaterOrEqual => order(left, right).is_some_and(std::cmp::Ordering::is_ge),
        Operator::In => right.as_array().is_some_and(|items| items.iter().any(|one| equal(one, left))),
        Operator::NotIn => right.as_array().is_some_and(|items| !items.iter().any(|one| equal(one, left))),
        Operator::Contains => match (left, right) {
            (Value::Array(items), wanted) => items.iter().any(|one| equal(one, wanted)),
            (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
            _ => false,
        },
        Operator::Size => length(left).is_some_and(|length| right.as_u64() == u64::try_from(length).ok()),
        Operator::Empty => length(left).is_some_and(|length| right.as_bool() == Some(length == 0)),
    }
}

fn length(value: &Value) -> Option<usize> {
    match value {
        Value::Array(items) => Some(items.len()),
        Value::String(text) => Some(text.chars().count()),
        _ => None,
    }
}

/// Equality in which 1 and 1.0 are one number.
pub(super) fn equal(left: &Value, right: &Value) -> bool {
    match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => left.total_cmp(&right).is_eq() || (left == 0.0 && right == 0.0),
        _ => left == right,
    }
}

fn order(left: &Value, right: &Value) -> Option<std::cmp::Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64()?.partial_cmp(&right.as_f64()?),
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        _ => None,
    }
}
