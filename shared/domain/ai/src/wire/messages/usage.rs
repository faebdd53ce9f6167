//! Tokens. Anthropic reports what was read from its cache and what was put into it beside `input_tokens`, not within:
//! the opposite of OpenAI's convention, which is ours ([`Usage`]).

use crate::Usage;
use serde::{Deserialize, Serialize};

/// `usage` as Anthropic says it. In `message_delta` all but the output may be absent: what was said before stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WireUsage {
    pub(super) input_tokens: Option<u64>,
    pub(super) cache_creation_input_tokens: Option<u64>,
    pub(super) cache_read_input_tokens: Option<u64>,
    pub(super) output_tokens: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) output_tokens_details: Option<OutputDetails>,
}

/// What the output is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OutputDetails {
    pub(super) thinking_tokens: Option<u64>,
}

impl WireUsage {
    /// What is known of it, over what was known before. Counts are totals so far, never to be added up.
    pub(super) fn over(self, before: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.or(before.input_tokens),
            cache_creation_input_tokens: self.cache_creation_input_tokens.or(before.cache_creation_input_tokens),
            cache_read_input_tokens: self.cache_read_input_tokens.or(before.cache_read_input_tokens),
            output_tokens: self.output_tokens.or(before.output_tokens),
            output_tokens_details: self.output_tokens_details.or(before.output_tokens_details),
        }
    }
}

impl From<WireUsage> for Usage {
    fn from(wire: WireUsage) -> Self {
        let cached = wire.cache_read_input_tokens.unwrap_or_default();
        let cache_write = wire.cache_creation_input_tokens.unwrap_or_default();
        let fresh = wire.input_tokens.unwrap_or_default();
        Self {
            input: fresh.saturating_add(cached).saturating_add(cache_write),
            cached,
            cache_write,
            output: wire.output_tokens.unwrap_or_default(),
            reasoning: wire.output_tokens_details.and_then(|details| details.thinking_tokens).unwrap_or_default(),
        }
    }
}

impl From<Usage> for WireUsage {
    fn from(usage: Usage) -> Self {
        let details = OutputDetails { thinking_tokens: Some(usage.reasoning) };
        Self {
            input_tokens: Some(usage.input.saturating_sub(usage.cached).saturating_sub(usage.cache_write)),
            cache_creation_input_tokens: Some(usage.cache_write),
            cache_read_input_tokens: Some(usage.cached),
            output_tokens: Some(usage.output),
            output_tokens_details: (usage.reasoning > 0).then_some(details),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fault_09_cached_tokens_are_counted_once() {
        let wire: WireUsage = serde_json::from_str(
            r#"{"input_tokens":10,"cache_creation_input_tokens":200,"cache_read_input_tokens":3000,"output_tokens":7,
                "cache_creation":{"ephemeral_5m_input_tokens":200},"service_tier":"standard"}"#,
        )
        .unwrap();
        let usage = Usage::from(wire);
        assert_eq!(usage, Usage { input: 3_210, cached: 3_000, cache_write: 200, output: 7, reasoning: 0 });
        assert_eq!(usage.total(), 3_217);
        assert_eq!(WireUsage::from(usage), wire);
    }

    #[test]
    fn what_was_said_before_stands() {
        let start = WireUsage { input_tokens: Some(9), output_tokens: Some(1), ..WireUsage::default() };
        let delta = WireUsage { output_tokens: Some(40), ..WireUsage::default() };
        let usage = Usage::from(delta.over(start));
        assert_eq!((usage.input, usage.output), (9, 40));
    }
}
