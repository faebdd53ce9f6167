//! Tokens as this form reports them: `prompt_tokens` includes what came from the cache.

use crate::Usage;
use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A number that a provider may leave out, or send as `null` or `12.0`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count(pub(super) Option<u64>);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl Visitor<'_> for Visit {
            type Value = Count;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Count, E> {
                Ok(Count(Some(number)))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Count, E> {
                Ok(Count(u64::try_from(number).ok()))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Count, E> {
                // The cast saturates, and no count is near its ends.
                Ok(Count((number >= 0.0).then_some(number as u64)))
            }
            fn visit_str<E: Error>(self, number: &str) -> Result<Count, E> {
                Ok(Count(number.parse().ok()))
            }
            fn visit_unit<E: Error>(self) -> Result<Count, E> {
                Ok(Count(None))
            }
        }
        deserializer.deserialize_any(Visit)
    }
}

/// `usage` as it is received.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireUsage {
    prompt_tokens: Count,
    completion_tokens: Count,
    prompt_tokens_details: Option<PromptDetails>,
    completion_tokens_details: Option<CompletionDetails>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PromptDetails {
    cached_tokens: Count,
    cache_write_tokens: Count,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CompletionDetails {
    reasoning_tokens: Count,
}

impl WireUsage {
    /// None where it says nothing.
    pub(super) fn read(&self) -> Option<Usage> {
        if self.prompt_tokens.0.is_none() && self.completion_tokens.0.is_none() {
            return None;
        }
        let count = |count: Option<Count>| count.and_then(|count| count.0).unwrap_or_default();
        let prompt = self.prompt_tokens_details.as_ref();
        let completion = self.completion_tokens_details.as_ref();
        Some(Usage {
            input: count(Some(self.prompt_tokens)),
            cached: count(prompt.map(|details| details.cached_tokens)),
            cache_write: count(prompt.map(|details| details.cache_write_tokens)),
            output: count(Some(self.completion_tokens)),
            reasoning: count(completion.map(|details| details.reasoning_tokens)),
        })
    }
}

/// `usage` as it is sent.
#[derive(Debug, Serialize)]
pub(super) struct SentUsage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    prompt_tokens_details: SentPromptDetails,
    completion_tokens_details: SentCompletionDetails,
}

#[derive(Debug, Serialize)]
struct SentPromptDetails {
    cached_tokens: u64,
    cache_write_tokens: u64,
}

#[derive(Debug, Serialize)]
struct SentCompletionDetails {
    reasoning_tokens: u64,
}

impl From<&Usage> for SentUsage {
    fn from(usage: &Usage) -> Self {
        Self {
            prompt_tokens: usage.input,
            completion_tokens: usage.output,
            total_tokens: usage.total(),
            prompt_tokens_details: SentPromptDetails {
                cached_tokens: usage.cached,
                cache_write_tokens: usage.cache_write,
            },
            completion_tokens_details: SentCompletionDetails { reasoning_tokens: usage.reasoning },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(usage: serde_json::Value) -> Option<Usage> {
        serde_json::from_value::<WireUsage>(usage).unwrap().read()
    }

    /// Fault 9 of the research page: what came from the cache is a part of the prompt and is not counted again.
    #[test]
    fn fault_09_cached_tokens_are_a_part_of_the_input() {
        let usage = read(json!({
            "prompt_tokens": 1_000, "completion_tokens": 50, "total_tokens": 1_050,
            "prompt_tokens_details": {"cached_tokens": 600, "cache_write_tokens": 100, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 20}
        }))
        .unwrap();
        assert_eq!(usage, Usage { input: 1_000, cached: 600, cache_write: 100, output: 50, reasoning: 20 });
        assert_eq!(usage.total(), 1_050);
        let again = read(serde_json::to_value(SentUsage::from(&usage)).unwrap());
        assert_eq!(again, Some(usage));
    }

    #[test]
    fn what_is_not_said_is_nothing_and_odd_numbers_are_read() {
        assert_eq!(read(json!({})), None);
        assert_eq!(read(json!({"prompt_tokens": null, "completion_tokens": null})), None);
        let odd = read(json!({"prompt_tokens": 7.0, "completion_tokens": -1, "prompt_tokens_details": null})).unwrap();
        assert_eq!(odd, Usage { input: 7, ..Usage::default() });
    }
}
