//! JSONPath payload templates: keys that end with `.$` hold a path, a variable, a context path or an intrinsic function.
//!
//! Such a value is a *source*: `$...` reads the scope's input, `$$...` the context object, `$name...` a variable, and
//! `States....(...)` calls an intrinsic function.

use crate::intrinsics::Call;
use crate::kept::Kept;
use crate::path::{Path, PathFault};
use crate::scope::{Failure, NESTING_MAX, Scope, nests_too_deep};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::rc::Rc;

thread_local! {
    static SOURCES: RefCell<Kept<Source>> = RefCell::new(Kept::new());
    static CALLS: RefCell<Kept<Call>> = RefCell::new(Kept::new());
}

/// A source that is kept once it has been read.
fn source(text: &str) -> Result<Rc<Source>, PathFault> {
    SOURCES.with_borrow_mut(|kept| kept.get(text, Source::parse))
}

/// The ending of a key whose value is evaluated.
const EVALUATED: &str = ".$";

/// Where a path begins.
#[derive(Debug, Clone, PartialEq)]
enum Root {
    Input,
    Context,
    Variable(String),
}

/// A path together with the value that it begins at.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Source {
    text: String,
    root: Root,
    path: Path,
}

impl Source {
    /// Reads `$...`, `$$...` or `$name...`.
    pub(crate) fn parse(text: &str) -> Result<Self, PathFault> {
        let after = text.strip_prefix('$').ok_or_else(|| PathFault::syntax(0, "a path begins with $"))?;
        let (root, rest, skipped) = if let Some(rest) = after.strip_prefix('$') {
            (Root::Context, rest, 1)
        } else {
            let ends = after.find(['.', '[']).unwrap_or(after.len());
            let (name, rest) = after.split_at(ends);
            if name.is_empty() {
                (Root::Input, rest, 0)
            } else if is_variable(name) {
                (Root::Variable(name.to_owned()), rest, name.chars().count())
            } else {
                return Err(PathFault::syntax(1, format!("'{name}' is no name of a variable")));
            }
        };
        let path = Path::parse(&format!("${rest}"))
            .map_err(|fault| PathFault { at: fault.at.map(|at| at + skipped), ..fault })?;
        Ok(Self { text: text.to_owned(), root, path })
    }

    /// The text that was read.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The value that the path begins at; none when there is no such variable.
    fn start<'s>(&self, scope: &Scope<'s>) -> Option<&'s Value> {
        match &self.root {
            Root::Input => Some(scope.input),
            Root::Context => Some(scope.context),
            Root::Variable(name) => scope.variables.get(name),
        }
    }

    /// What the path points at.
    pub(crate) fn find(&self, scope: &Scope<'_>) -> Result<Value, PathFault> {
        match (&self.root, self.start(scope)) {
            (_, Some(start)) => self.path.find(start),
            (Root::Variable(name), None) => Err(PathFault::nothing(format!("The variable ${name} is not defined"))),
            _ => Err(PathFault::nothing("The path begins nowhere")),
        }
    }

    /// The value in which a cause says that nothing was found, as JSON.
    pub(crate) fn searched(&self, scope: &Scope<'_>) -> String {
        self.start(scope).map_or_else(|| "{}".to_owned(), Value::to_string)
    }
}

/// Whether a name may be a variable's: a letter or `_`, then letters, digits and `_`; at most 80 characters.
pub fn is_variable(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_')
        && name.chars().count() <= 80
}

/// Fills a payload template (`Parameters`, `ResultSelector`, `ItemSelector`, `Assign`, `BatchInput`). Keys that end
/// with `.$` lose the ending and have their value evaluated, at any depth; everything else stays as written.
pub fn fill(template: &Value, scope: &Scope<'_>) -> Result<Value, Failure> {
    let filled = fill_at(template, scope, 0)?;
    if nests_too_deep(&filled) { Err(too_deep()) } else { Ok(filled) }
}

fn too_deep() -> Failure {
    Failure::runtime(format!("The value nests more than {NESTING_MAX} deep"))
}

fn fill_at(template: &Value, scope: &Scope<'_>, depth: usize) -> Result<Value, Failure> {
    if depth > NESTING_MAX {
        return Err(too_deep());
    }
    match template {
        Value::Object(fields) => {
            let mut filled = Map::with_capacity(fields.len());
            for (key, value) in fields {
                match (key.strip_suffix(EVALUATED), value) {
                    (Some(name), Value::String(source)) => {
                        filled.insert(name.to_owned(), evaluate(source, key, scope)?);
                    }
                    (Some(_), _) => {
                        return Err(Failure::runtime(format!("The value for the field '{key}' must be a STRING")));
                    }
                    (None, value) => {
                        filled.insert(key.clone(), fill_at(value, scope, depth + 1)?);
                    }
                }
            }
            Ok(Value::Object(filled))
        }
        Value::Array(items) => items.iter().map(|item| fill_at(item, scope, depth + 1)).collect(),
        constant => Ok(constant.clone()),
    }
}

