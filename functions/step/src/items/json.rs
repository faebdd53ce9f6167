//! JSON and lines of JSON.

use super::budget::Budget;
use super::read::Unread;
use octavo_domain_workflow::scope::nests_too_deep;
use serde_json::Value;

/// A list, or a list at a place (RFC 6901) within.
pub(super) fn whole(bytes: &[u8], pointer: &str, budget: &mut Budget) -> Result<(), Unread> {
    let mut value: Value = serde_json::from_slice(bytes)
        .map_err(|error| Unread::because(format!("the file cannot be read as JSON: {error}")))?;
    let found = value.pointer_mut(pointer).map(Value::take);
    let found = found.ok_or_else(|| Unread::because(format!("the file has nothing at '{pointer}'")))?;
    let Value::Array(items) = found else {
        let place = if pointer.is_empty() { "as a whole".to_owned() } else { format!("at '{pointer}'") };
        return Err(Unread::because(format!("the file has no list {place}")));
    };
    for item in items {
        if budget.is_full() {
            break;
        }
        push(item, budget)?;
    }
    Ok(())
}

/// A value a line; empty lines count for nothing.
pub(super) fn lines(bytes: &[u8], budget: &mut Budget) -> Result<(), Unread> {
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        if budget.is_full() {
            break;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let item = serde_json::from_slice(line)
            .map_err(|error| Unread::because(format!("line {number} of the file is no JSON: {error}")))?;
        push(item, budget)?;
    }
    Ok(())
}

fn push(item: Value, budget: &mut Budget) -> Result<(), Unread> {
    if nests_too_deep(&item) {
        return Err(Unread::because("an item nests too deep".to_owned()));
    }
    budget.push(item)
}
