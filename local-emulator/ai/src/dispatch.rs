//! From a request to its answer: what is asked, which fault it gets, what is sent.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Request, Response, StatusCode};
use serde_json::Value;

use crate::app::{App, Call};
use crate::failure::Failure;
use crate::faults::{FaultKind, Fired, Plan, plan};
use crate::played::{Closed, Played};
use crate::provider::{Operation, Provider, Target};
use crate::record::{Entry, Follow, Outcome, Received};
use crate::reply::{Reply, Usage};
use crate::server::arrived;
use crate::{anthropic, azure, control, openai};

/// The largest request that is read; Anthropic's limit.
const BODY_BYTES_MAX: usize = 32 << 20;

/// Larger requests are answered on a thread of their own, so that small ones do not wait for them.
const BLOCKING_FROM_BYTES: usize = 64 << 10;

/// A request to a provider, read.
struct Asked {
    target: Target,
    method: hyper::Method,
    uri: hyper::Uri,
    headers: HeaderMap,
    /// `None`: it was too large.
    body: Option<Bytes>,
    arrived: (DateTime<Utc>, Instant),
}

/// What was decided about it.
struct Decided {
    number: u64,
    at: u64,
    model: Option<String>,
    fault: Option<u64>,
    usage: Usage,
    plan: Plan,
}

