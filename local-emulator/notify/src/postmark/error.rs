//! Errors: a number of Postmark's and a sentence. Most come with status 422.

use serde_json::{Value, json};

use crate::answer::Refusal;

/// A refusal of one number, with the status that goes with most.
pub(super) fn refusal(code: u16, message: impl Into<String>) -> Refusal {
    Refusal::new(422, code.to_string(), message)
}

/// As it stands in an answer, alone or in a batch's.
pub(crate) fn error(refusal: &Refusal) -> Value {
    json!({"ErrorCode": refusal.code.parse::<u32>().unwrap_or(300), "Message": refusal.message()})
}

/// The number and the words that go with a status or with a number.
pub(crate) fn usual(status: u16, code: Option<&str>, to: &str) -> (String, String) {
    let code = code.unwrap_or(match status {
        401 => "10",
        429 => "429",
        500 => "500",
        501.. => "100",
        _ => "300",
    });
    let says = match code {
        "10" => "The Server Token you provided in the X-Postmark-Server-Token request header was invalid. Please verify that \
                 you are using a valid token."
            .to_owned(),
        "100" => "Postmark is undergoing maintenance at the moment. Please try again later.".to_owned(),
        "405" => "Not allowed to send: You've exhausted your credits.".to_owned(),
        "406" => inactive(to),
        "412" => "While your account is pending approval, all recipient addresses must share the same domain as the 'From' \
                  address."
            .to_owned(),
        "429" => "Rate limit exceeded. Please try again later.".to_owned(),
        "500" => "An internal error occurred.".to_owned(),
        _ => "Invalid email request.".to_owned(),
    };
    (code.to_owned(), says)
}

pub(super) fn inactive(to: &str) -> String {
    format!(
        "You tried to send to recipient(s) that have been marked as inactive. Found inactive addresses: {to}. Inactive \
         recipients are ones that have generated a hard bounce, a spam complaint, or a manual suppression."
    )
}
