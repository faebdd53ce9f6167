//! A request's members, read with the path of whatever is wrong. All faults are collected, so that a caller mends a
//! request in one go; paths become text only where there is a fault, so that a good request pays nothing for them.

use octavo_domain_kernel::FieldFault;
use serde_json::{Map, Value};
use std::fmt;

/// A request may be wrong in thousands of places; so many are told.
const FAULTS_MAX: usize = 32;

/// Where something stands in a request.
#[derive(Clone, Copy)]
pub(super) enum Path<'a> {
    Root,
    Member(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
}

impl<'a> Path<'a> {
    pub(super) fn member(&'a self, name: &'a str) -> Path<'a> {
        Path::Member(self, name)
    }

    pub(super) fn item(&'a self, index: usize) -> Path<'a> {
        Path::Item(self, index)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root => Ok(()),
            Path::Member(Path::Root, name) => f.write_str(name),
            Path::Member(parent, name) => write!(f, "{parent}.{name}"),
            Path::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// What was found while reading.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) faults: Vec<FieldFault>,
    pub(super) native_only: Vec<String>,
}

impl Findings {
    /// The request is wrong here.
    pub(super) fn fault(&mut self, at: &Path<'_>, message: impl Into<String>) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(FieldFault::new(at.to_string(), message));
        }
    }

    /// Only a provider of this form can honour what stands here.
    pub(super) fn native_only(&mut self, at: &Path<'_>) {
        self.native_only.push(at.to_string());
    }

    /// A member that may be absent or null; `read` says whether it is what it has to be.
    pub(super) fn optional<'v, T>(
        &mut self,
        map: &'v Map<String, Value>,
        at: &Path<'_>,
        name: &str,
        expected: &str,
        read: impl FnOnce(&'v Value) -> Option<T>,
    ) -> Option<T> {
        let value = present(map, name)?;
        let found = read(value);
        if found.is_none() {
            self.fault(&at.member(name), format!("expected {expected}"));
        }
        found
    }

    /// A member that must be there.
    pub(super) fn required<'v, T>(
        &mut self,
        map: &'v Map<String, Value>,
        at: &Path<'_>,
        name: &str,
        expected: &str,
        read: impl FnOnce(&'v Value) -> Option<T>,
    ) -> Option<T> {
        if present(map, name).is_none() {
            self.fault(&at.member(name), format!("required: expected {expected}"));
            return None;
        }
        self.optional(map, at, name, expected, read)
    }

    /// A text that must be there.
    pub(super) fn text<'v>(&mut self, map: &'v Map<String, Value>, at: &Path<'_>, name: &str) -> Option<&'v str> {
        self.required(map, at, name, "a string", Value::as_str)
    }

    /// An object, whose place is `at`.
    pub(super) fn object<'v>(&mut self, value: &'v Value, at: &Path<'_>) -> Option<&'v Map<String, Value>> {
        let found = value.as_object();
        if found.is_none() {
            self.fault(at, "expected an object");
        }
        found
    }
}

/// A member that is there and not null.
pub(super) fn present<'v>(map: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    map.get(name).filter(|value| !value.is_null())
}

/// A text that is there; anything else is as if it were absent.
pub(super) fn text_of<'v>(map: &'v Map<String, Value>, name: &str) -> Option<&'v str> {
    map.get(name).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_reads_as_it_would_be_written_in_code() {
        let messages = Path::Root.member("messages");
        let message = messages.item(1);
        let content = message.member("content");
        let block = content.item(0);
        assert_eq!(block.member("source").to_string(), "messages[1].content[0].source");
    }

    #[test]
    fn null_is_absent_and_a_wrong_type_is_a_fault() {
        let map = json!({"a": null, "b": 5}).as_object().cloned().unwrap();
        let mut findings = Findings::default();
        assert_eq!(findings.optional(&map, &Path::Root, "a", "a string", Value::as_str), None);
        assert!(findings.faults.is_empty());
        assert_eq!(findings.text(&map, &Path::Root, "b"), None);
        assert_eq!(findings.text(&map, &Path::Root, "a"), None);
        let told: Vec<_> = findings.faults.iter().map(|fault| (fault.field.as_str(), fault.message.as_str())).collect();
        assert_eq!(told, [("b", "expected a string"), ("a", "required: expected a string")]);
    }

    #[test]
    fn no_more_faults_are_told_than_a_person_reads() {
        let mut findings = Findings::default();
        for index in 0..1_000 {
            findings.fault(&Path::Root.member("messages").item(index), "wrong");
        }
        assert_eq!(findings.faults.len(), FAULTS_MAX);
    }
}
