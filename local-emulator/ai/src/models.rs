//! The models that `/models` lists. Any other name is answered as well.

/// Models of OpenAI's list, and of Azure's and of compatible providers'.
pub const OPENAI_MODELS: &[&str] = &[
    "gpt-6-astra",
    "gpt-6.1-sol",
    "gpt-6.1-terra",
    "gpt-6-luna",
    "gpt-4.1",
    "gpt-4o",
    "gpt-4o-mini",
    "text-embedding-3-small",
    "text-embedding-3-large",
];

/// Models of Anthropic's list, newest first as there.
pub const ANTHROPIC_MODELS: &[&str] =
    &["claude-fable-5-1", "claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-haiku-4-5"];

/// Models whose name begins so do not exist: 404.
pub(crate) const MISSING: &str = "no-such";
