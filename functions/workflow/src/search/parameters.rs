//! What executions are searched by, from a URL's query.

use super::filter::Filter;
use chrono::{DateTime, Utc};
use octavo_wiring_edge::{EdgeFault, Query};
use serde_json::{Map, Value};

/// What the names of search attributes begin with.
const ATTRIBUTE: &str = "attribute.";
/// The other parameters.
const KNOWN: [&str; 12] = [
    "machine",
    "map_run",
    "status",
    "name",
    "from",
    "to",
    "started_by",
    "redriven",
    "counts",
    "limit",
    "cursor",
    "attribute.NAME",
];

/// Reads a filter.
pub(super) fn filter(query: &Query) -> Result<Filter, EdgeFault> {
    let mut attributes = Map::new();
    for (name, value) in query.iter() {
        if let Some(attribute) = name.strip_prefix(ATTRIBUTE).filter(|attribute| !attribute.is_empty()) {
            if attributes.insert(attribute.to_owned(), value_of(value)).is_some() {
                return Err(EdgeFault::malformed(format!("query:{name}"), "expected it once"));
            }
        } else if !KNOWN.contains(&name) {
            return Err(EdgeFault::malformed(format!("query:{name}"), format!("expected one of {}", KNOWN.join(", "))));
        }
    }
    let text = |name: &str| query.one(name).map(|text| text.filter(|text| !text.is_empty()).map(str::to_owned));
    Ok(Filter {
        machine: text("machine")?,
        map_run: text("map_run")?,
        status: query.all("status").map(str::to_owned).collect(),
        name: text("name")?,
        from: query.parsed::<DateTime<Utc>>("from")?,
        to: query.parsed::<DateTime<Utc>>("to")?,
        attributes,
        started_by: text("started_by")?,
        redriven: flag(query, "redriven")?,
    })
}

/// A parameter that is `true` or `false`.
pub(super) fn flag(query: &Query, name: &str) -> Result<Option<bool>, EdgeFault> {
    match query.one(name)? {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(_) => Err(EdgeFault::malformed(format!("query:{name}"), "expected true or false")),
    }
}

/// A number or a truth value where it reads as one, or a text; in quotation marks it is a text in any case.
fn value_of(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(value @ (Value::Number(_) | Value::Bool(_) | Value::String(_))) => value,
        _ => Value::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn attributes_are_texts_unless_they_read_as_numbers() {
        let query =
            "attribute.customer=c-17&attribute.amount=12.5&attribute.paid=true&attribute.code=%2212%22&status=FAILED";
        let filter = filter(&Query::parse(query).unwrap()).unwrap();
        let expected = json!({"customer": "c-17", "amount": 12.5, "paid": true, "code": "12"});
        assert_eq!(Value::Object(filter.attributes), expected);
        assert_eq!(filter.status, ["FAILED"]);
    }

    #[test]
    fn what_would_filter_nothing_is_refused() {
        for query in ["stauts=FAILED", "attribute.=x", "attribute.a=1&attribute.a=2", "redriven=yes", "from=today"] {
            assert!(filter(&Query::parse(query).unwrap()).is_err(), "{query}");
        }
    }
}
