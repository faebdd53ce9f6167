//! Errors: a number of five digits, a sentence, and where to read more.

use serde_json::json;

use crate::answer::{Answer, Refusal};

pub(crate) fn refuse(refusal: &Refusal) -> Answer {
    let code = refusal.code.parse::<u32>().unwrap_or(20_001);
    let more = format!("https://www.twilio.com/docs/errors/{code}");
    let body = json!({"code": code, "message": refusal.message(), "more_info": more, "status": refusal.status});
    Answer::json(refusal.status, &body)
}

/// The number and the words that go with a status or with a number.
pub(crate) fn usual(status: u16, code: Option<&str>, to: &str) -> (String, String) {
    let code = code.unwrap_or(match status {
        401 => "20003",
        403 => "20403",
        404 => "20404",
        429 => "20429",
        503 => "20503",
        500.. => "20500",
        _ => "21211",
    });
    let says = match code {
        "20003" => "Authenticate".to_owned(),
        "20429" => "Too Many Requests".to_owned(),
        "20500" => "An internal server error has occurred".to_owned(),
        "20503" => "Service is unavailable".to_owned(),
        "21211" => format!("Invalid 'To' Phone Number: {to}"),
        "21408" => {
            format!("Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {to}")
        }
        "21610" => "Attempt to send to unsubscribed recipient".to_owned(),
        "21611" => "This 'From' number has exceeded the maximum number of queued messages".to_owned(),
        "21614" => format!("'To' number is not a valid mobile number: {to}"),
        "30001" => "Queue overflow".to_owned(),
        _ => "The request was refused.".to_owned(),
    };
    (code.to_owned(), says)
}
