//! Values separated by a delimiter (RFC 4180, and what is found in the wild).

use super::budget::Budget;
use super::read::Unread;
use csv::{ReaderBuilder, StringRecord};
use serde_json::{Map, Value};

/// Columns at most.
const COLUMNS_MAX: usize = 10_000;

/// An object a row, all values texts. Recorded: a column that a row lacks is empty, one that has no name is left out, and
/// empty lines count for nothing.
pub(super) fn rows(
    bytes: &[u8],
    headers: Option<Vec<String>>,
    delimiter: u8,
    budget: &mut Budget,
) -> Result<(), Unread> {
    // Tables save a mark before the first name, which would become a part of it.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(bytes);
    let mut row = StringRecord::new();
    let unreadable = |error: csv::Error| Unread::because(format!("the file cannot be read as CSV: {error}"));
    let headers = match headers {
        Some(headers) => headers,
        None if reader.read_record(&mut row).map_err(unreadable)? => row.iter().map(str::to_owned).collect(),
        None => return Ok(()),
    };
    if headers.len() > COLUMNS_MAX {
        return Err(Unread::because(format!("the file has more than {COLUMNS_MAX} columns")));
    }
    while !budget.is_full() && reader.read_record(&mut row).map_err(unreadable)? {
        let value = |at: usize| Value::String(row.get(at).unwrap_or_default().to_owned());
        let item: Map<String, Value> = headers.iter().enumerate().map(|(at, name)| (name.clone(), value(at))).collect();
        budget.push(Value::Object(item))?;
    }
    Ok(())
}
