//! An event of any kind, and which it is.

use crate::http_event::{HttpContext, HttpEvent};
use crate::http_headers;
use crate::queue_event::Record;
use crate::schedule_event::Scheduled;
use chrono::{DateTime, Utc};
use http::HeaderMap;
use serde::Deserialize;
use serde_json::Value;

/// The members of all kinds of event, so that one pass over the text reads whichever comes: bodies are large, and asking
/// first which it is would read them twice. What no kind has is skipped.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Event {
    // HTTP, payload format 2.0.
    raw_path: Option<String>,
    raw_query_string: Option<String>,
    #[serde(deserialize_with = "http_headers::read")]
    headers: HeaderMap,
    cookies: Option<Vec<String>>,
    request_context: Option<RequestContext>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
    // SQS.
    #[serde(rename = "Records")]
    records: Option<Vec<Record>>,
    // EventBridge.
    #[serde(rename = "detail-type")]
    detail_type: Option<String>,
    time: Option<DateTime<Utc>>,
    resources: Option<Vec<String>>,
    detail: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RequestContext {
    http: Option<HttpContext>,
    request_id: Option<String>,
}

/// An event of a known kind.
#[derive(Debug)]
pub(crate) enum Kind {
    Http(HttpEvent),
    Queue(Vec<Record>),
    Schedule(Scheduled),
}

/// Why an event has no handler.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unserved {
    #[error(
        "the event is of no known kind: it has neither requestContext.http (HTTP, payload format 2.0) nor Records of aws:sqs nor a detail-type (EventBridge); this function takes {takes}"
    )]
    Unknown { takes: String },
    #[error("the event holds records of {source_name}, and only those of aws:sqs are known")]
    Records { source_name: String },
    #[error("this function takes no {kind} events; it takes {takes}")]
    NotTaken { kind: &'static str, takes: String },
}

impl Event {
    /// Which it is; `takes` says what the function takes, for the error.
    pub(crate) fn kind(self, takes: &str) -> Result<Kind, Unserved> {
        if let Some(RequestContext { http: Some(context), request_id }) = self.request_context {
            return Ok(Kind::Http(HttpEvent {
                path: self.raw_path,
                query: self.raw_query_string,
                headers: self.headers,
                cookies: self.cookies.unwrap_or_default(),
                context,
                request_id,
                body: self.body,
                is_base64: self.is_base64_encoded.unwrap_or(false),
            }));
        }
        if let Some(records) = self.records {
            let foreign =
                records.iter().find_map(|record| record.event_source.as_deref().filter(|it| *it != "aws:sqs"));
            return match foreign {
                Some(source) => Err(Unserved::Records { source_name: source.to_owned() }),
                None => Ok(Kind::Queue(records)),
            };
        }
        if self.detail_type.is_some() {
            let resources = self.resources.unwrap_or_default();
            return Ok(Kind::Schedule(Scheduled { resources, due: self.time, detail: self.detail }));
        }
        Err(Unserved::Unknown { takes: takes.to_owned() })
    }
}
