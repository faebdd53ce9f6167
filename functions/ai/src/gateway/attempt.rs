//! One request to one target, until it begins to answer.

use super::ask::Ask;
use super::exchange::{Decoder, Exchange};
use crate::Deps;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use octavo_domain_ai::models::Endpoint;
use octavo_domain_ai::ports::{ServerSentEvent, Timeouts, UpstreamBody, UpstreamRequest};
use octavo_domain_ai::routing::Candidate;
use octavo_domain_ai::{Answer, FaultClass, ProviderFault, StreamEvent};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Events that may come before the first piece of an answer: pings of a provider that thinks for long.
const EVENTS_BEFORE_FIRST_MAX: usize = 1_000;

/// A provider's event with what it means.
pub(crate) type Understood = (ServerSentEvent, Vec<StreamEvent>);

/// A target that has begun to answer. From here on no other is asked.
pub(crate) struct Started {
    pub(crate) candidate: Candidate,
    pub(crate) speaks_messages: bool,
    pub(crate) first_token: Duration,
    pub(crate) body: StartedBody,
}

pub(crate) enum StartedBody {
    /// All of it, as it came and understood.
    Whole { bytes: Bytes, answer: Answer },
    /// The first events, and where the others come from.
    Stream {
        first: Vec<Understood>,
        decoder: Decoder,
        rest: BoxStream<'static, Result<ServerSentEvent, ProviderFault>>,
    },
}

/// Sends the request to `candidate` and waits for the first piece of its answer; where there are `others` to be asked, for
/// two thirds of what is left at most, so that one that hangs does not take their time too.
pub(crate) async fn attempt(
    deps: &Deps,
    ask: &Ask,
    exchange: &Exchange,
    candidate: &Candidate,
    endpoint: &Arc<Endpoint>,
    key: &Arc<str>,
    others: bool,
) -> Result<Started, ProviderFault> {
    let began = Instant::now();
    let speaks_messages = endpoint.kind.speaks_messages();
    let outgoing = exchange.outgoing(ask, candidate, speaks_messages);
    let left = ask.deadline.saturating_duration_since(began);
    let most = deps.options.timeouts;
    let patience = if others { left * 2 / 3 } else { left };
    let mut headers = outgoing.headers;
    headers.extend(ask.traceparent.iter().map(|parent| ("traceparent", parent.clone())));
    let request = UpstreamRequest {
        endpoint: endpoint.clone(),
        key: key.clone(),
        model: candidate.upstream_model.clone(),
        path: outgoing.path.to_owned(),
        headers,
        body: outgoing.body,
        stream: exchange.streams(),
        timeouts: Timeouts {
            connect: most.connect.min(left),
            first_token: if exchange.streams() { most.first_token.min(patience) } else { patience },
            idle: most.idle,
            total: most.total.min(left),
        },
    };
    let reply = deps.upstream.send(request).await?;
    let (candidate, first_token) = (candidate.clone(), move || began.elapsed());
    match reply.body {
        UpstreamBody::Whole(bytes) => {
            let mut answer = exchange.read_whole(speaks_messages, &bytes);
            if exchange.streams() && answer.is_ok() {
                answer = Err(ProviderFault::new(FaultClass::Protocol, "a stream was asked for and did not come"));
            }
            let answer = answer?;
            let body = StartedBody::Whole { bytes, answer };
            Ok(Started { candidate, speaks_messages, first_token: first_token(), body })
        }
        UpstreamBody::Events(mut events) => {
            if !exchange.streams() {
                return Err(ProviderFault::new(FaultClass::Protocol, "a stream came that was not asked for"));
            }
            let (mut decoder, mut first) = (Decoder::new(speaks_messages), Vec::new());
            loop {
                let Some(event) = events.next().await else {
                    return Err(ProviderFault::new(FaultClass::Protocol, "the stream ended before it began"));
                };
                let event = event?;
                let meaning = decoder.push(&event)?;
                // What fails before the first piece has been seen by nobody: another target may answer.
                if let Some(StreamEvent::Error(fault)) =
                    meaning.iter().find(|event| matches!(event, StreamEvent::Error(_)))
                {
                    return Err(fault.clone());
                }
                let begun = meaning.iter().any(is_piece);
                first.push((event, meaning));
                if begun {
                    let body = StartedBody::Stream { first, decoder, rest: events };
                    return Ok(Started { candidate, speaks_messages, first_token: first_token(), body });
                }
                if first.len() > EVENTS_BEFORE_FIRST_MAX {
                    return Err(ProviderFault::new(FaultClass::Protocol, "the stream does not begin"));
                }
            }
        }
    }
}

/// Whether an event is a piece of the answer, and not only its announcement.
fn is_piece(event: &StreamEvent) -> bool {
    match event {
        StreamEvent::Start { .. } | StreamEvent::Usage(_) => false,
        StreamEvent::Text(text) | StreamEvent::Refusal(text) | StreamEvent::Reasoning(text) => !text.is_empty(),
        _ => true,
    }
}
