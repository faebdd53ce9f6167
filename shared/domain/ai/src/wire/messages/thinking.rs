//! How much to think, for a provider.
//!
//! Models up to Claude 4.6 (those that take sampling) think within a budget of tokens; later ones refuse a budget, decide
//! for themselves and take an effort.

use super::decode_options::THINKING_TOKENS_MIN;
use crate::{Effort, Part, Prompt, Reasoning, Role, ToolChoice};
use serde_json::{Map, Value, json};

/// Budgets in tokens, from little to much, with the effort that each stands for.
const BUDGETS: [(Effort, u64); 5] = [
    (Effort::Minimal, THINKING_TOKENS_MIN),
    (Effort::Low, 4_096),
    (Effort::Medium, 8_192),
    (Effort::High, 16_384),
    (Effort::Maximal, 32_768),
];

/// What is said about thinking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Thinking {
    /// Nothing.
    Unsaid,
    /// Think within so many tokens. Excludes sampling and forced functions.
    Budget(u64),
    /// Think as it needs, this hard.
    Adaptive { effort: Option<&'static str>, visible: bool },
    /// Answer with this effort; whether it thinks is the model's matter.
    Effort(&'static str),
}

impl Thinking {
    /// The members that say it.
    pub(super) fn say(self, body: &mut Map<String, Value>, config: &mut Map<String, Value>) {
        match self {
            Self::Unsaid => {}
            Self::Budget(tokens) => {
                body.insert("thinking".to_owned(), json!({"type": "enabled", "budget_tokens": tokens}));
            }
            Self::Adaptive { effort, visible } => {
                let display = if visible { "summarized" } else { "omitted" };
                body.insert("thinking".to_owned(), json!({"type": "adaptive", "display": display}));
                if let Some(effort) = effort {
                    config.insert("effort".to_owned(), json!(effort));
                }
            }
            Self::Effort(effort) => {
                config.insert("effort".to_owned(), json!(effort));
            }
        }
    }
}

/// What is said about thinking to a model that does (`budgeted`) or does not take a budget.
///
/// No budget is given where Anthropic would refuse the whole request with one: where a function is forced (that counts
/// more than thinking), where `max_tokens` leaves no room for 1,024 of thought and some answer, and amid calls of
/// functions whose thought the caller could not keep (OpenAI's forms have no place for it).
pub(super) fn thinking(prompt: &Prompt, max_tokens: u64, budgeted: bool) -> Thinking {
    let Some(asked) = prompt.reasoning else { return Thinking::Unsaid };
    if !budgeted {
        // The newest models cannot be kept from thinking: the least that all of them take.
        return match asked.effort {
            Some(Effort::None) => Thinking::Effort("low"),
            _ => Thinking::Adaptive { effort: effort_name(asked), visible: asked.visible },
        };
    }
    let forced = matches!(prompt.tool_choice, Some(ToolChoice::Required | ToolChoice::Named(_)));
    if forced || asked.effort == Some(Effort::None) || continues_unthought(prompt) {
        return Thinking::Unsaid;
    }
    let tokens = match asked.budget_tokens {
        Some(tokens) => tokens.max(THINKING_TOKENS_MIN).min(max_tokens.saturating_sub(1)),
        None => budget_of(asked.effort.unwrap_or(Effort::Medium)).min(max_tokens / 4 * 3),
    };
    if tokens < THINKING_TOKENS_MIN { Thinking::Unsaid } else { Thinking::Budget(tokens) }
}

fn budget_of(effort: Effort) -> u64 {
    BUDGETS.iter().find(|(known, _)| *known == effort).map_or(0, |(_, tokens)| *tokens)
}

fn effort_name(asked: Reasoning) -> Option<&'static str> {
    let by_budget = |tokens| BUDGETS.iter().rev().find(|(_, least)| *least <= tokens).map(|(effort, _)| *effort);
    let effort = asked.effort.or_else(|| asked.budget_tokens.and_then(by_budget))?;
    Some(match effort {
        Effort::None | Effort::Minimal | Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
        Effort::Maximal => "max",
    })
}

