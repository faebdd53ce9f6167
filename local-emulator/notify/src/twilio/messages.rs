//! Messages: sent, read, listed.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::Method;
use serde_json::{Map, Value, json};
use url::{Url, form_urlencoded};

use super::resource::{list, resource};
use crate::answer::{Answer, Asked, Judged, Refusal};
use crate::app::App;
use crate::record::{Draft, Entry, Filter, Kind};

/// Characters of a message, over all its segments.
const BODY_CHARS_MAX: usize = 1_600;

/// Digits of a number in E.164's form.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

pub(crate) fn judge(app: &App, asked: &Asked) -> Judged {
    let account = match authorise(app, asked) {
        Ok(account) => account,
        Err(refusal) if asked.method == Method::POST => {
            let mut draft = Draft::new(Kind::Sms);
            draft.raw = asked.body.clone();
            return Judged::one(draft, Some(refusal));
        }
        Err(refusal) => return Judged::Answer(super::refuse(&refusal)),
    };
    let path = asked.uri.path();
    let missing = || {
        let says = format!("The requested resource {path} was not found");
        Judged::Answer(super::refuse(&Refusal::new(404, "20404", says)))
    };
    let Some(rest) = path.strip_prefix(&format!("/2010-04-01/Accounts/{account}/Messages")) else { return missing() };
    match (asked.method.as_str(), rest) {
        ("POST", ".json") => send(app, asked, account),
        ("GET", ".json") => Judged::Answer(Answer::json(200, &list(&found(app, asked), &account, asked.uri.query()))),
        ("GET", one) => {
            let sid = one.strip_prefix('/').and_then(|one| one.strip_suffix(".json"));
            match sid.and_then(|sid| app.log.by_id("twilio", sid)).filter(|entry| entry.first().is_accepted()) {
                Some(entry) => Judged::Answer(Answer::json(200, &resource(&entry.read(), &account))),
                None => missing(),
            }
        }
        _ => Judged::Answer(super::refuse(&Refusal::new(405, "20004", "Method not allowed"))),
    }
}

/// The account, by HTTP basic authentication.
fn authorise(app: &App, asked: &Asked) -> Result<String, Refusal> {
    let accounts = app.accounts.read();
    let expected = format!("{}:{}", accounts.twilio_account, accounts.twilio_token);
    let basic = asked.header("authorization").and_then(|value| value.strip_prefix("Basic "));
    let given = basic.and_then(|basic| STANDARD.decode(basic).ok());
    match given.is_some_and(|given| given == expected.as_bytes()) {
        true => Ok(accounts.twilio_account.clone()),
        false => Err(Refusal::new(401, "20003", "Authenticate")),
    }
}

fn send(app: &App, asked: &Asked, account: String) -> Judged {
    let mut draft = Draft::new(Kind::Sms);
    draft.raw = asked.body.clone();
    draft.user = Some(account);
    let form: Map<String, Value> =
        form_urlencoded::parse(&asked.body).map(|(name, value)| (name.into_owned(), json!(value))).collect();
    let refusal = fill(app, &mut draft, &form).err();
    draft.body = Some(Value::Object(form));
    Judged::one(draft, refusal)
}

fn fill(app: &App, draft: &mut Draft, form: &Map<String, Value>) -> Result<(), Refusal> {
    let bad = |code: &str, says: String| Refusal::new(400, code, says);
    let value = |name: &str| form.get(name).and_then(Value::as_str).filter(|value| !value.is_empty());
    let to = value("To").ok_or_else(|| bad("21604", "A 'To' phone number is required.".to_owned()))?;
    draft.to.push(to.to_owned());
    if let Some(body) = value("Body") {
        body.clone_into(&mut draft.text);
    }
    if !is_number(to) {
        return Err(bad("21211", format!("Invalid 'To' Phone Number: {to}")));
    }
    let Some(from) = value("MessagingServiceSid").or(value("From")) else {
        return Err(bad("21603", "A 'From' phone number is required.".to_owned()));
    };
    draft.from = from.to_owned();
    let is_service = from.len() == 34 && from.starts_with("MG");
    if !is_service && !app.accounts.read().twilio_numbers.iter().any(|number| number == from) {
        let says = format!(
            "The 'From' phone number provided ({from}) is not a valid message-capable Twilio phone number for this destination."
        );
        return Err(bad("21606", says));
    }
    if draft.text.is_empty() {
        return Err(bad("21602", "Message body is required.".to_owned()));
    }
    if draft.text.chars().count() > BODY_CHARS_MAX {
        let says = format!("The concatenated message body exceeds the {BODY_CHARS_MAX} character limit");
        return Err(bad("21617", says));
    }
    if let Some(url) = value("StatusCallback") {
        let is_good = Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if !is_good {
            return Err(bad("21609", format!("The StatusCallback URL {url} is not a valid URL.")));
        }
        draft.tags.insert("status_callback".to_owned(), url.to_owned());
    }
    Ok(())
}

fn is_number(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        DIGITS.contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0')
    })
}

/// What a list shows, newest first.
fn found(app: &App, asked: &Asked) -> Vec<Arc<Entry>> {
    let query: Vec<(String, String)> =
        form_urlencoded::parse(asked.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let filter = Filter { provider: Some("twilio".to_owned()), accepted: Some(true), ..Filter::default() };
    let (to, from) = (value("To"), value("From"));
    // A date, or a moment; of `DateSent>=2026-11-27` the name ends in `>`.
    let moment = |name: &str| value(name).map(|text| milliseconds(&text));
    let (after, before, on) = (moment("DateSent>"), moment("DateSent<"), moment("DateSent"));
    let day = 24 * 60 * 60 * 1_000;
    let mut found = app.log.list(&filter);
    found.retain(|entry| {
        let sent = entry.first();
        to.as_ref().is_none_or(|to| sent.to.contains(to))
            && from.as_ref().is_none_or(|from| sent.from == *from)
            && after.is_none_or(|after| sent.at >= after)
            && before.is_none_or(|before| sent.at <= before)
            && on.is_none_or(|on| (on..on + day).contains(&sent.at))
    });
    found.reverse();
    found
}

/// Of `2026-11-27` or `2026-11-27T12:00:00Z`; what is neither is the beginning of time.
fn milliseconds(text: &str) -> u64 {
    let whole = if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00Z") };
    let moment = chrono::DateTime::parse_from_rfc3339(&whole);
    moment.map_or(0, |moment| u64::try_from(moment.timestamp_millis()).unwrap_or(0))
}

pub(crate) fn accepted(entry: &Entry) -> Answer {
    let sent = entry.first();
    Answer::json(201, &resource(sent, sent.origin.user.as_deref().unwrap_or_default()))
}
