//! Errors: JSON with a message, the error's name in a header (AWS's REST-JSON protocol).

use serde_json::json;

use crate::answer::{Answer, Refusal};
use crate::app::App;

pub(super) const BAD_REQUEST: &str = "BadRequestException";

pub(crate) fn refuse(app: &App, number: u64, refusal: &Refusal) -> Answer {
    Answer::json(refusal.status, &json!({"message": refusal.message()}))
        .with("x-amzn-errortype", refusal.code.clone())
        .with("x-amzn-requestid", app.uuid(number, 9))
}

/// The name and the words that go with a status or with a name.
pub(crate) fn usual(status: u16, code: Option<&str>) -> (String, String) {
    let code = code.unwrap_or(match status {
        403 => "AccessDeniedException",
        404 => "NotFoundException",
        429 => "TooManyRequestsException",
        500.. => "InternalFailure",
        _ => "MessageRejected",
    });
    let says = match code {
        "TooManyRequestsException" => "Maximum sending rate exceeded.",
        "AccountSuspendedException" => "The account is suspended.",
        "SendingPausedException" => "Sending is paused for the account.",
        "LimitExceededException" => "Daily sending quota exceeded.",
        "MailFromDomainNotVerifiedException" => "The MAIL FROM domain is not verified.",
        "AccessDeniedException" => "The caller is not authorized to perform ses:SendEmail.",
        "InternalFailure" => "The request processing has failed because of an unknown error, exception or failure.",
        "MessageRejected" => {
            "Email address is not verified. The following identities failed the check in region EU-WEST-1."
        }
        _ => "The request was refused.",
    };
    (code.to_owned(), says.to_owned())
}
