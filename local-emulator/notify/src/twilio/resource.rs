//! The message resource, and lists of it.

use std::sync::Arc;

use serde_json::{Value, json};
use url::form_urlencoded;

use crate::app::moment;
use crate::record::{Entry, Sent, State};

/// Messages on a page, if none is asked for, and at most.
const PAGE_SIZE: usize = 50;
const PAGE_SIZE_MAX: usize = 1_000;

/// Characters of a segment in GSM-7's and in UCS-2's alphabet, alone and among several.
const SEGMENT_GSM: (usize, usize) = (160, 153);
const SEGMENT_UCS: (usize, usize) = (70, 67);

pub(super) fn resource(sent: &Sent, account: &str) -> Value {
    let at = |milliseconds| moment(milliseconds).to_rfc2822();
    let uri = format!("/2010-04-01/Accounts/{account}/Messages/{}", sent.id);
    let is_service = sent.from.starts_with("MG");
    let (from, service) = if is_service { (Value::Null, json!(sent.from)) } else { (json!(sent.from), Value::Null) };
    let gone = !matches!(sent.state, State::Accepted);
    let (code, says) = error(sent);
    json!({
        "account_sid": account, "api_version": "2010-04-01", "body": sent.text, "date_created": at(sent.at),
        "date_sent": gone.then(|| at(sent.at)), "date_updated": at(sent.at), "direction": "outbound-api", "error_code": code,
        "error_message": says, "from": from, "messaging_service_sid": service, "num_media": "0",
        "num_segments": segments(&sent.text).to_string(), "price": null, "price_unit": "USD", "sid": sent.id,
        "status": status(sent), "subresource_uris": {"media": format!("{uri}/Media.json")}, "to": sent.to.first(),
        "uri": format!("{uri}.json"),
    })
}

/// As Twilio calls a message's state.
pub(super) fn status(sent: &Sent) -> &'static str {
    match sent.state {
        State::Accepted if sent.from.starts_with("MG") => "accepted",
        State::Accepted => "queued",
        State::Sent => "sent",
        State::Delivered | State::Complained => "delivered",
        State::Bounced => "undelivered",
        State::Refused => "failed",
    }
}

fn error(sent: &Sent) -> (Value, Value) {
    let last = sent.callbacks.last().map(|called| called.event.as_str()).unwrap_or_default();
    match (sent.state, last.split_once(' ')) {
        (State::Bounced, Some((_, code))) => (json!(code.parse::<u32>().unwrap_or(30_008)), json!("Unknown error")),
        (State::Bounced, None) => (json!(30_008), json!("Unknown error")),
        _ => (Value::Null, Value::Null),
    }
}

fn segments(text: &str) -> usize {
    let (alone, among) = if text.is_ascii() { SEGMENT_GSM } else { SEGMENT_UCS };
    let length = text.encode_utf16().count();
    if length <= alone { 1 } else { length.div_ceil(among) }
}

/// One page.
pub(super) fn list(entries: &[Arc<Entry>], account: &str, query: Option<&str>) -> Value {
    let query: Vec<(String, String)> =
        form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
    let number =
        |name: &str| query.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.parse::<usize>().ok());
    let size = number("PageSize").unwrap_or(PAGE_SIZE).clamp(1, PAGE_SIZE_MAX);
    let page = number("Page").unwrap_or(0);
    let start = page.saturating_mul(size).min(entries.len());
    let end = (start + size).min(entries.len());
    let messages: Vec<Value> = entries[start..end].iter().map(|entry| resource(&entry.read(), account)).collect();
    let uri = |page: usize| {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        pairs.extend_pairs(query.iter().filter(|(key, _)| key != "Page" && key != "PageSize"));
        pairs.append_pair("PageSize", &size.to_string()).append_pair("Page", &page.to_string());
        format!("/2010-04-01/Accounts/{account}/Messages.json?{}", pairs.finish())
    };
    json!({
        "messages": messages, "page": page, "page_size": size, "start": start, "end": end.saturating_sub(1), "uri": uri(page),
        "first_page_uri": uri(0), "next_page_uri": (end < entries.len()).then(|| uri(page + 1)),
        "previous_page_uri": (page > 0).then(|| uri(page - 1)),
    })
}
