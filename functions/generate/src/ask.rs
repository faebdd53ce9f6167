//! One conversation with a model, in the name of whoever asked for the document.

use crate::Deps;
use crate::fault::{away, declined, unusable};
use octavo_domain_ai::ports::{CompletionError, CompletionRequest};
use octavo_domain_ai::{Feature, Finish, Part, Prompt};
use octavo_domain_generate::{Generation, Outcome, Paid, Trouble};
use octavo_domain_kernel::trace;
use std::time::Duration;

/// What these calls are in the ledger, in budgets and in the cache.
const FEATURE: &str = "generate";
/// How long a call may take: less than the function itself has, so that there is time to store what came.
const WITHIN: Duration = Duration::from_secs(240);
/// A budget that is used up ends the generation: its next period may be a month away, longer than a message waits.
const BUDGET_EXHAUSTED: &str = "AI_0010";

/// What a model said.
pub(crate) struct Said {
    pub(crate) text: String,
    /// Whether it was cut off by a limit of tokens.
    pub(crate) cut: bool,
    pub(crate) paid: Paid,
}

/// Asks; or what becomes of the step where there is no answer.
pub(crate) async fn ask(deps: &Deps, generation: &Generation, prompt: Prompt) -> Result<Said, Outcome> {
    let request = CompletionRequest {
        principal: generation.requester.principal(&generation.tenant),
        feature: Feature::try_from(FEATURE.to_owned()).expect("the constant is a feature's name"),
        model: generation.order.model.clone(),
        prompt,
        within: WITHIN,
        request_id: format!("{}-{}", generation.id, generation.step),
        traceparent: trace::current().map(|context| context.to_string()).or_else(|| generation.traceparent.clone()),
    };
    let completion = deps.completions.complete(request).await.map_err(|error| refused(&error))?;
    let answer = completion.answer;
    let cut = match answer.finish {
        Some(Finish::Stop | Finish::StopSequence) => false,
        Some(Finish::Length | Finish::ContextExceeded | Finish::Pause) => true,
        Some(Finish::ContentFilter | Finish::Refusal) => return Err(Outcome::Failed(declined())),
        Some(Finish::ToolCalls) | None => {
            return Err(Outcome::Failed(unusable("the model's answer ended before it was whole")));
        }
    };
    if answer.content.iter().any(|part| matches!(part, Part::Refusal { .. })) {
        return Err(Outcome::Failed(declined()));
    }
    let texts = answer.content.iter().filter_map(|part| match part {
        Part::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    let text = texts.collect::<Vec<_>>().concat();
    let usage = answer.usage.unwrap_or_default();
    let paid = Paid {
        call: completion.call,
        provider: completion.provider,
        model: completion.model,
        input_tokens: usage.input,
        output_tokens: usage.output,
    };
    Ok(Said { text, cut, paid })
}

fn refused(error: &CompletionError) -> Outcome {
    let trouble = |code: &str, message: &str| Trouble { code: code.to_owned(), message: message.to_owned() };
    match error {
        CompletionError::Refused { code, message, fields } => {
            let wrong = fields.iter().map(|field| format!("; {}: {}", field.field, field.message));
            Outcome::Failed(trouble(code, &format!("{message}{}", wrong.collect::<String>())))
        }
        CompletionError::Later { code, message, .. } if *code == BUDGET_EXHAUSTED => {
            let message = format!("{message}; once there is room in it, the generation can be retried");
            Outcome::Failed(trouble(code, &message))
        }
        CompletionError::Later { code, message, .. } => Outcome::Postponed(trouble(code, message)),
        CompletionError::Away(error) => Outcome::Postponed(away(error)),
    }
}
