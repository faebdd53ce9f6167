//! SendEmail.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::error::BAD_REQUEST;
use super::signature;
use crate::answer::{Answer, Asked, Judged, Refusal};
use crate::app::App;
use crate::mail;
use crate::record::{Draft, Entry, Kind};

const PATH: &str = "/v2/email/outbound-emails";

/// Recipients of one message.
const RECIPIENTS_MAX: usize = 50;

/// Further headers of a simple message.
const HEADERS_MAX: usize = 15;

/// Characters of a further header's name, and of its value.
const HEADER_CHARS_MAX: (usize, usize) = (126, 870);

/// Tags of a message, and characters of a tag's name or value.
const TAGS_MAX: usize = 50;
const TAG_CHARS_MAX: usize = 256;

pub(crate) fn judge(app: &App, asked: &Asked) -> Judged {
    let mut draft = Draft::new(Kind::Mail);
    draft.raw = asked.body.clone();
    match signature::verify(app, asked) {
        Ok(key) => draft.user = Some(key),
        Err(refusal) => return Judged::one(draft, Some(refusal)),
    }
    if asked.uri.path() != PATH || asked.method != hyper::Method::POST {
        let code = "UnknownOperationException";
        return Judged::Answer(Answer::json(404, &json!({})).with("x-amzn-errortype", code));
    }
    let refusal = match serde_json::from_slice::<Value>(&asked.body) {
        Ok(body) => {
            let refusal = fill(&mut draft, &body).err();
            draft.body = Some(body);
            refusal
        }
        Err(_) => Some(Refusal::new(400, "SerializationException", "The request body is not valid JSON.")),
    };
    Judged::one(draft, refusal)
}

fn bad(message: impl Into<String>) -> Refusal {
    Refusal::new(400, BAD_REQUEST, message)
}

fn fill(draft: &mut Draft, body: &Value) -> Result<(), Refusal> {
    for list in ["ToAddresses", "CcAddresses", "BccAddresses"] {
        for address in body["Destination"][list].as_array().into_iter().flatten() {
            let text = address.as_str().unwrap_or_default();
            draft.to.push(mail::address(text).ok_or_else(|| bad(format!("Invalid address: {text}")))?);
        }
    }
    if draft.to.len() > RECIPIENTS_MAX {
        return Err(bad(format!("Recipient count exceeds {RECIPIENTS_MAX}.")));
    }
    if let Some(from) = body["FromEmailAddress"].as_str() {
        draft.from = mail::address(from).ok_or_else(|| bad(format!("Invalid from address: {from}")))?;
    }
    tags(draft, &body["EmailTags"])?;
    match (&body["Content"]["Simple"], &body["Content"]["Raw"]["Data"]) {
        (Value::Object(simple), Value::Null) => simple_content(draft, &Value::Object(simple.clone()))?,
        (Value::Null, Value::String(data)) => {
            let raw = STANDARD.decode(data).map_err(|_| bad("Raw.Data is not base64."))?;
            mail::read(draft, &raw);
            draft.raw = raw.into();
        }
        (Value::Null, Value::Null) => {
            return Err(bad(
                "Exactly one of Simple, Raw or Template content must be provided. Templates are not here.",
            ));
        }
        _ => return Err(bad("Exactly one of Simple, Raw or Template content must be provided.")),
    }
    if draft.to.is_empty() {
        return Err(bad("Message is missing final recipients."));
    }
    if draft.from.is_empty() {
        return Err(bad("From email address is required."));
    }
    Ok(())
}

fn simple_content(draft: &mut Draft, simple: &Value) -> Result<(), Refusal> {
    let data = |part: &Value| part["Data"].as_str().map(str::to_owned);
    let subject = data(&simple["Subject"]).ok_or_else(|| bad("Subject.Data is required."))?;
    if subject.contains(['\r', '\n']) {
        return Err(bad("Subject cannot contain line breaks."));
    }
    draft.subject = subject;
    let (text, html) = (data(&simple["Body"]["Text"]), data(&simple["Body"]["Html"]));
    if text.is_none() && html.is_none() {
        return Err(bad("Body must have Text or Html."));
    }
    draft.text = text.unwrap_or_default();
    draft.html = html.unwrap_or_default();
    let headers = simple["Headers"].as_array().cloned().unwrap_or_default();
    if headers.len() > HEADERS_MAX {
        return Err(bad(format!("Number of headers exceeds {HEADERS_MAX}.")));
    }
    for header in &headers {
        let (Some(name), Some(value)) = (header["Name"].as_str(), header["Value"].as_str()) else {
            return Err(bad("A header has a Name and a Value."));
        };
        let (name_max, value_max) = HEADER_CHARS_MAX;
        let named = (1..=name_max).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic() && b != b':');
        if !named || value.is_empty() || value.len() > value_max || value.contains(['\r', '\n']) || !value.is_ascii() {
            return Err(bad(format!("Invalid header: {name}")));
        }
        draft.headers.push((name.to_owned(), value.to_owned()));
    }
    for attachment in simple["Attachments"].as_array().into_iter().flatten() {
        draft.attachments.push(attachment["FileName"].as_str().unwrap_or("unnamed").to_owned());
    }
    Ok(())
}

fn tags(draft: &mut Draft, tags: &Value) -> Result<(), Refusal> {
    let tags = tags.as_array().map(Vec::as_slice).unwrap_or_default();
    if tags.len() > TAGS_MAX {
        return Err(bad(format!("Number of message tags exceeds {TAGS_MAX}.")));
    }
    for tag in tags {
        let (name, value) = (tag["Name"].as_str().unwrap_or_default(), tag["Value"].as_str().unwrap_or_default());
        let fits = |text: &str, more: &str| {
            (1..=TAG_CHARS_MAX).contains(&text.len())
                && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-' || more.contains(c))
        };
        if !fits(name, "") {
            return Err(bad(format!(
                "Invalid tag name <{name}>, only alphanumeric ASCII characters, '_', and '-' are allowed."
            )));
        }
        if !fits(value, ".@") {
            return Err(bad(format!(
                "Invalid tag value <{value}>, only alphanumeric ASCII characters, '_', '-', '.', and '@' are allowed."
            )));
        }
        draft.tags.insert(name.to_owned(), value.to_owned());
    }
    Ok(())
}

pub(crate) fn accepted(app: &App, entry: &Entry) -> Answer {
    let sent = entry.first();
    Answer::json(200, &json!({"MessageId": sent.id})).with("x-amzn-requestid", app.uuid(sent.number, 9))
}
