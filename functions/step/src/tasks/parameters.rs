//! A task's parameters, read with errors that name the member.

use super::error::Failed;
use serde_json::{Map, Value};

/// An object of parameters and where it is.
#[derive(Clone, Copy)]
pub(super) struct Parameters<'a> {
    path: &'a str,
    members: Option<&'a Map<String, Value>>,
}

impl<'a> Parameters<'a> {
    /// All of a task's.
    pub(super) fn of(value: &'a Value) -> Result<Self, Failed> {
        let members = value.as_object().ok_or_else(|| Failed::parameter("Parameters", "expected an object"))?;
        Ok(Self { path: "", members: Some(members) })
    }

    /// A member that is an object; one that is missing has no members.
    pub(super) fn object(&self, path: &'a str) -> Result<Self, Failed> {
        match self.value(last(path)) {
            None => Ok(Self { path, members: None }),
            Some(Value::Object(members)) => Ok(Self { path, members: Some(members) }),
            Some(_) => Err(Failed::parameter(path, "expected an object")),
        }
    }

    /// A member; null is as good as missing.
    pub(super) fn value(&self, name: &str) -> Option<&'a Value> {
        self.members?.get(name).filter(|value| !value.is_null())
    }

    /// A text that may be missing.
    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, Failed> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(name, "expected a string")),
        }
    }

    /// A text that is needed.
    pub(super) fn needed(&self, name: &str) -> Result<&'a str, Failed> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| self.wrong(name, "it is needed"))
    }

    /// All members.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.members.into_iter().flatten()
    }

    pub(super) fn wrong(&self, name: &str, problem: &str) -> Failed {
        match self.path {
            "" => Failed::parameter(name, problem),
            path => Failed::parameter(&format!("{path}.{name}"), problem),
        }
    }
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_wrong_is_named_with_its_path() {
        let value = json!({"a": {"b": 1, "c": "x", "d": null}, "e": 1});
        let all = Parameters::of(&value).unwrap();
        let a = all.object("a").unwrap();
        assert_eq!((a.needed("c"), a.text("d"), a.text("x")), (Ok("x"), Ok(None), Ok(None)));
        let cause = |failed: Failed| failed.cause;
        assert_eq!(cause(a.text("b").unwrap_err()), "The parameter a.b cannot be used: expected a string.");
        assert_eq!(cause(a.needed("d").unwrap_err()), "The parameter a.d cannot be used: it is needed.");
        assert!(all.object("e").is_err() && all.object("none").unwrap().needed("c").is_err());
        assert!(Parameters::of(&json!([])).is_err());
    }
}
