//! Most expressions name a value and compute nothing: they are answered without the engine, and without turning numbers
//! into doubles.

use crate::scope::Scope;
use serde_json::Value;

/// The value that `$name`, `$states.input`, `$states.result.a.b` and their like point at. None when the expression is
/// something else, points at nothing, or steps through an array: what that means is the engine's to say.
pub(super) fn value<'s>(expression: &str, scope: &Scope<'s>) -> Option<&'s Value> {
    let mut names = expression.strip_prefix('$')?.split('.');
    let first = names.next()?;
    let mut here = if first == "states" {
        match names.next()? {
            "input" => Some(scope.input),
            "context" => Some(scope.context),
            "result" => scope.result,
            "errorOutput" => scope.error,
            _ => None,
        }?
    } else {
        scope.variables.get(first).filter(|_| is_plain(first))?
    };
    for name in names {
        here = here.as_object()?.get(name).filter(|_| is_plain(name))?;
    }
    Some(here)
}

/// Whether a name is written without quotes and is no operator.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !matches!(name, "and" | "or" | "in" | "function" | "true" | "false" | "null")
}
