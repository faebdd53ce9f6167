//! An answer that comes as a whole.

use super::attempt::{Started, StartedBody};
use super::prepare::Prepared;
use super::settle::{End, Ticket};
use bytes::Bytes;
use futures::StreamExt;
use futures::stream;
use http::{HeaderValue, StatusCode, header};
use octavo_domain_ai::safety::Redactions;
use octavo_domain_ai::wire::{AnswerContext, Dialect, chat, messages, responses};
use octavo_domain_ai::{Answer, Part};
use octavo_wiring_edge::Response;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A whole answer, in the caller's form.
pub(crate) struct Whole {
    pub(crate) started: Started,
    pub(crate) answer: Answer,
    /// What the caller gets.
    pub(crate) body: Bytes,
}

/// Puts a whole answer into the caller's form; none if it is no whole answer.
pub(crate) fn whole(
    mut started: Started,
    prepared: &Prepared,
    dialect: Option<Dialect>,
    context: &AnswerContext,
) -> Option<Whole> {
    let StartedBody::Whole { bytes, answer } = &mut started.body else { return None };
    let (bytes, mut answer) = (std::mem::take(bytes), std::mem::take(answer));
    let native = prepared.exchange.is_native(started.speaks_messages);
    let restored = restore(&mut answer, &prepared.redactions);
    let body = match dialect {
        // Nothing was changed and both speak the same form: to the byte what the provider said.
        Some(_) if native && !restored => bytes,
        None => bytes,
        Some(dialect) => {
            let value = match dialect {
                Dialect::Chat => chat::encode_answer(&answer, context),
                Dialect::Messages => messages::encode_answer(&answer, context),
                Dialect::Responses => responses::encode_answer(&answer, context, &prepared.echo()),
            };
            serde_json::to_vec(&value).unwrap_or_default().into()
        }
    };
    Some(Whole { started, answer, body })
}

/// Puts personal data back in its places; true if there was any.
fn restore(answer: &mut Answer, redactions: &Redactions) -> bool {
    if redactions.is_empty() {
        return false;
    }
    let mut changed = false;
    for part in &mut answer.content {
        let text = match part {
            // Not thoughts: they are signed as they are.
            Part::Text { text, .. } | Part::Refusal { text } => text,
            Part::ToolCall { arguments, .. } => arguments,
            _ => continue,
        };
        let restored = redactions.restore(text);
        if restored != text.as_str() {
            changed = true;
            *text = restored.into_owned();
        }
    }
    changed
}

/// The response. Its body is there at once; the stream ends when the call is settled. A client that was told the length
/// has all by then and waits for nothing; the platform does not end the invocation before the ledger has its line.
pub(crate) fn respond(ticket: Ticket, whole: Whole) -> Response {
    let Whole { started, answer, body } = whole;
    let length = body.len();
    let kept = body.clone();
    let settle = async move {
        let end = End {
            answered_by: Some((&started.candidate.target, started.first_token)),
            answer: Some(&answer),
            complete: true,
            fault: None,
            cancelled: false,
            body: Some(kept),
            streamed: false,
        };
        ticket.settle(end).await;
    };
    after(body, settle).with(header::CONTENT_LENGTH, length.into())
}

/// `body`, and then `settle` before the end.
fn after(body: Bytes, settle: impl Future<Output = ()> + Send + 'static) -> Response {
    // A task of its own: whoever drops the response does not drop the settlement.
    let (start, started) = tokio::sync::oneshot::channel::<()>();
    let settled = tokio::spawn(async move {
        let _ = started.await;
        settle.await;
    });
    let first = stream::once(async move { Ok(body) });
    let last = stream::once(async move {
        let _ = start.send(());
        let _ = settled.await;
        Ok(Bytes::new())
    });
    let stream = first.chain(last).filter(|piece| {
        let empty = piece.as_ref().is_ok_and(Bytes::is_empty);
        std::future::ready(!empty)
    });
    Response::stream(StatusCode::OK, JSON, stream.boxed())
}

/// A kept answer that came as a whole, told again.
pub(crate) fn respond_kept(ticket_written: impl Future<Output = ()> + Send + 'static, body: Bytes) -> Response {
    let length = body.len();
    after(body, ticket_written).with(header::CONTENT_LENGTH, length.into())
}

/// A kept stream, told again.
pub(crate) fn respond_kept_stream(written: impl Future<Output = ()> + Send + 'static, body: Bytes) -> Response {
    let mut response = after(body, written);
    response.headers_mut().insert(header::CONTENT_TYPE, super::relay::EVENT_STREAM);
    response
}
