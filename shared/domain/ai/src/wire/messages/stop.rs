//! Why an answer ended: `stop_reason`.

use crate::Finish;

/// Anthropic's word into ours. A word that is not known is taken for a pause: such an answer is not kept for others.
pub(super) fn finish_of(stop_reason: &str) -> Finish {
    match stop_reason {
        "end_turn" => Finish::Stop,
        "stop_sequence" => Finish::StopSequence,
        "max_tokens" => Finish::Length,
        "tool_use" => Finish::ToolCalls,
        "refusal" => Finish::Refusal,
        "model_context_window_exceeded" => Finish::ContextExceeded,
        _ => Finish::Pause,
    }
}

/// What the answer held, as far as it says why it ended.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Held {
    pub(super) calls: bool,
    pub(super) refusal: bool,
}

/// Our word into Anthropic's. OpenAI says `stop` where a function that had to be called was, and where the model
/// declined; callers of this form go by `tool_use` and `refusal`.
pub(super) fn stop_reason(finish: Finish, held: Held) -> &'static str {
    match finish {
        Finish::Stop if held.calls => "tool_use",
        Finish::Stop if held.refusal => "refusal",
        Finish::Stop => "end_turn",
        Finish::StopSequence => "stop_sequence",
        Finish::Length => "max_tokens",
        Finish::ToolCalls => "tool_use",
        Finish::ContentFilter | Finish::Refusal => "refusal",
        Finish::Pause => "pause_turn",
        Finish::ContextExceeded => "model_context_window_exceeded",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_survives_but_the_filter_which_is_a_refusal() {
        use Finish::{ContextExceeded, Length, Pause, Refusal, Stop, StopSequence, ToolCalls};
        for finish in [Stop, StopSequence, Length, ToolCalls, Refusal, Pause, ContextExceeded] {
            assert_eq!(finish_of(stop_reason(finish, Held::default())), finish);
        }
        assert_eq!(finish_of(stop_reason(Finish::ContentFilter, Held::default())), Refusal);
        assert!(!finish_of("something_new").is_whole());
    }

    #[test]
    fn a_stop_with_calls_is_a_call() {
        assert_eq!(stop_reason(Finish::Stop, Held { calls: true, refusal: false }), "tool_use");
        assert_eq!(stop_reason(Finish::Stop, Held { calls: false, refusal: true }), "refusal");
        assert_eq!(stop_reason(Finish::Length, Held { calls: true, refusal: false }), "max_tokens");
    }
}