/// Reads a `...Path` field that must find something: `InputPath`, `OutputPath`, `ItemsPath`, `SecondsPath`,
/// `MaxConcurrencyPath` and their like. The cause reads "Invalid path '...' : ...".
pub fn read(path: &str, scope: &Scope<'_>) -> Result<Value, Failure> {
    source(path)
        .and_then(|source| source.find(scope))
        .map_err(|fault| Failure::runtime(format!("Invalid path '{path}' : {}", fault.message)))
}

/// Evaluates what a `.$` key, `ErrorPath` or `CausePath` may hold: a path, `$$` path, variable or intrinsic function.
/// `field` is named in the cause: "The JSONPath '...' specified for the field '...' could not be found in the input".
pub fn evaluate(expression: &str, field: &str, scope: &Scope<'_>) -> Result<Value, Failure> {
    if !expression.starts_with('$') {
        return CALLS
            .with_borrow_mut(|kept| kept.get(expression, Call::parse))
            .map_err(|_| {
                Failure::runtime(format!(
                    "The value for the field '{field}' must be a valid JSONPath or a valid intrinsic function call"
                ))
            })?
            .answer(scope);
    }
    let source = source(expression)
        .map_err(|fault| Failure::runtime(format!("Invalid path '{expression}' : {}", fault.message)))?;
    source.find(scope).map_err(|_| {
        Failure::runtime(format!(
            "The JSONPath '{expression}' specified for the field '{field}' could not be found in the input '{}'",
            source.searched(scope)
        ))
    })
}

/// Checks at creation what a `.$` key may hold.
pub fn check(expression: &str) -> Result<(), PathFault> {
    if expression.starts_with('$') { check_path(expression) } else { Call::parse(expression).map(|_| ()) }
}

/// Checks at creation what a `...Path` field may hold: a path, a `$$` path or a variable, but no function.
pub fn check_path(text: &str) -> Result<(), PathFault> {
    Source::parse(text).map(|_| ())
}

/// The variables that an expression of a `.$` key or a `...Path` field refers to, in order, with repetitions.
pub fn variables(expression: &str) -> Vec<String> {
    let name = |source: &Source| match &source.root {
        Root::Variable(name) => Some(name.clone()),
        _ => None,
    };
    if expression.starts_with('$') {
        return Source::parse(expression).ok().and_then(|source| name(&source)).into_iter().collect();
    }
    Call::parse(expression).map(|call| call.sources().into_iter().filter_map(name).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::testing::Fixture;
    use serde_json::json;

    #[test]
    fn keys_with_the_ending_are_evaluated_and_the_rest_is_constant() {
        let fixture = Fixture::new(json!({"a": [1, 2], "b": {"c": "x"}}))
            .context(json!({"Execution": {"Name": "run"}}))
            .variable("v", json!({"w": 5}));
        let template = json!({
            "whole.$": "$", "part.$": "$.b.c", "name.$": "$$.Execution.Name", "var.$": "$v.w",
            "call.$": "States.ArrayLength($.a)", "constant": "$.b.c", "list": ["$v", {"in.$": "$.a[1]"}, 7]
        });
        let filled = fill(&template, &fixture.scope()).unwrap();
        assert_eq!(
            filled,
            json!({
                "whole": {"a": [1, 2], "b": {"c": "x"}}, "part": "x", "name": "run", "var": 5,
                "call": 2, "constant": "$.b.c", "list": ["$v", {"in": 2}, 7]
            })
        );
    }

    #[test]
    fn what_is_not_found_is_said_as_the_service_says_it() {
        let fixture = Fixture::new(json!({"a": 1})).context(json!({"b": 2}));
        let scope = fixture.scope();
        let cause = |template: Value| fill(&template, &scope).unwrap_err().cause;
        assert_eq!(
            cause(json!({"deep": {"v.$": "$.x"}})),
            "The JSONPath '$.x' specified for the field 'v.$' could not be found in the input '{\"a\":1}'"
        );
        assert_eq!(
            cause(json!({"v.$": "$$.x"})),
            "The JSONPath '$$.x' specified for the field 'v.$' could not be found in the input '{\"b\":2}'"
        );
        let failure = read("$.no.such", &scope).unwrap_err();
        assert_eq!(failure.error, "States.Runtime");
        assert_eq!(failure.cause, "Invalid path '$.no.such' : Missing property in path $['no']");
        assert!(fill(&json!({"v.$": 5}), &scope).is_err());
        assert!(fill(&json!({"v.$": "$nosuch"}), &scope).is_err());
    }

    #[test]
    fn expressions_are_checked_at_creation() {
        for good in ["$", "$$", "$.a", "$v", "$v.a[0]", "$$.Map.Item.Value", "States.UUID()", "$[0]"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["", "a", "$1", "$v-w", "$.a.", "States.Nosuch()", "States.UUID", "States.StringToJson('a\\\"b')"] {
            assert!(check(bad).is_err(), "{bad}");
        }
        assert_eq!(check_path("$v.a b").unwrap_err().at, Some(4));
        assert!(check_path("States.UUID()").is_err());
        assert_eq!(variables("States.MathAdd(States.MathAdd($y, $.x), $z.a)"), ["y", "z"]);
        assert_eq!(variables("$v[0]"), ["v"]);
    }
}
