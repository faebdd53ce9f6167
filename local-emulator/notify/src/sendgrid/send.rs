//! Mail Send, version 3.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::answer::{Answer, Asked, Judged, Refusal};
use crate::app::App;
use crate::mail;
use crate::record::{Draft, Entry, Kind};

const PATH: &str = "/v3/mail/send";

/// Groups of recipients of one request, and recipients of all of them.
const PERSONALIZATIONS_MAX: usize = 1_000;
const RECIPIENTS_MAX: usize = 1_000;

/// Bytes of all custom arguments together.
const CUSTOM_ARGS_BYTES_MAX: usize = 10_000;

/// Headers that SendGrid writes itself.
const RESERVED_HEADERS: &[&str] = &[
    "x-sg-id",
    "x-sg-eid",
    "received",
    "dkim-signature",
    "content-type",
    "content-transfer-encoding",
    "to",
    "from",
    "subject",
    "reply-to",
    "cc",
    "bcc",
];

pub(crate) fn judge(app: &App, asked: &Asked) -> Judged {
    let mut draft = Draft::new(Kind::Mail);
    draft.raw = asked.body.clone();
    let bearer = asked.header("authorization").map(|value| value.strip_prefix("Bearer ").unwrap_or(value));
    let refusal = match bearer {
        None => Some(Refusal::new(401, "401", "authorization required")),
        Some(key) if key == app.accounts.read().sendgrid_key => None,
        Some(_) => Some(Refusal::new(401, "401", "The provided authorization grant is invalid, expired, or revoked")),
    };
    if let Some(refusal) = refusal {
        return Judged::one(draft, Some(refusal));
    }
    if asked.uri.path() != PATH {
        return Judged::Answer(super::refuse(app, &Refusal::new(404, "404", "endpoint not found")));
    }
    if asked.method != hyper::Method::POST {
        return Judged::Answer(super::refuse(app, &Refusal::new(405, "405", "method not allowed")));
    }
    if !asked.is_json() {
        let says = "Content-Type should be application/json.";
        return Judged::one(draft, Some(Refusal::new(415, "415", says)));
    }
    let refusal = match serde_json::from_slice::<Value>(&asked.body) {
        Ok(body) => {
            let refusal = fill(&mut draft, &body).err();
            draft.body = Some(body);
            refusal
        }
        Err(_) => Some(Refusal::new(400, "400", "Bad Request")),
    };
    Judged::one(draft, refusal)
}

fn bad(field: impl Into<String>, message: impl Into<String>) -> Refusal {
    Refusal::new(400, "400", message).field(field)
}

fn fill(draft: &mut Draft, body: &Value) -> Result<(), Refusal> {
    recipients(draft, body)?;
    draft.from = match &body["from"] {
        Value::Object(from) => address(&Value::Object(from.clone()), "from.email")?,
        _ => {
            let says = "The from object must be provided for every email send. It is an object that requires the email \
                        parameter, but may also contain a name parameter.  e.g. {\"email\" : \"example@example.com\"}  or \
                        {\"email\" : \"example@example.com\", \"name\" : \"Example Recipient\"}.";
            return Err(bad("from.email", says));
        }
    };
    if body.get("reply_to").is_some() {
        address(&body["reply_to"], "reply_to.email")?;
    }
    let subject = body["subject"].as_str().or_else(|| body["personalizations"][0]["subject"].as_str());
    draft.subject = subject.filter(|subject| !subject.is_empty()).map(str::to_owned).ok_or_else(|| {
        let says = "The subject is required. You can get around this requirement if you use a template with a subject defined \
                    or if every personalization has a subject defined.";
        bad("subject", says)
    })?;
    content(draft, &body["content"])?;
    headers(draft, &body["headers"], "headers")?;
    headers(draft, &body["personalizations"][0]["headers"], "personalizations.0.headers")?;
    custom_args(draft, &body["custom_args"], "custom_args")?;
    custom_args(draft, &body["personalizations"][0]["custom_args"], "personalizations.0.custom_args")?;
    for attachment in body["attachments"].as_array().into_iter().flatten() {
        draft.attachments.push(attachment["filename"].as_str().unwrap_or("unnamed").to_owned());
    }
    Ok(())
}