/// Serves one request. An error closes the connection.
pub(crate) async fn serve(app: Arc<App>, request: Request<Incoming>) -> Result<Response<Played>, Closed> {
    let (parts, incoming) = request.into_parts();
    let Some(target) = Target::of(parts.uri.path()) else {
        let body = Limited::new(incoming, BODY_BYTES_MAX).collect().await.map_err(|_| Closed)?.to_bytes();
        return Ok(control::serve(&app, &parts.method, parts.uri.path(), &body));
    };
    let arrived = arrived();
    let body = match Limited::new(incoming, BODY_BYTES_MAX).collect().await {
        Ok(body) => Some(body.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => None,
        Err(_) => return Err(Closed),
    };
    let asked = Asked { target, method: parts.method, uri: parts.uri, headers: parts.headers, body, arrived };
    let (asked, decided) = if asked.body.as_ref().is_some_and(|body| body.len() >= BLOCKING_FROM_BYTES) {
        let app = Arc::clone(&app);
        let decided = move || {
            let decided = decide(&app, &asked);
            (asked, decided)
        };
        tokio::task::spawn_blocking(decided).await.map_err(|_| Closed)?
    } else {
        let decided = decide(&app, &asked);
        (asked, decided)
    };
    send(&app, asked, decided).await
}

/// Decides, without waiting for anything.
fn decide(app: &App, asked: &Asked) -> Decided {
    let Target { provider, operation, deployment } = &asked.target;
    let body = read_json(asked);
    let named = body.as_ref().ok().and_then(|body| body["model"].as_str());
    let model = match (deployment, operation) {
        (Some(deployment), _) => Some(deployment.as_str()),
        (None, Operation::Model(name)) => Some(name.as_str()),
        _ => named,
    };
    let fired = app.faults.fire(provider.name(), model);
    let call = Call {
        app,
        provider,
        serial: app.next_serial(),
        created: (app.clock)(),
        model: model.unwrap_or_default(),
        reported: fired.reported,
    };
    let (reply, failed) = match answer(&call, asked, &body, &fired) {
        Ok(reply) => (reply, false),
        Err(failure) => (fail(&call, &failure), true),
    };
    let usage = reply.usage;
    // What is refused anyway has no stream in which a fault could strike; a latency it has.
    let fired = if failed { keep_for_refusal(fired) } else { fired };
    let fault = fired.id;
    let plan = plan(
        &fired,
        reply,
        |status| fail(&call, &induced(provider, &call, status)),
        |sent| match provider {
            Provider::Anthropic => anthropic::error_event(&call),
            _ if *operation == Operation::Responses => openai::responses_error_event(sent),
            _ => openai::error_event(),
        },
    );
    let model = model.map(str::to_owned);
    Decided { number: call.serial, at: call.created, model, fault, usage, plan }
}

fn keep_for_refusal(fired: Fired) -> Fired {
    let kept = match fired.kind {
        Some(FaultKind::ErrorInStream { .. } | FaultKind::ErrorIn200) => None,
        kind => kind,
    };
    Fired { kind: kept, ..fired }
}

/// The body of a POST; `null` for other methods.
fn read_json(asked: &Asked) -> Result<Value, Failure> {
    let Some(body) = &asked.body else {
        return Err(match asked.target.provider {
            Provider::Anthropic => Failure::new(413, "Request exceeds the maximum size"),
            _ => Failure::new(413, format!("The request is larger than {BODY_BYTES_MAX} bytes.")),
        });
    };
    if asked.method != hyper::Method::POST {
        return Ok(Value::Null);
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(body) if body.is_object() => Ok(body),
        read => Err(match (&asked.target.provider, read) {
            (Provider::Anthropic, Ok(_)) => Failure::invalid("Input should be a valid dictionary"),
            (Provider::Anthropic, Err(error)) => {
                Failure::invalid(format!("The request body is not valid JSON: {error}"))
            }
            _ => Failure::invalid(
                "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP \
                 library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)",
            ),
        }),
    }
}

/// The provider's own answer. Where the fault leaves nothing of it, it is not made.
fn answer(call: &Call<'_>, asked: &Asked, body: &Result<Value, Failure>, fired: &Fired) -> Result<Reply, Failure> {
    let unused = matches!(
        fired.kind,
        Some(FaultKind::Status { .. } | FaultKind::Hang | FaultKind::RefuseConnection | FaultKind::ErrorIn200)
    );
    if unused {
        return Ok(Reply::json(200, HeaderMap::new(), &Value::Null));
    }
    let Target { provider, operation, .. } = &asked.target;
    match provider {
        Provider::Anthropic => anthropic::authorise(&asked.headers)?,
        Provider::Azure => azure::authorise(&asked.headers, &asked.uri, &asked.target)?,
        Provider::OpenAi | Provider::Compatible(_) => openai::authorise(&asked.headers)?,
    }
    let path =
        asked.uri.path().split_once("/v1").map_or(asked.uri.path(), |(before, _)| &asked.uri.path()[before.len()..]);
    if *operation == Operation::Unknown || asked.method != operation.method() {
        let is_known = *operation != Operation::Unknown;
        return Err(match provider {
            Provider::Anthropic => anthropic::no_such_path(is_known),
            Provider::Azure => azure::no_such_path(),
            _ => openai::no_such_path(&asked.method, path, is_known),
        });
    }
    let body = body.as_ref().map_err(Failure::clone)?;
    match operation {
        Operation::Chat => openai::chat(call, body),
        Operation::Responses => openai::responses(call, body),
        Operation::Embeddings => openai::embeddings(call, body),
        Operation::Messages => anthropic::messages(call, &asked.headers, body),
        Operation::CountTokens => anthropic::count_tokens(call, &asked.headers, body),
        Operation::Models | Operation::Model(_) if *provider == Provider::Anthropic => {
            anthropic::models(call, &asked.headers, operation, asked.uri.query())
        }
        _ => openai::models(call, operation),
    }
}

fn fail(call: &Call<'_>, failure: &Failure) -> Reply {
    match call.provider {
        Provider::Anthropic => anthropic::fail(call, failure),
        Provider::Azure => azure::fail(call, failure),
        Provider::OpenAi | Provider::Compatible(_) => openai::fail(call, failure),
    }
}

/// What a provider says with a status that a fault brought about.
fn induced(provider: &Provider, call: &Call<'_>, status: u16) -> Failure {
    match provider {
        Provider::Anthropic => anthropic::induced(status),
        Provider::Azure => azure::induced(status),
        Provider::OpenAi | Provider::Compatible(_) => openai::induced(call, status),
    }
}

async fn send(app: &Arc<App>, asked: Asked, decided: Decided) -> Result<Response<Played>, Closed> {
    let Decided { number, at, model, fault, usage, plan } = decided;
    let status = if let Plan::Answer { status, .. } = &plan { *status } else { 0 };
    app.counters.count(asked.target.provider.name(), status, usage);
    let entry = app.log.as_ref().map(|log| {
        let entry = Arc::new(Entry::new(Received {
            number,
            at,
            provider: asked.target.provider.name().to_owned(),
            method: asked.method,
            uri: asked.uri,
            model,
            headers: asked.headers,
            body: asked.body.unwrap_or_default(),
            fault,
            arrived: asked.arrived,
        }));
        log.push(Arc::clone(&entry));
        entry
    });
    let mut follow = Follow::new(entry.clone());
    match plan {
        Plan::Refuse => {
            follow.ended(Outcome::Cut);
            Err(Closed)
        }
        Plan::Hang => {
            app.stop.cancelled().await;
            follow.ended(Outcome::Cut);
            Err(Closed)
        }
        Plan::Answer { wait, status, headers, stream, steps, length } => {
            if wait > Duration::ZERO {
                tokio::time::sleep(wait).await;
            }
            if let Some(entry) = entry {
                entry.answered(status);
            }
            let mut response = Response::new(Played::new(steps, length, app.stop.clone(), follow));
            *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            *response.headers_mut() = headers;
            let headers = response.headers_mut();
            if stream {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
                headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            } else {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            }
            Ok(response)
        }
    }
}
