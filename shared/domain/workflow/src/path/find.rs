//! Follows a path through a value.

use super::filter::Filter;
use super::step::{Path, PathFault, Step};
use serde_json::Value;
use std::borrow::Cow;
use std::cell::Cell;

/// How many values one search may look at.
const VISITS_MAX: usize = 1_000_000;

/// How many values one search may answer.
const RESULTS_MAX: usize = 100_000;

/// How much of a value a message repeats, in characters.
const CONTEXT_CHARS_MAX: usize = 200;

/// What is left of [`VISITS_MAX`] for a search and the searches of its filters together.
pub(super) struct Budget(Cell<usize>);

impl Budget {
    fn spend(&self) -> Result<(), PathFault> {
        let left = self.0.get().checked_sub(1);
        let left = left.ok_or_else(|| PathFault::nothing(format!("the path visits more than {VISITS_MAX} values")))?;
        self.0.set(left);
        Ok(())
    }
}

pub(super) fn find(path: &Path, root: &Value) -> Result<Value, PathFault> {
    find_within(path, root, &Budget(Cell::new(VISITS_MAX))).map(Cow::into_owned)
}

/// As [`find`], within what is left, and without copying what one place holds.
pub(super) fn find_within<'v>(path: &Path, root: &'v Value, budget: &Budget) -> Result<Cow<'v, Value>, PathFault> {
    budget.spend()?;
    let found = if path.steps.iter().all(Step::is_definite) {
        Cow::Borrowed(walk(&path.steps, root)?)
    } else {
        let mut search = Search { root, budget, results: Vec::new() };
        search.collect(&path.steps, root)?;
        Cow::Owned(Value::Array(search.results.into_iter().cloned().collect()))
    };
    match path.function {
        Some(function) => function.apply(&found).map(Cow::Owned),
        None => Ok(found),
    }
}

/// Follows names and indexes, saying exactly where they end.
fn walk<'v>(steps: &[Step], root: &'v Value) -> Result<&'v Value, PathFault> {
    let mut here = root;
    for (position, step) in steps.iter().enumerate() {
        let passed = steps.get(..position).unwrap_or_default();
        here = match step {
            Step::Names(names) => {
                let name = names.first().map_or("", String::as_str);
                let Value::Object(fields) = here else {
                    return Err(PathFault::nothing(format!(
                        "Expected to find an object with property ['{name}'] in path {} but found '{}'. \
                         This is not a json object.",
                        written(passed),
                        kind(here)
                    )));
                };
                fields.get(name).ok_or_else(|| {
                    let path = written(steps.get(..=position).unwrap_or_default());
                    PathFault::nothing(if position + 1 == steps.len() {
                        format!("No results for path: {path}")
                    } else {
                        format!("Missing property in path {path}")
                    })
                })?
            }
            Step::Indexes(indexes) => {
                let index = indexes.first().copied().unwrap_or(0);
                match here {
                    Value::Null => return Err(PathFault::nothing(format!("The path {} is null", written(passed)))),
                    Value::Array(items) => item(items, index)
                        .ok_or_else(|| PathFault::nothing(format!("No results for path: {}", written(steps))))?,
                    other => {
                        let context: String = other.to_string().chars().take(CONTEXT_CHARS_MAX).collect();
                        return Err(PathFault::nothing(format!(
                            "Filter: [{index}] can only be applied to arrays. Current context is: {context}"
                        )));
                    }
                }
            }
            Step::Slice { .. } | Step::Wildcard | Step::Filter(_) | Step::Descend => here,
        };
    }
    Ok(here)
}

struct Search<'v, 'b> {
    root: &'v Value,
    budget: &'b Budget,
    results: Vec<&'v Value>,
}

impl<'v> Search<'v, '_> {
    fn collect(&mut self, steps: &[Step], here: &'v Value) -> Result<(), PathFault> {
        self.budget.spend()?;
        let Some((step, rest)) = steps.split_first() else {
            if self.results.len() >= RESULTS_MAX {
                return Err(PathFault::nothing(format!("the path finds more than {RESULTS_MAX} values")));
            }
            self.results.push(here);
            return Ok(());
        };
        match (step, here) {
            (Step::Names(names), Value::Object(fields)) => {
                for value in names.iter().filter_map(|name| fields.get(name)) {
                    self.collect(rest, value)?;
                }
            }
            (Step::Indexes(indexes), Value::Array(items)) => {
                for value in indexes.iter().filter_map(|index| item(items, *index)) {
                    self.collect(rest, value)?;
                }
            }
            (Step::Slice { from, to, by }, Value::Array(items)) => {
                let (from, to) = (bound(*from, items.len(), 0), bound(*to, items.len(), items.len()));
                let by = usize::try_from(*by).unwrap_or(usize::MAX);
                for value in items.get(from..to.max(from)).unwrap_or_default().iter().step_by(by.max(1)) {
                    self.collect(rest, value)?;
                }
            }
            (Step::Wildcard, Value::Array(_) | Value::Object(_)) => {
                for value in inside(here) {
                    self.collect(rest, value)?;
                }
            }
            (Step::Filter(filter), Value::Array(items)) => {
                for value in items {
                    if self.passes(filter, value)? {
                        self.collect(rest, value)?;
                    }
                }
            }
            (Step::Filter(filter), Value::Object(_)) if self.passes(filter, here)? => self.collect(rest, here)?,
            (Step::Descend, _) => self.descend(rest, here)?,
            _ => {}
        }
        Ok(())
    }

    fn passes(&self, filter: &Filter, item: &Value) -> Result<bool, PathFault> {
        let holds = filter.holds(item, self.root, self.budget);
        // A search within the filter may have been cut short: then its answer is not known.
        self.budget.spend().map(|()| holds)
    }

    fn descend(&mut self, rest: &[Step], here: &'v Value) -> Result<(), PathFault> {
        self.collect(rest, here)?;
        for value in inside(here) {
            self.descend(rest, value)?;
        }
        Ok(())
    }
}

fn inside(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Array(items) => Box::new(items.iter()),
        Value::Object(fields) => Box::new(fields.values()),
        _ => Box::new(std::iter::empty()),
    }
}

/// The item at an index that counts from the end when negative.
fn item(items: &[Value], index: i64) -> Option<&Value> {
    let position = match usize::try_from(index) {
        Ok(position) => position,
        Err(_) => items.len().checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?,
    };
    items.get(position)
}

fn bound(given: Option<i64>, length: usize, otherwise: usize) -> usize {
    match given {
        None => otherwise,
        Some(index) => match usize::try_from(index) {
            Ok(position) => position.min(length),
            Err(_) => length.saturating_sub(usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX)),
        },
    }
}

/// The path as messages write it: `$['a'][0]`.
fn written(steps: &[Step]) -> String {
    steps.iter().fold("$".to_owned(), |mut text, step| {
        match step {
            Step::Names(names) => text.push_str(&format!("['{}']", names.join("','"))),
            Step::Indexes(indexes) => {
                let indexes: Vec<String> = indexes.iter().map(i64::to_string).collect();
                text.push_str(&format!("[{}]", indexes.join(",")));
            }
            Step::Slice { .. } | Step::Wildcard | Step::Filter(_) | Step::Descend => text.push_str("[*]"),
        }
        text
    })
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
