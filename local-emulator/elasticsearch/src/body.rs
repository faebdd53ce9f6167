//! Reading JSON objects strictly: each key that is read is noted, and [`Body::finish`] refuses the rest by name.

use serde_json::{Map, Value};

use crate::error::{Error, Result};

pub(crate) struct Body<'a> {
    context: String,
    object: &'a Map<String, Value>,
    seen: Vec<&'static str>,
}

fn shape(value: &Value) -> &'static str {
    match value {
        Value::Null => "VALUE_NULL",
        Value::Bool(_) => "VALUE_BOOLEAN",
        Value::Number(_) => "VALUE_NUMBER",
        Value::String(_) => "VALUE_STRING",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) => "START_OBJECT",
    }
}

impl<'a> Body<'a> {
    /// # Errors
    /// `parsing_exception` where `value` is not an object.
    pub(crate) fn new(value: &'a Value, context: impl Into<String>) -> Result<Self> {
        let context = context.into();
        match value {
            Value::Object(object) => Ok(Self { context, object, seen: Vec::new() }),
            other => Err(Error::parsing(format!(
                "[{context}] query malformed, no start_object after query name: found {}",
                shape(other)
            ))),
        }
    }

    fn bad(&self, key: &str, wanted: &str, value: &Value) -> Error {
        Error::x_content(format!(
            "[{}] {key} doesn't support values of type: {}, expected {wanted}",
            self.context,
            shape(value)
        ))
    }

    /// The value of a key; null counts as absent.
    pub(crate) fn get(&mut self, key: &'static str) -> Option<&'a Value> {
        self.seen.push(key);
        self.object.get(key).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&mut self, key: &'static str) -> Result<Option<&'a str>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.bad(key, "a string", other)),
        }
    }

    /// A scalar as text: a string, a number or a boolean.
    pub(crate) fn scalar(&mut self, key: &'static str) -> Result<Option<String>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(Some(value.to_string())),
            Some(other) => Err(self.bad(key, "a value", other)),
        }
    }

    pub(crate) fn integer(&mut self, key: &'static str) -> Result<Option<i64>> {
        match self.get(key) {
            None => Ok(None),
            Some(value) => value
                .as_i64()
                .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
                .map(Some)
                .ok_or_else(|| self.bad(key, "an integer", value)),
        }
    }

    /// A count: an integer of zero or more.
    pub(crate) fn count(&mut self, key: &'static str) -> Result<Option<usize>> {
        match self.integer(key)? {
            None => Ok(None),
            Some(number) => usize::try_from(number)
                .map(Some)
                .map_err(|_| Error::illegal(format!("[{key}] parameter cannot be negative, found [{number}]"))),
        }
    }

    pub(crate) fn float(&mut self, key: &'static str) -> Result<Option<f64>> {
        match self.get(key) {
            None => Ok(None),
            Some(value) => value
                .as_f64()
                .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
                .map(Some)
                .ok_or_else(|| self.bad(key, "a number", value)),
        }
    }

    pub(crate) fn flag(&mut self, key: &'static str) -> Result<Option<bool>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(Value::String(text)) if text == "true" => Ok(Some(true)),
            Some(Value::String(text)) if text == "false" => Ok(Some(false)),
            Some(other) => Err(self.bad(key, "a boolean", other)),
        }
    }

    /// A string, or an array of strings.
    pub(crate) fn texts(&mut self, key: &'static str) -> Result<Option<Vec<String>>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(vec![text.clone()])),
            Some(value @ Value::Array(values)) => values
                .iter()
                .map(|value| value.as_str().map(str::to_owned))
                .collect::<Option<_>>()
                .map(Some)
                .ok_or_else(|| self.bad(key, "an array of strings", value)),
            Some(other) => Err(self.bad(key, "an array of strings", other)),
        }
    }

    /// The boost of a query, 1 where there is none.
    #[expect(clippy::cast_possible_truncation, reason = "scores are single precision, as in Lucene")]
    pub(crate) fn boost(&mut self) -> Result<f32> {
        let boost = self.float("boost")?.unwrap_or(1.0);
        if boost < 0.0 {
            return Err(Error::illegal(format!(
                "negative [boost] are not allowed in [{}], use a value between 0 and 1 to deboost",
                self.context
            )));
        }
        Ok(boost as f32)
    }

    /// The key that is required but absent.
    pub(crate) fn missing(&self, key: &str) -> Error {
        Error::illegal(format!("[{}] requires [{key}] to be set", self.context))
    }

    /// # Errors
    /// `parsing_exception` naming a key that nobody read.
    pub(crate) fn finish(self) -> Result<()> {
        match self.object.keys().find(|key| !self.seen.contains(&key.as_str())) {
            Some(key) => Err(Error::parsing(format!("[{}] query does not support [{key}]", self.context))),
            None => Ok(()),
        }
    }

    /// As [`Body::finish`], in the words that the search body uses.
    pub(crate) fn finish_search(self) -> Result<()> {
        match self.object.iter().find(|(key, _)| !self.seen.contains(&key.as_str())) {
            Some((key, value)) => Err(Error::parsing(format!("Unknown key for a {} in [{key}].", shape(value)))),
            None => Ok(()),
        }
    }
}

/// The one key and value of an object such as `{"title": {...}}`.
pub(crate) fn single<'a>(value: &'a Value, context: &str) -> Result<(&'a str, &'a Value)> {
    let object = value
        .as_object()
        .ok_or_else(|| Error::parsing(format!("[{context}] query malformed, no start_object after query name")))?;
    let mut entries = object.iter();
    match (entries.next(), entries.next()) {
        (Some((key, value)), None) => Ok((key, value)),
        (None, _) => Err(Error::illegal(format!("query malformed, empty clause found in [{context}]"))),
        (Some((first, _)), Some((second, _))) => Err(Error::parsing(format!(
            "[{context}] query doesn't support multiple fields, found [{first}] and [{second}]"
        ))),
    }
}
