//! Invocations: what is under way and the last ones, `GET /_octavo/invocations`; one of them whole; and one again,
//! `POST /_octavo/invocations/{id}/replay`.

use super::problem::Problem;
use super::redact::{redacted, restored};
use crate::emulator::Parts;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use bytes::Bytes;
use local_emulator_lambda::{InvokeError, InvokeRequest, Output, RECORD_BYTES_MAX, Record};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

const SHOWN: usize = 50;
/// Where a response of a request says its status: at its beginning, so that a large one need not be read to its end.
const STATUS: &[u8] = b"{\"statusCode\":";
/// A response that begins with something else is read as a whole if it is no longer than this, in bytes.
const READ_BYTES_MAX: usize = 4 * 1024;
/// How a batch from a queue names each message that it did not do.
const NOT_DONE: &[u8] = b"\"itemIdentifier\":";

/// Which ones.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    function: Option<String>,
    /// Only those that failed.
    #[serde(default)]
    failed: bool,
}

/// An event that is to be sent instead of the kept one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Edited {
    event: Option<String>,
}

pub(super) async fn list(State(parts): State<Arc<Parts>>, Query(filter): Query<Filter>) -> Json<Value> {
    let of = |function: &str| filter.function.as_deref().is_none_or(|wanted| wanted == function);
    let records = parts.lambda.records();
    let wanted = records.iter().filter(|record| of(&record.function) && (!filter.failed || failure(record).is_some()));
    let items: Vec<Value> = wanted.take(SHOWN).map(|record| summary(record)).collect();
    let underway = parts.lambda.underway();
    let underway: Vec<_> = underway.iter().filter(|one| of(&one.function)).rev().take(SHOWN).collect();
    Json(json!({ "items": items, "underway": underway }))
}

pub(super) async fn show(State(parts): State<Arc<Parts>>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    Ok(Json(whole(&*find(&parts, &id)?)))
}

/// Sends the event of an invocation once more, as it was kept, or as it was edited since: what was taken out of it to be shown
/// is put back. Answers with the new invocation, when it has ended.
pub(super) async fn replay(
    State(parts): State<Arc<Parts>>,
    Path(id): Path<String>,
    Json(edited): Json<Edited>,
) -> Result<Json<Value>, Problem> {
    let record = find(&parts, &id)?;
    let event = match edited.event {
        Some(text) => restored(&text, if record.whole { &record.event } else { b"" }).map_err(invalid)?,
        None if record.whole => record.event.clone(),
        None => {
            let text =
                format!("only the first {RECORD_BYTES_MAX} bytes of the event were kept: it cannot be sent again");
            return Err(Problem::new(StatusCode::CONFLICT, text));
        }
    };
    let what = if record.what.ends_with(" again") { record.what.clone() } else { format!("{} again", record.what) };
    run(&parts, &record.function, event, what).await
}

/// Runs a function on an event that somebody wrote, `POST /_octavo/functions/{name}/invoke`.
pub(super) async fn invoke(
    State(parts): State<Arc<Parts>>,
    Path(function): Path<String>,
    Json(written): Json<Edited>,
) -> Result<Json<Value>, Problem> {
    let event = written.event.ok_or_else(|| invalid("expected the event as JSON text"))?;
    let event = restored(&event, b"").map_err(invalid)?;
    run(&parts, &function, event, "by hand".to_owned()).await
}

fn invalid(reason: impl std::fmt::Display) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("event: {reason}"))
}

async fn run(parts: &Parts, function: &str, payload: Bytes, what: String) -> Result<Json<Value>, Problem> {
    let request = InvokeRequest { function: function.to_owned(), payload, what, ..InvokeRequest::default() };
    let response = parts.lambda.invoke(request).await.map_err(|error| {
        let status = match error {
            InvokeError::NotFound(_) => StatusCode::NOT_FOUND,
            InvokeError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            InvokeError::Throttled | InvokeError::Stopping => StatusCode::SERVICE_UNAVAILABLE,
        };
        Problem::new(status, error.to_string())
    })?;
    if let Output::Streamed { mut pieces, .. } = response.output {
        // A function that streams is read to its end, as a client would.
        tokio::spawn(async move { while pieces.recv().await.is_some() {} });
    }
    Ok(Json(whole(&*find(parts, &response.request_id)?)))
}

fn find(parts: &Parts, id: &str) -> Result<Arc<Record>, Problem> {
    parts.lambda.record(id).ok_or_else(|| Problem::not_found("invocation among the last ones"))
}

fn whole(record: &Record) -> Value {
    let mut whole = summary(record);
    if let Some(members) = whole.as_object_mut() {
        let event = if record.whole { redacted(&record.event) } else { "(too large to show)".to_owned() };
        members.insert("event".to_owned(), json!(event));
        members.insert("whole".to_owned(), json!(record.whole));
        members.insert("response".to_owned(), json!(String::from_utf8_lossy(&record.response)));
        members.insert("log".to_owned(), json!(record.log.join("\n")));
        members.insert("trace_id".to_owned(), json!(record.trace_id));
    }
    whole
}

fn summary(record: &Record) -> Value {
    let (failure, result) = (failure(record), result(record));
    json!({
        "number": record.number,
        "request_id": record.request_id,
        "at": record.at,
        "function": record.function,
        "what": record.what,
        "result": result,
        "failed": failure.is_some(),
        "duration_ms": record.duration_ms,
        "cold": record.cold,
    })
}