/// Whether the model is to go on after a function's result, and the turn that called it does not begin with a thought.
fn continues_unthought(prompt: &Prompt) -> bool {
    let result = |part: &Part| matches!(part, Part::ToolResult { .. });
    let mut turns =
        prompt.messages.iter().rev().skip_while(|turn| turn.role == Role::User && turn.content.iter().any(result));
    let ends_with_result = prompt.messages.last().is_some_and(|turn| turn.content.iter().any(result));
    ends_with_result
        && turns.next().is_some_and(|turn| {
            let first = turn.content.first();
            !matches!(first, Some(Part::Reasoning { signature: Some(_), .. } | Part::RedactedReasoning { .. }))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;

    fn asked(effort: Option<Effort>, budget_tokens: Option<u64>) -> Prompt {
        Prompt { reasoning: Some(Reasoning { effort, budget_tokens, visible: true }), ..Prompt::default() }
    }

    #[test]
    fn a_budget_is_at_least_1024_and_below_max_tokens() {
        let high = asked(Some(Effort::High), None);
        assert_eq!(thinking(&high, 64_000, true), Thinking::Budget(16_384));
        assert_eq!(thinking(&high, 4_000, true), Thinking::Budget(3_000));
        assert_eq!(thinking(&high, 1_300, true), Thinking::Unsaid);
        assert_eq!(thinking(&asked(None, Some(50_000)), 8_000, true), Thinking::Budget(7_999));
        assert_eq!(thinking(&asked(None, Some(2_000)), 1_000, true), Thinking::Unsaid);
        assert_eq!(thinking(&asked(Some(Effort::None), None), 64_000, true), Thinking::Unsaid);
        assert_eq!(thinking(&Prompt::default(), 64_000, true), Thinking::Unsaid);
    }

    #[test]
    fn a_model_that_decides_itself_is_told_an_effort() {
        let said = |effort, budget| thinking(&asked(effort, budget), 500, false);
        let adaptive = |effort| Thinking::Adaptive { effort, visible: true };
        assert_eq!(said(None, None), adaptive(None));
        assert_eq!(said(Some(Effort::Maximal), None), adaptive(Some("max")));
        assert_eq!(said(None, Some(10_000)), adaptive(Some("medium")));
        assert_eq!(said(None, Some(100_000)), adaptive(Some("max")));
        assert_eq!(said(Some(Effort::None), None), Thinking::Effort("low"));
    }

    #[test]
    fn a_forced_function_counts_more_than_a_budget() {
        let mut prompt = asked(Some(Effort::High), None);
        prompt.tool_choice = Some(ToolChoice::Required);
        assert_eq!(thinking(&prompt, 64_000, true), Thinking::Unsaid);
        prompt.tool_choice = Some(ToolChoice::Auto);
        assert_ne!(thinking(&prompt, 64_000, true), Thinking::Unsaid);
    }

    #[test]
    fn no_budget_amid_calls_whose_thought_is_gone() {
        let mut prompt = asked(Some(Effort::High), None);
        let call = Part::ToolCall { id: "a".into(), name: "f".into(), arguments: "{}".into() };
        let result = Part::ToolResult { call_id: "a".into(), content: vec![], is_error: false };
        prompt.messages = vec![
            Message { role: Role::User, content: vec![Part::text("Hi")] },
            Message { role: Role::Assistant, content: vec![call] },
            Message { role: Role::User, content: vec![result] },
        ];
        assert_eq!(thinking(&prompt, 64_000, true), Thinking::Unsaid);
        let thought = Part::Reasoning { text: "Hm".into(), signature: Some("sig".into()) };
        prompt.messages[1].content.insert(0, thought);
        assert_eq!(thinking(&prompt, 64_000, true), Thinking::Budget(16_384));
    }
}
