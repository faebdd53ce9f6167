//! What is wrong with a definition.

use serde::Serialize;

/// The kind of a finding, as the service's `ValidateStateMachineDefinition` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// The text is no JSON.
    InvalidJsonDescription,
    /// A field is missing, unknown, of a wrong type or value.
    SchemaValidationFailed,
    /// A `Next`, `Default` or `StartAt` leads nowhere, or nothing leads to a state.
    MissingTransitionTarget,
}

impl Code {
    /// As it is written in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidJsonDescription => "INVALID_JSON_DESCRIPTION",
            Self::SchemaValidationFailed => "SCHEMA_VALIDATION_FAILED",
            Self::MissingTransitionTarget => "MISSING_TRANSITION_TARGET",
        }
    }
}

/// One thing that is wrong, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The place in the definition, for example `/States/Order/Next`; `/` is the whole; empty when the text is none.
    pub path: String,
    /// The line in the text, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The kind.
    pub code: Code,
    /// What is wrong, in the service's words where they are known.
    pub message: String,
    /// What to do about it; empty when the message says it.
    pub hint: String,
}

/// The message of `InvalidDefinition`, with which `CreateStateMachine` refuses a definition with these findings.
pub fn refusal(findings: &[Finding]) -> String {
    let all: Vec<String> = findings
        .iter()
        .map(|finding| match finding.code {
            _ if finding.path.is_empty() => format!("{}: {}", finding.code.name(), finding.message),
            _ => format!("{}: {} at {}", finding.code.name(), finding.message, finding.path),
        })
        .collect();
    format!("Invalid State Machine Definition: '{}'", all.join(", "))
}
