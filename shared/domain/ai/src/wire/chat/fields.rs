//! Reading a caller's JSON so that whatever is wrong is named by its place. Used by the Responses form too.

use octavo_domain_kernel::FieldFault;
use serde_json::{Map, Number, Value};
use std::fmt;

/// So many faults of one request are told; a caller with more of them has seen enough.
const FAULTS_MAX: usize = 20;

/// A place in the body. Lives on the stack and becomes text only where something is wrong.
#[derive(Debug, Clone, Copy)]
pub(in crate::wire) struct At<'a> {
    parent: Option<&'a At<'a>>,
    step: Step<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Body,
    Name(&'a str),
    Index(usize),
}

impl<'a> At<'a> {
    /// The body itself.
    pub(in crate::wire) const BODY: At<'static> = At { parent: None, step: Step::Body };

    /// The member `name` of what is here.
    pub(in crate::wire) fn name(&'a self, name: &'a str) -> At<'a> {
        At { parent: Some(self), step: Step::Name(name) }
    }

    /// The item `index` of the list that is here.
    pub(in crate::wire) fn index(&'a self, index: usize) -> At<'a> {
        At { parent: Some(self), step: Step::Index(index) }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let below_a_member = match self.parent {
            Some(parent) => {
                parent.fmt(f)?;
                !matches!(parent.step, Step::Body)
            }
            None => false,
        };
        match self.step {
            Step::Body => Ok(()),
            Step::Name(name) if below_a_member => write!(f, ".{name}"),
            Step::Name(name) => f.write_str(name),
            Step::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// What is wrong with a request.
#[derive(Debug, Default)]
pub(in crate::wire) struct Faults(Vec<FieldFault>);

impl Faults {
    /// What is at `at` is wrong as `message` says.
    pub(in crate::wire) fn add(&mut self, at: &At<'_>, message: impl Into<String>) {
        if self.0.len() < FAULTS_MAX {
            self.0.push(FieldFault::new(at.to_string(), message));
        }
    }

    /// `value`, if nothing was wrong.
    pub(in crate::wire) fn into_result<T>(self, value: T) -> Result<T, Vec<FieldFault>> {
        if self.0.is_empty() { Ok(value) } else { Err(self.0) }
    }
}

/// An object of the body and where it is. A member that is `null` counts as one that is not there, as OpenAI has it.
#[derive(Debug, Clone, Copy)]
pub(in crate::wire) struct Fields<'v, 'p> {
    map: &'v Map<String, Value>,
    /// Where it is.
    pub(in crate::wire) at: &'p At<'p>,
}

impl<'v, 'p> Fields<'v, 'p> {
    /// The object `map` at `at`.
    pub(in crate::wire) fn new(map: &'v Map<String, Value>, at: &'p At<'p>) -> Self {
        Self { map, at }
    }

    /// The value at `at` as an object; what else it is, is wrong.
    pub(in crate::wire) fn of(value: &'v Value, at: &'p At<'p>, faults: &mut Faults) -> Option<Self> {
        let map = value.as_object();
        if map.is_none() {
            faults.add(at, "expected an object");
        }
        map.map(|map| Self { map, at })
    }

    /// What is wrong with the member `name`.
    pub(in crate::wire) fn fault(&self, name: &str, message: impl Into<String>, faults: &mut Faults) {
        faults.add(&self.at.name(name), message);
    }

    /// The member, whatever it is.
    pub(in crate::wire) fn get(&self, name: &str) -> Option<&'v Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    fn read<T>(
        &self,
        name: &str,
        faults: &mut Faults,
        expected: &str,
        as_type: impl FnOnce(&'v Value) -> Option<T>,
    ) -> Option<T> {
        let read = as_type(self.get(name)?);
        if read.is_none() {
            self.fault(name, expected, faults);
        }
        read
    }

    /// A text.
    pub(in crate::wire) fn text(&self, name: &str, faults: &mut Faults) -> Option<&'v str> {
        self.read(name, faults, "expected a string", Value::as_str)
    }

    /// A text that must be there; empty where it is not, which is then named as wrong.
    pub(in crate::wire) fn required_text(&self, name: &str, faults: &mut Faults) -> &'v str {
        if self.get(name).is_none() {
            self.fault(name, "required: a string", faults);
        }
        self.text(name, faults).unwrap_or_default()
    }

    /// True or false.
    pub(in crate::wire) fn flag(&self, name: &str, faults: &mut Faults) -> Option<bool> {
        self.read(name, faults, "expected true or false", Value::as_bool)
    }

    /// A whole number of at least `least`.
    pub(in crate::wire) fn count(&self, name: &str, least: u64, faults: &mut Faults) -> Option<u64> {
        let expected = |value: &Value| value.as_u64().filter(|count| *count >= least);
        let read = expected(self.get(name)?);
        if read.is_none() {
            self.fault(name, format!("expected a whole number of at least {least}"), faults);
        }
        read
    }

    /// A whole number.
    pub(in crate::wire) fn integer(&self, name: &str, faults: &mut Faults) -> Option<i64> {
        self.read(name, faults, "expected a whole number", Value::as_i64)
    }

    /// A number from `low` to `high`.
    pub(in crate::wire) fn number(&self, name: &str, low: f64, high: f64, faults: &mut Faults) -> Option<f64> {
        let number = self.get(name)?.as_number().and_then(Number::as_f64);
        let read = number.filter(|number| (low..=high).contains(number));
        if read.is_none() {
            self.fault(name, format!("expected a number from {low} to {high}"), faults);
        }
        read
    }

    /// A list.
    pub(in crate::wire) fn list(&self, name: &str, faults: &mut Faults) -> Option<&'v [Value]> {
        self.read(name, faults, "expected a list", Value::as_array).map(Vec::as_slice)
    }

    /// An object.
    pub(in crate::wire) fn object(&self, name: &str, faults: &mut Faults) -> Option<&'v Map<String, Value>> {
        self.read(name, faults, "expected an object", Value::as_object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_place_reads_as_a_path() {
        let messages = At::BODY.name("messages");
        let second = messages.index(2);
        let content = second.name("content");
        assert_eq!(content.index(0).name("image_url").name("url").to_string(), "messages[2].content[0].image_url.url");
        assert_eq!(At::BODY.to_string(), "");
    }

    #[test]
    fn faults_are_named_and_limited() {
        let body = json!({"a": 1, "b": null, "n": 3.5});
        let mut faults = Faults::default();
        let fields = Fields::new(body.as_object().unwrap(), &At::BODY);
        assert_eq!(fields.text("a", &mut faults), None);
        assert_eq!(fields.text("b", &mut faults), None);
        assert_eq!(fields.number("n", 0.0, 2.0, &mut faults), None);
        let told = faults.into_result(()).unwrap_err();
        assert_eq!(
            told,
            [FieldFault::new("a", "expected a string"), FieldFault::new("n", "expected a number from 0 to 2")]
        );

        let mut many = Faults::default();
        (0..1_000).for_each(|index| many.add(&At::BODY.index(index), "wrong"));
        assert_eq!(many.into_result(()).unwrap_err().len(), FAULTS_MAX);
    }
}
