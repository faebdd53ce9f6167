//! An answer and a chunk of one as providers send them, read once and without a tree of values. Lenient, because
//! providers that call themselves compatible differ: `null` for absent, lists of parts for a text.

use super::usage::{Count, WireUsage};
use crate::Finish;
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// A text, borrowed where it has no escapes; none where something else stands there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Said<'a>(Option<Cow<'a, str>>);

impl<'a> Said<'a> {
    /// None where it is absent or empty.
    pub(super) fn as_str(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }

    /// The same, owned.
    pub(super) fn into_text(self) -> Option<String> {
        self.0.filter(|text| !text.is_empty()).map(Cow::into_owned)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Said<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SaidVisitor)
    }
}

struct SaidVisitor;

impl<'de> Visitor<'de> for SaidVisitor {
    type Value = Said<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Said<'de>, E> {
        Ok(Said(Some(Cow::Borrowed(text))))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Said<'de>, E> {
        Ok(Said(Some(Cow::Owned(text.to_owned()))))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Said<'de>, E> {
        Ok(Said(Some(Cow::Owned(text))))
    }

    fn visit_unit<E: Error>(self) -> Result<Said<'de>, E> {
        Ok(Said(None))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Said<'de>, E> {
        Ok(Said(None))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Said<'de>, E> {
        Ok(Said(None))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Said<'de>, E> {
        Ok(Said(None))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Said<'de>, E> {
        Ok(Said(None))
    }

    /// A list of parts: their texts, one after the other.
    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Said<'de>, A::Error> {
        let mut text = None::<String>;
        while let Some(part) = parts.next_element::<Said<'de>>()? {
            if let Some(more) = part.as_str() {
                text.get_or_insert_default().push_str(more);
            }
        }
        Ok(Said(text.map(Cow::Owned)))
    }

    /// One part: its `text`.
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Said<'de>, A::Error> {
        let mut text = Said(None);
        while let Some(name) = members.next_key::<Said<'de>>()? {
            if name.as_str() == Some("text") {
                text = members.next_value()?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(text)
    }
}

/// A whole answer, or a chunk.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Body<'a> {
    #[serde(borrow)]
    pub(super) id: Said<'a>,
    #[serde(borrow)]
    pub(super) object: Said<'a>,
    #[serde(borrow)]
    pub(super) model: Said<'a>,
    pub(super) created: Count,
    #[serde(borrow)]
    pub(super) choices: Option<Vec<Choice<'a>>>,
    pub(super) usage: Option<WireUsage>,
    pub(super) error: Option<IgnoredAny>,
}

impl Body<'_> {
    /// Whether it tells of a failure. vLLM has no `error` member but an `object` of that name.
    pub(super) fn is_failure(&self) -> bool {
        self.error.is_some() || self.object.as_str() == Some("error")
    }

    /// Seconds since 1970; 0 where not said.
    pub(super) fn created(&self) -> i64 {
        self.created.0.and_then(|seconds| i64::try_from(seconds).ok()).unwrap_or_default()
    }
}

/// One of the answers.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Choice<'a> {
    pub(super) index: Count,
    /// Of a whole answer.
    #[serde(borrow)]
    pub(super) message: Option<Turn<'a>>,
    /// Of a chunk. Azure's filter chunks have none.
    #[serde(borrow)]
    pub(super) delta: Option<Turn<'a>>,
    #[serde(borrow)]
    pub(super) finish_reason: Said<'a>,
}

/// What is said, or more of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Turn<'a> {
    #[serde(borrow)]
    pub(super) content: Said<'a>,
    #[serde(borrow)]
    pub(super) refusal: Said<'a>,
    #[serde(borrow)]
    reasoning_content: Said<'a>,
    #[serde(borrow)]
    reasoning: Said<'a>,
    #[serde(borrow)]
    pub(super) tool_calls: Option<Vec<Call<'a>>>,
    #[serde(borrow)]
    pub(super) function_call: Option<Function<'a>>,
}

impl<'a> Turn<'a> {
    /// What is thought. Some providers send the same under both names.
    pub(super) fn take_reasoning(&mut self) -> Option<String> {
        let first = std::mem::take(&mut self.reasoning_content).into_text();
        first.or_else(|| std::mem::take(&mut self.reasoning).into_text())
    }

    /// The calls; a call in the form of 2023 is like one without an index and an id.
    pub(super) fn take_calls(&mut self) -> impl Iterator<Item = Call<'a>> + use<'a> {
        let old = self.function_call.take().map(|function| Call { function: Some(function), ..Call::default() });
        self.tool_calls.take().into_iter().flatten().chain(old)
    }
}

/// A call, or more of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Call<'a> {
    pub(super) index: Count,
    #[serde(borrow)]
    pub(super) id: Said<'a>,
    #[serde(borrow)]
    pub(super) function: Option<Function<'a>>,
}

/// What is called.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Function<'a> {
    #[serde(borrow)]
    pub(super) name: Said<'a>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
}

impl Function<'_> {
    /// JSON text. Some providers send the object itself.
    pub(super) fn arguments(&self) -> Option<String> {
        let raw = self.arguments?.get();
        if raw.starts_with('"') { serde_json::from_str(raw).ok() } else { Some(raw.to_owned()) }
    }
}

/// Why an answer ended, in our terms. With a call in it, `stop` means that the call is wanted: OpenAI says so where the
/// caller named the function.
pub(super) fn finish(reason: &str, has_calls: bool, has_refusal: bool) -> Finish {
    match reason {
        "length" | "max_tokens" | "model_length" => Finish::Length,
        "content_filter" => Finish::ContentFilter,
        "tool_calls" | "function_call" => Finish::ToolCalls,
        _ if has_calls => Finish::ToolCalls,
        _ if has_refusal => Finish::Refusal,
        _ => Finish::Stop,
    }
}