fn recipients(draft: &mut Draft, body: &Value) -> Result<(), Refusal> {
    let groups = body["personalizations"].as_array().map(Vec::as_slice).unwrap_or_default();
    if groups.is_empty() || groups.len() > PERSONALIZATIONS_MAX {
        let says = "The personalizations field is required and must have at least one personalization.";
        return Err(bad("personalizations", says));
    }
    for (at, group) in groups.iter().enumerate() {
        let mut seen = BTreeSet::new();
        if group["to"].as_array().is_none_or(Vec::is_empty) {
            let says = "The to array is required for all personalization objects, and must have at least one email object with \
                        a valid email address.";
            return Err(bad(format!("personalizations.{at}.to"), says));
        }
        for list in ["to", "cc", "bcc"] {
            for (place, to) in group[list].as_array().into_iter().flatten().enumerate() {
                let to = address(to, &format!("personalizations.{at}.{list}.{place}.email"))?;
                if !seen.insert(to.to_lowercase()) {
                    let says = "Each email address in the personalization block should be unique between to, cc, and bcc. We \
                                found the first duplicate instance of [";
                    return Err(bad(
                        format!("personalizations.{at}"),
                        format!("{says}{to}] in the personalizations.{at}.{list} field."),
                    ));
                }
                draft.to.push(to);
            }
        }
    }
    if draft.to.len() > RECIPIENTS_MAX {
        return Err(bad("personalizations", "The total number of recipients must be no more than 1000."));
    }
    Ok(())
}

fn address(object: &Value, field: &str) -> Result<String, Refusal> {
    let text = object["email"].as_str().unwrap_or_default();
    // A name in front belongs into `name`.
    let found = mail::address(text).filter(|address| address == text);
    found.ok_or_else(|| bad(field, "Does not contain a valid address."))
}

fn content(draft: &mut Draft, content: &Value) -> Result<(), Refusal> {
    let blocks = content.as_array().map(Vec::as_slice).unwrap_or_default();
    if blocks.is_empty() {
        let says = "Unless a valid template_id is provided, the content parameter is required. There must be at least one \
                    defined content block. We typically suggest both text/plain and text/html blocks are included, but only \
                    one block is required.";
        return Err(bad("content", says));
    }
    let mut rank = 0;
    for (at, block) in blocks.iter().enumerate() {
        let kind = block["type"].as_str().unwrap_or_default();
        let value = block["value"].as_str().unwrap_or_default();
        if value.is_empty() {
            return Err(bad(
                format!("content.{at}.value"),
                "The content value must be a string at least one character in length.",
            ));
        }
        let this = match kind.split(';').next().unwrap_or_default() {
            "text/plain" => 1,
            "text/html" => 2,
            "" => {
                return Err(bad(
                    format!("content.{at}.type"),
                    "The content type must be a string at least one character in length.",
                ));
            }
            _ => 3,
        };
        if this < rank || (this == rank && this < 3) {
            let says = "If present, text/plain and text/html may only be provided once. If present, text/plain must be first, \
                        followed by text/html, followed by any other content.";
            return Err(bad("content", says));
        }
        rank = this;
        match this {
            1 => value.clone_into(&mut draft.text),
            2 => value.clone_into(&mut draft.html),
            _ => {}
        }
    }
    Ok(())
}

fn headers(draft: &mut Draft, headers: &Value, field: &str) -> Result<(), Refusal> {
    for (name, value) in headers.as_object().into_iter().flatten() {
        if RESERVED_HEADERS.contains(&name.to_lowercase().as_str()) {
            return Err(bad(format!("{field}.{name}"), format!("The header {name} is reserved and may not be set.")));
        }
        let Some(value) = value.as_str() else {
            return Err(bad(format!("{field}.{name}"), "Headers are strings."));
        };
        draft.headers.push((name.clone(), value.to_owned()));
    }
    Ok(())
}

fn custom_args(draft: &mut Draft, arguments: &Value, field: &str) -> Result<(), Refusal> {
    if arguments.to_string().len() > CUSTOM_ARGS_BYTES_MAX {
        return Err(bad(field, "The combined size of custom arguments must be no more than 10000 bytes."));
    }
    for (name, value) in arguments.as_object().into_iter().flatten() {
        let Some(value) = value.as_str() else {
            return Err(bad(format!("{field}.{name}"), "The custom_args value must be a string."));
        };
        draft.tags.insert(name.clone(), value.to_owned());
    }
    Ok(())
}

pub(crate) fn accepted(entry: &Entry) -> Answer {
    Answer::empty(202).with("x-message-id", entry.first().id.clone())
}
