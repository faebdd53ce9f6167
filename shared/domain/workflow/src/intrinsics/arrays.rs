//! Functions on arrays.

use super::numbers::{equal, whole};
use serde_json::{Value, json};

/// The longest array that a range makes, as the service has it.
const RANGE_ITEMS_MAX: usize = 1_000;

fn items(value: &Value) -> Result<&Vec<Value>, String> {
    value.as_array().ok_or_else(|| "The first argument must be an array".to_owned())
}

pub(super) fn contains(array: &Value, wanted: &Value) -> Result<Value, String> {
    Ok(json!(items(array)?.iter().any(|item| equal(item, wanted))))
}

pub(super) fn length(array: &Value) -> Result<Value, String> {
    Ok(json!(items(array)?.len()))
}

pub(super) fn item(array: &Value, index: &Value) -> Result<Value, String> {
    let items = items(array)?;
    let index = whole(index)?;
    usize::try_from(index)
        .ok()
        .and_then(|position| items.get(position).cloned())
        .ok_or_else(|| format!("The index {index} is outside of the array, which has {} items", items.len()))
}

pub(super) fn unique(array: &Value) -> Result<Value, String> {
    let mut kept: Vec<&Value> = Vec::new();
    // The texts sort the many into few to compare; numbers may be written in two ways, so they are compared.
    let mut seen = std::collections::HashSet::new();
    for item in items(array)? {
        let fresh = match item.as_f64() {
            Some(number) => seen.insert(if number == 0.0 { "0".to_owned() } else { number.to_string() }),
            None => seen.insert(item.to_string()),
        };
        if fresh {
            kept.push(item);
        }
    }
    Ok(kept.into_iter().cloned().collect())
}

/// Cuts an array into arrays of at most `size` items.
pub(crate) fn partition(array: &Value, size: &Value) -> Result<Value, String> {
    let items = items(array)?;
    let size = usize::try_from(whole(size)?).ok().filter(|size| *size > 0);
    let size = size.ok_or_else(|| "The size of a part must be a positive integer".to_owned())?;
    Ok(items.chunks(size).map(|part| Value::Array(part.to_vec())).collect())
}

/// The numbers from the first to the last one, both included, by steps.
pub(crate) fn range(first: &Value, last: &Value, step: &Value) -> Result<Value, String> {
    let (first, last, step) = (whole(first)?, whole(last)?, whole(step)?);
    if step == 0 {
        return Err("The step of a range must not be 0".to_owned());
    }
    let mut numbers = Vec::new();
    let mut next = Some(first);
    while let Some(number) = next.filter(|number| if step > 0 { *number <= last } else { *number >= last }) {
        if numbers.len() == RANGE_ITEMS_MAX {
            return Err(format!("A range has at most {RANGE_ITEMS_MAX} items"));
        }
        numbers.push(json!(number));
        next = number.checked_add(step);
    }
    Ok(Value::Array(numbers))
}
