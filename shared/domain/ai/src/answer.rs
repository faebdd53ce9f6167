//! What a model answered, whatever wire form it came in.

use crate::Part;

/// A whole answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// The provider's id of it.
    pub id: String,
    /// The model that answered, as its provider calls it.
    pub model: String,
    /// Seconds since 1970, where the form says it (OpenAI); 0 where not.
    pub created: i64,
    /// Text, thoughts, calls, in order.
    pub content: Vec<Part>,
    /// Why it ended; none where the form did not say (then it is not whole).
    pub finish: Option<Finish>,
    /// The text at which it ended, with [`Finish::StopSequence`].
    pub stop_sequence: Option<String>,
    /// What was used; none where the provider did not say.
    pub usage: Option<Usage>,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// The model was done.
    Stop,
    /// A text of `stop` came.
    StopSequence,
    /// `max_tokens` were used: the answer is cut off.
    Length,
    /// It wants functions called.
    ToolCalls,
    /// The provider's filter ended it.
    ContentFilter,
    /// The model declined.
    Refusal,
    /// A long turn is to be continued by sending it back (Anthropic's `pause_turn`).
    Pause,
    /// The context window was full: the answer is cut off.
    ContextExceeded,
}

impl Finish {
    /// Whether the answer is as long as the model wanted it: only such an answer may be kept for others.
    pub fn is_whole(self) -> bool {
        matches!(self, Self::Stop | Self::StopSequence | Self::ToolCalls)
    }
}

/// Tokens of one call. One convention for all providers: `input` includes `cached` and `cache_write` (OpenAI's
/// convention; Anthropic reports the three apart), `output` includes `reasoning`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Usage {
    /// All tokens of the prompt.
    pub input: u64,
    /// Those of them that the provider had in its cache.
    pub cached: u64,
    /// Those of them that it put into its cache, at a price of their own.
    pub cache_write: u64,
    /// All tokens of the answer.
    pub output: u64,
    /// Those of them that were thought and not said.
    pub reasoning: u64,
}

impl Usage {
    /// Input and output together.
    pub fn total(&self) -> u64 {
        self.input.saturating_add(self.output)
    }
}
