//! Errors: a list, each with the field that is wrong.

use serde_json::json;

use crate::answer::{Answer, Refusal};
use crate::app::App;

const HELP: &str = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html#message.";

/// Requests a second that its limit tells of.
const LIMIT: &str = "600";

const RATE_WINDOW_S: u64 = 60;

pub(crate) fn refuse(app: &App, refusal: &Refusal) -> Answer {
    let help = refusal.field.as_ref().map(|field| {
        let without_numbers: Vec<&str> = field.split('.').filter(|part| part.parse::<u32>().is_err()).collect();
        format!("{HELP}{}", without_numbers.join("."))
    });
    let error = json!({"message": refusal.message(), "field": refusal.field, "help": help});
    let answer = Answer::json(refusal.status, &json!({"errors": [error]}));
    if refusal.status != 429 {
        return answer;
    }
    let reset = app.now() / 1_000 + refusal.retry_after_s.unwrap_or(RATE_WINDOW_S);
    answer
        .with("x-ratelimit-limit", LIMIT)
        .with("x-ratelimit-remaining", "0")
        .with("x-ratelimit-reset", reset.to_string())
}

/// SendGrid has no codes but the status.
pub(crate) fn usual(status: u16) -> (String, String) {
    let says = match status {
        401 => "The provided authorization grant is invalid, expired, or revoked",
        403 => {
            "The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved. \
                Visit https://sendgrid.com/docs/for-developers/sending-email/sender-identity/ to see the Sender Identity \
                requirements"
        }
        413 => "The request payload is too large.",
        429 => "too many requests",
        500.. => "An internal server error occurred.",
        _ => "Bad Request",
    };
    (status.to_string(), says.to_owned())
}
