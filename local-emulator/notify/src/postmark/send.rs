//! One mail, or up to 500.

use serde_json::{Value, json};

use super::error::{error, inactive, refusal};
use crate::answer::{Answer, Asked, Judged, Refusal};
use crate::app::{App, iso};
use crate::mail;
use crate::record::{Draft, Kind, Sent};

/// Mails of a batch.
const BATCH_MAX: usize = 500;

/// Recipients in each of To, Cc and Bcc.
const RECIPIENTS_MAX: usize = 50;

/// Characters of a subject, of a tag.
const SUBJECT_CHARS_MAX: usize = 2_000;
const TAG_CHARS_MAX: usize = 1_000;

/// Members of the metadata, and characters of a member's name and value.
const METADATA_MAX: usize = 10;
const METADATA_CHARS_MAX: (usize, usize) = (20, 80);

/// The streams that a server has.
const STREAMS: &[&str] = &["outbound", "broadcast"];

pub(crate) fn judge(app: &App, asked: &Asked) -> Judged {
    let mut draft = Draft::new(Kind::Mail);
    draft.raw = asked.body.clone();
    if let Err(refusal) = authorise(app, asked) {
        return Judged::one(draft, Some(refusal));
    }
    if asked.method != hyper::Method::POST {
        return Judged::Answer(Answer::empty(405));
    }
    if !asked.is_json() {
        let says = "Request does not contain a valid 'Content-Type' header.";
        return Judged::one(draft, Some(Refusal::new(415, "415", says)));
    }
    let Ok(body) = serde_json::from_slice::<Value>(&asked.body) else {
        return Judged::one(draft, Some(refusal(402, "Received invalid JSON input.")));
    };
    if asked.uri.path() == "/email" {
        return Judged::Messages { messages: vec![message(app, &asked.body, body)], batch: false };
    }
    let list = match body {
        Value::Array(list) if list.len() <= BATCH_MAX => list,
        Value::Array(_) => {
            let says = format!("You can't send more than {BATCH_MAX} messages in a single batch.");
            return Judged::Answer(Answer::json(422, &error(&refusal(410, says))));
        }
        _ => return Judged::one(draft, Some(refusal(403, "Incompatible JSON: expected a list of messages."))),
    };
    let messages = list.into_iter().map(|body| message(app, body.to_string().as_bytes(), body)).collect();
    Judged::Messages { messages, batch: true }
}

fn authorise(app: &App, asked: &Asked) -> Result<(), Refusal> {
    let says = match asked.header("x-postmark-server-token") {
        Some(token) if token == app.accounts.read().postmark_token => return Ok(()),
        Some(_) => {
            "The Server Token you provided in the X-Postmark-Server-Token request header was invalid. Please verify that you \
             are using a valid token."
        }
        None => {
            "No Account or Server API tokens were supplied in the HTTP headers. Please add a header for either \
             X-Postmark-Server-Token or X-Postmark-Account-Token."
        }
    };
    Err(Refusal::new(401, "10", says))
}

fn message(app: &App, raw: &[u8], body: Value) -> (Draft, Option<Refusal>) {
    let mut draft = Draft::new(Kind::Mail);
    draft.raw = raw.to_vec().into();
    let refusal = fill(app, &mut draft, &body).err();
    draft.body = Some(body);
    (draft, refusal)
}

fn fill(app: &App, draft: &mut Draft, body: &Value) -> Result<(), Refusal> {
    let bad = |says: String| refusal(300, says);
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    draft.from =
        mail::address(text("From")).ok_or_else(|| bad(format!("Invalid 'From' address: '{}'.", text("From"))))?;
    for name in ["To", "Cc", "Bcc"] {
        let list = text(name).split(',').map(str::trim).filter(|part| !part.is_empty());
        let before = draft.to.len();
        for to in list {
            draft.to.push(mail::address(to).ok_or_else(|| bad(format!("Invalid '{name}' address: '{to}'.")))?);
        }
        if draft.to.len() - before > RECIPIENTS_MAX {
            return Err(bad(format!("Error parsing '{name}': Maximum of {RECIPIENTS_MAX} recipients allowed.")));
        }
    }
    if draft.to.is_empty() {
        return Err(bad("Zero recipients specified".to_owned()));
    }
    let subject = text("Subject");
    if subject.chars().count() > SUBJECT_CHARS_MAX || subject.contains(['\r', '\n']) {
        return Err(bad(format!("Invalid 'Subject': at most {SUBJECT_CHARS_MAX} characters on one line.")));
    }
    draft.subject = subject.to_owned();
    draft.text = text("TextBody").to_owned();
    draft.html = text("HtmlBody").to_owned();
    if draft.text.is_empty() && draft.html.is_empty() {
        return Err(bad("Provide either email TextBody or HtmlBody or both.".to_owned()));
    }
    if text("Tag").chars().count() > TAG_CHARS_MAX {
        return Err(bad("Invalid 'Tag': at most 1000 characters.".to_owned()));
    }
    let stream = body["MessageStream"].as_str().unwrap_or("outbound");
    if !STREAMS.contains(&stream) {
        return Err(refusal(1235, format!("The stream provided: '{stream}' does not exist on this server.")));
    }
    for header in body["Headers"].as_array().into_iter().flatten() {
        match (header["Name"].as_str(), header["Value"].as_str()) {
            (Some(name), Some(value)) if !name.is_empty() && !value.contains(['\r', '\n']) => {
                draft.headers.push((name.to_owned(), value.to_owned()));
            }
            _ => return Err(bad("Headers have a 'Name' and a 'Value' on one line.".to_owned())),
        }
    }
    for attachment in body["Attachments"].as_array().into_iter().flatten() {
        draft.attachments.push(attachment["Name"].as_str().unwrap_or("unnamed").to_owned());
    }
    metadata(draft, &body["Metadata"])?;
    let bad_addresses: Vec<&str> = draft.to.iter().map(String::as_str).filter(|to| app.is_inactive(to)).collect();
    if !bad_addresses.is_empty() {
        return Err(refusal(406, inactive(&bad_addresses.join(", "))));
    }
    Ok(())
}

fn metadata(draft: &mut Draft, metadata: &Value) -> Result<(), Refusal> {
    let members = metadata.as_object().map_or(0, serde_json::Map::len);
    if members > METADATA_MAX {
        return Err(refusal(300, format!("Metadata has at most {METADATA_MAX} fields.")));
    }
    let (name_max, value_max) = METADATA_CHARS_MAX;
    for (name, value) in metadata.as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if name.chars().count() > name_max || value.chars().count() > value_max {
            let says = format!(
                "Metadata field '{name}': names have at most {name_max} characters, values at most {value_max}."
            );
            return Err(refusal(300, says));
        }
        draft.tags.insert(name.clone(), value);
    }
    Ok(())
}

/// What is answered to a message that was taken, alone or in a batch's answer.
pub(crate) fn result(sent: &Sent) -> Value {
    json!({"To": sent.to.join(","), "SubmittedAt": iso(sent.at), "MessageID": sent.id, "ErrorCode": 0, "Message": "OK"})
}
