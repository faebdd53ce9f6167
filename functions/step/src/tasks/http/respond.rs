//! Makes the request, and what its answer means.

use super::hosts::Judged;
use super::request::{Asked, is_json, read};
use crate::answers::Done;
use crate::tasks::error::Failed;
use crate::tasks::perform::{Call, Undone};
use octavo_domain_workflow::engine::outside::{HttpCall, HttpRefusal, HttpReply};
use octavo_domain_workflow::machine::Event;
use octavo_domain_workflow::machine::quota::PAYLOAD_BYTES_MAX;
use octavo_domain_workflow::scope::nests_too_deep;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// How long an endpoint may take: the service's own limit.
const TIME_MAX: Duration = Duration::from_secs(60);

/// The header by which an endpoint may know a request that it has seen.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The service's name for what goes wrong on the way.
const SOCKET: &str = "States.Http.Socket";

/// `http:invoke`.
pub(in crate::tasks) async fn invoke(call: &Call<'_>) -> Result<Done, Undone> {
    let asked = read(&call.order.parameters)?;
    let host = asked.url.host_str().unwrap_or_default().to_owned();
    let (public_only, needs_connection) = match call.deps.hosts.judge(&asked.url) {
        Judged::Refused => {
            return Err(Failed::permission(format!("The endpoint {host} may not be called by workflows.")).into());
        }
        Judged::Public { connection } => (true, connection),
        Judged::Any => (false, false),
    };
    let secret = match &asked.connection_arn {
        Some(arn) => Some(open(call, arn, &host).await?),
        None if needs_connection => {
            let problem = format!("a connection is needed to call {host}");
            return Err(Failed::parameter("Authentication.ConnectionArn", problem).into());
        }
        None => None,
    };
    let Asked { method, url, mut headers, body, .. } = asked;
    let has = |headers: &[(String, String)], name: &str| headers.iter().any(|(given, _)| given == name);
    if !has(&headers, IDEMPOTENCY_KEY) {
        headers.push((IDEMPOTENCY_KEY.to_owned(), call.idempotency_key.clone()));
    }
    if !has(&headers, "user-agent") {
        headers.push(("user-agent".to_owned(), "Octavo|Workflows|HttpInvoke".to_owned()));
    }
    if let Some((name, value)) = secret {
        headers.retain(|(given, _)| *given != name);
        headers.push((name, value));
    }
    let time = call.time.min(TIME_MAX);
    let request = HttpCall { method, url, headers, body, public_only, time, reply_bytes_max: PAYLOAD_BYTES_MAX };
    let reply = call.deps.http.http_call(request).await.map_err(refused)?;
    let output = answered(&reply)?;
    Ok(Done::Told(vec![Event::TaskStarted { worker: None }, Event::TaskSucceeded { output }]))
}

/// The header and the value that a connection gives, if it may go to this host.
async fn open(call: &Call<'_>, arn: &str, host: &str) -> Result<(String, String), Undone> {
    let found = call.deps.connections.connection_find(call.tenant, arn).await?;
    let Some(found) = found else {
        return Err(Failed::permission(format!("There is no connection '{arn}'.")).into());
    };
    let open = found.open(&*call.deps.sealer, call.tenant)?;
    if !open.hosts.iter().any(|allowed| allowed == host) {
        return Err(Failed::permission(format!("The connection '{arn}' is not for the host {host}.")).into());
    }
    Ok((open.header, open.value))
}

fn refused(refusal: HttpRefusal) -> Failed {
    match refusal {
        HttpRefusal::PrivateAddress(host) => {
            Failed::permission(format!("The endpoint {host} may not be called by workflows: it has no public address."))
        }
        HttpRefusal::TooLarge(most) => {
            Failed::new("States.DataLimitExceeded", format!("The endpoint answered more than {most} bytes."))
        }
        HttpRefusal::Malformed(problem) => Failed::parameter("Headers", problem),
        HttpRefusal::Socket(_) | HttpRefusal::NoAnswer(_) => Failed::new(SOCKET, refusal.to_string()),
    }
}

fn answered(reply: &HttpReply) -> Result<Value, Failed> {
    let text = String::from_utf8_lossy(&reply.body);
    if !(200..300).contains(&reply.status) {
        return Err(Failed::new(format!("States.Http.StatusCode.{}", reply.status), text));
    }
    let kind = reply.headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| value.as_str());
    let json: Option<Value> = match kind {
        Some(kind) if is_json(kind) => serde_json::from_str(&text).ok().filter(|value| !nests_too_deep(value)),
        _ => None,
    };
    let mut headers: Map<String, Value> = Map::new();
    for (name, value) in &reply.headers {
        let values = headers.entry(name.clone()).or_insert_with(|| json!([]));
        if let Value::Array(values) = values {
            values.push(json!(value));
        }
    }
    let status = http::StatusCode::from_u16(reply.status).ok();
    Ok(json!({
        "Headers": headers,
        "ResponseBody": json.unwrap_or_else(|| Value::String(text.into_owned())),
        "StatusCode": reply.status,
        "StatusText": status.and_then(|status| status.canonical_reason()).unwrap_or_default(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn reply(status: u16, kind: &str, body: &'static str) -> HttpReply {
        let headers = vec![("content-type".to_owned(), kind.to_owned()), ("x-a".to_owned(), "1".to_owned())];
        HttpReply { status, headers, body: Bytes::from_static(body.as_bytes()) }
    }

    #[test]
    fn an_answer_is_json_where_it_says_so() {
        let body = |kind, body| answered(&reply(200, kind, body)).unwrap()["ResponseBody"].clone();
        assert_eq!(body("application/json; charset=utf-8", "{\"a\":1}"), json!({"a": 1}));
        assert_eq!(body("application/problem+json", "[1]"), json!([1]));
        assert_eq!(body("application/json", "{"), json!("{"));
        assert_eq!(body("text/plain", "{\"a\":1}"), json!("{\"a\":1}"));
        let whole = answered(&reply(201, "text/plain", "x")).unwrap();
        assert_eq!((&whole["StatusCode"], &whole["StatusText"]), (&json!(201), &json!("Created")));
        assert_eq!(whole["Headers"], json!({"content-type": ["text/plain"], "x-a": ["1"]}));
    }

    #[test]
    fn a_status_that_is_no_success_is_an_error_by_its_number() {
        let failed = answered(&reply(404, "text/plain", "no such order")).unwrap_err();
        assert_eq!((failed.error.as_str(), failed.cause.as_str()), ("States.Http.StatusCode.404", "no such order"));
        assert_eq!(answered(&reply(302, "text/plain", "")).unwrap_err().error, "States.Http.StatusCode.302");
    }
}
