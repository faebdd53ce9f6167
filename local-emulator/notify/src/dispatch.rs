//! From a request to its answer: who is asked, what is brought, which fault it gets, what is said.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::{Request, Response};
use serde_json::json;

use crate::answer::{Answer, Asked, Judged, Refusal};
use crate::app::{App, Kept};
use crate::faults::{FaultKind, When};
use crate::life::{self, Ahead};
use crate::record::{Draft, Entry, Origin};
use crate::service::Service;
use crate::{control, ses};

/// The largest request that is read: SES's limit, the largest of all.
const BODY_BYTES_MAX: usize = 40 << 20;

/// Headers whose values are secrets.
const SECRET_HEADERS: &[&str] =
    &["authorization", "x-postmark-server-token", "x-postmark-account-token", "cookie", "x-amz-security-token"];

/// The connection is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed without an answer")]
pub(crate) struct Closed;

/// How a request ends.
enum End {
    Answer(Answer),
    Hang,
    Close,
}

/// Serves one request. An error closes the connection.
pub(crate) async fn serve(app: Arc<App>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Closed> {
    let (parts, incoming) = request.into_parts();
    let body = match Limited::new(incoming, BODY_BYTES_MAX).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            let said = json!({"message": format!("The request is larger than {BODY_BYTES_MAX} bytes.")});
            return Ok(Answer::json(413, &said).response());
        }
        Err(_) => return Err(Closed),
    };
    let asked = Asked { method: parts.method, uri: parts.uri, headers: parts.headers, body };
    let path = asked.uri.path().to_owned();
    if let Some(path) = path.strip_prefix("/_control") {
        return Ok(control::serve(&app, path, &asked).await.response());
    }
    if let Some(answer) = ses::topic(&app, &asked) {
        return Ok(answer.response());
    }
    let Some(service) = Service::of(&path) else {
        return Ok(Answer::json(404, &json!({"message": format!("There is nothing at {path}.")})).response());
    };
    let (messages, batch) = match service.judge(&app, &asked) {
        Judged::Answer(answer) => return Ok(answer.response()),
        Judged::Messages { messages, batch } => (messages, batch),
    };
    // On its own: who sends and leaves while a fault delays it has sent nevertheless, as with the real ones.
    let working = app.work.spawn(work(Arc::clone(&app), service, asked, messages, batch));
    match working.await.map_err(|_| Closed)? {
        End::Answer(answer) => Ok(answer.response()),
        End::Close => Err(Closed),
        End::Hang => {
            app.stop.cancelled().await;
            Err(Closed)
        }
    }
}

/// Takes or refuses each message.
async fn work(
    app: Arc<App>,
    service: Service,
    asked: Asked,
    messages: Vec<(Draft, Option<Refusal>)>,
    batch: bool,
) -> End {
    let origin = origin(&asked);
    let (mut results, mut number, mut end) = (Vec::with_capacity(messages.len()), 0, None);
    for (draft, refusal) in messages {
        number = app.next_number();
        let taken = take(&app, service, number, &origin, draft, refusal).await;
        end = end.or(taken.end);
        if let (Ok(entry), Some(ahead)) = (&taken.result, taken.ahead) {
            life::begin(&app, entry, ahead);
        }
        results.push(taken.result);
    }
    match (end, results.as_slice()) {
        (Some(end), _) => end,
        (None, [Ok(entry)]) if !batch => End::Answer(service.accepted(&app, entry)),
        (None, [Err(refusal)]) if !batch => End::Answer(service.refuse(&app, number, refusal)),
        (None, results) => End::Answer(Service::batch(results)),
    }
}

/// What became of one message.
struct Taken {
    result: Result<Arc<Entry>, Refusal>,
    /// How the request ends, if not by an answer.
    end: Option<End>,
    ahead: Option<Ahead>,
}

async fn take(
    app: &App,
    service: Service,
    number: u64,
    origin: &Origin,
    draft: Draft,
    refusal: Option<Refusal>,
) -> Taken {
    // What is refused anyway uses up no fault.
    let fired = match refusal {
        Some(_) => Default::default(),
        None => app.faults.fire(service.name(), None, &draft.to),
    };
    if fired.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(fired.delay_ms)).await;
    }
    let refusal = refusal.or_else(|| fired.kind.as_ref().and_then(|kind| service.induced(kind, &draft.to)));
    let before = |end, why: &str| (Some(end), Some(why.to_owned()));
    let (end, lost) = match fired.kind {
        Some(FaultKind::Hang { when: When::Before }) => before(End::Hang, "never answered, by a fault"),
        Some(FaultKind::Close { when: When::Before }) => before(End::Close, "closed without an answer, by a fault"),
        Some(FaultKind::Hang { when: When::After }) => (Some(End::Hang), None),
        Some(FaultKind::Close { when: When::After }) => (Some(End::Close), None),
        _ => (None, None),
    };
    let status = match (&end, &refusal) {
        (Some(_), _) => 0,
        (None, Some(refusal)) => refusal.status,
        (None, None) => service.accepted_status(),
    };
    let refused =
        lost.or_else(|| refusal.as_ref().map(|refusal| format!("{}: {}", refusal.code, refusal.messages.join("; "))));
    let lost = refused.is_some();
    let id = service.identify(app, number, &draft);
    let (provider, origin) = (service.name(), origin.clone());
    let what = Kept { number, provider, id, origin, status, refused, fault: fired.id };
    let kept = app.keep(draft, what).await;
    let result = match (kept, refusal) {
        (_, Some(refusal)) => Err(refusal),
        (Err(full), None) => Err(Refusal::new(503, "unavailable", full.to_string())),
        // Nobody is told of a message that was lost: the request has another end.
        (Ok(_), None) if lost => Err(Refusal::new(500, "lost", "lost by a fault")),
        (Ok(entry), None) => Ok(entry),
    };
    let ahead = match fired.kind {
        Some(FaultKind::Quiet) => None,
        Some(FaultKind::Bounce { after_ms, hard, code }) => Some(Ahead::Bounce { after_ms, hard, code }),
        _ => Some(Ahead::Arrival),
    };
    Taken { result, end, ahead }
}

fn origin(asked: &Asked) -> Origin {
    let headers: BTreeMap<String, String> = asked
        .headers
        .iter()
        .map(|(name, value)| {
            let is_secret = SECRET_HEADERS.contains(&name.as_str());
            let value = if is_secret { "***".into() } else { String::from_utf8_lossy(value.as_bytes()).into_owned() };
            (name.to_string(), value)
        })
        .collect();
    Origin { method: asked.method.to_string(), path: asked.uri.to_string(), headers, user: None }
}