/// What came out, in a word.
pub(super) fn result(record: &Record) -> String {
    match (record.failed, status(record), not_done(record)) {
        (true, ..) => "failed".to_owned(),
        (false, Some(status), _) => status.to_string(),
        (false, None, 0) => "ok".to_owned(),
        (false, None, count) => format!("{count} not done"),
    }
}

/// Why an invocation failed: the function did, it answered with a status of 500 or more, or it did not do all messages of its
/// batch. None if it went well.
pub(super) fn failure(record: &Record) -> Option<String> {
    if record.failed {
        let error: Option<Value> = serde_json::from_slice(&record.response).ok();
        let message = error.as_ref().and_then(|error| error["errorMessage"].as_str()).map(str::to_owned);
        return Some(message.unwrap_or_else(|| "failed".to_owned()));
    }
    if let Some(status) = status(record) {
        return (status >= 500).then(|| format!("{} answered {status}", record.what));
    }
    let messages = match not_done(record) {
        0 => return None,
        1 => "1 message was not done".to_owned(),
        count => format!("{count} messages were not done"),
    };
    Some(logged(record).map_or(messages.clone(), |reason| format!("{messages}: {reason}")))
}

/// Messages of a batch that were not done; they are tried again.
fn not_done(record: &Record) -> usize {
    if !record.response.starts_with(b"{\"batchItemFailures\":[{") {
        return 0;
    }
    record.response.windows(NOT_DONE.len()).filter(|window| *window == NOT_DONE).count()
}

/// What the function wrote of its last error.
fn logged(record: &Record) -> Option<String> {
    record.log.iter().rev().find_map(|line| {
        let line: Value = serde_json::from_str(line).ok()?;
        let said = line["fault"].as_str().or(line["message"].as_str())?;
        (line["level"] == "ERROR").then(|| said.to_owned())
    })
}

/// The HTTP status of a response, if it is one of a request.
fn status(record: &Record) -> Option<u64> {
    let response = &record.response[..];
    if let Some(rest) = response.strip_prefix(STATUS) {
        let digits: String = rest.iter().map_while(|byte| byte.is_ascii_digit().then_some(char::from(*byte))).collect();
        return digits.parse().ok();
    }
    if response.len() > READ_BYTES_MAX || !response.starts_with(b"{") {
        return None;
    }
    serde_json::from_slice::<Value>(response).ok()?["statusCode"].as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(response: &str, failed: bool) -> Record {
        Record {
            number: 1,
            request_id: "r".to_owned(),
            trace_id: String::new(),
            span_id: String::new(),
            parent_id: None,
            links: Vec::new(),
            wait_ms: 0.0,
            at: chrono::DateTime::from_timestamp(0, 0).unwrap(),
            function: "documents".to_owned(),
            what: "GET /v1/documents".to_owned(),
            event: Bytes::new(),
            whole: true,
            response: response.to_owned().into(),
            failed,
            duration_ms: 1.0,
            cold: false,
            log: Vec::new(),
        }
    }

    #[test]
    fn a_status_is_read_wherever_it_stands_and_large_answers_are_not_read_to_their_end() {
        let cut = format!("{STATUS}503,\"body\":\"{}", "x".repeat(RECORD_BYTES_MAX), STATUS = "{\"statusCode\":");
        for (response, expected) in [
            (r#"{"statusCode":201,"body":""}"#, Some(201)),
            (r#"{"headers":{},"statusCode": 404}"#, Some(404)),
            (&cut, Some(503)),
            (r#"{"batchItemFailures":[]}"#, None),
            ("(a stream)", None),
            (r#"{"statusCode":"#, None),
        ] {
            assert_eq!(status(&record(response, false)), expected, "{response:.40}");
        }
    }

    #[test]
    fn a_failure_is_the_functions_own_or_a_status_from_500() {
        assert_eq!(failure(&record(r#"{"statusCode":404}"#, false)), None);
        let answered = failure(&record(r#"{"statusCode":503}"#, false));
        assert_eq!(answered.as_deref(), Some("GET /v1/documents answered 503"));
        assert_eq!(failure(&record(r#"{"errorMessage":"it broke"}"#, true)).as_deref(), Some("it broke"));
        assert_eq!(failure(&record("", true)).as_deref(), Some("failed"));
    }

    #[test]
    fn a_batch_of_which_a_part_was_not_done_failed_and_says_why() {
        let mut batch = record(r#"{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"b"}]}"#, false);
        assert_eq!(failure(&batch).as_deref(), Some("2 messages were not done"));
        assert_eq!((&summary(&batch)["result"], &summary(&batch)["failed"]), (&json!("2 not done"), &json!(true)));
        batch.log = [
            "plain",
            r#"{"level":"ERROR","message":"m","fault":"the engine is away"}"#,
            r#"{"level":"WARN","message":"w"}"#,
        ]
        .map(str::to_owned)
        .to_vec();
        assert_eq!(failure(&batch).as_deref(), Some("2 messages were not done: the engine is away"));
        batch.response = r#"{"batchItemFailures":[]}"#.into();
        assert_eq!((failure(&batch), &summary(&batch)["result"]), (None, &json!("ok")));
    }
}
