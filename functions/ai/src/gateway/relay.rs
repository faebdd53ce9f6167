//! An answer that comes in pieces: read from the provider, put into the caller's form, told on as it comes.
//!
//! Runs in a task of its own. A caller that goes away does not end it: what the provider has begun must be paid for, so
//! the stream is read on to its usage, for a limited time. It ends when the call is settled, and only then does the
//! response's body end, so that the platform does not end the invocation before.

use super::attempt::{Started, StartedBody, Understood};
use super::cached::KEPT_BYTES_MAX;
use super::exchange::{Decoder, Exchange};
use super::prepare::Prepared;
use super::settle::{End, Ticket};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use futures::stream::BoxStream;
use http::{HeaderValue, StatusCode};
use octavo_domain_ai::ports::ServerSentEvent;
use octavo_domain_ai::safety::Restorer;
use octavo_domain_ai::wire::{AnswerContext, Dialect, chat, messages, responses, sse};
use octavo_domain_ai::{Assembly, FaultClass, ProviderFault, StreamEvent};
use octavo_wiring_edge::Response;
use std::io;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;

pub(crate) const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream; charset=utf-8");
/// Frames between the provider and the caller; a slower caller slows the provider's stream down.
const FRAMES_BUFFERED: usize = 64;

/// After the provider has said that this is all, its connection has so long to end.
const LINGER_MAX: Duration = Duration::from_millis(500);

/// How frames for the caller are made.
enum Writer {
    /// As the provider sent them: both speak the same form.
    Pass {
        dialect: Dialect,
        /// The usage was asked for by us and not by the caller: it is not shown.
        hide_usage: bool,
    },
    Chat(chat::StreamEncoder),
    Messages(messages::StreamEncoder),
    Responses(Box<responses::StreamEncoder>),
}

impl Writer {
    fn new(exchange: &Exchange, native: bool, prepared: &Prepared, context: &AnswerContext) -> Option<Self> {
        let Exchange::Chat { dialect, decoded, .. } = exchange else { return None };
        let hide_usage = !decoded.prompt.stream_usage && *dialect == Dialect::Chat;
        Some(match dialect {
            _ if native && prepared.redactions.is_empty() => Self::Pass { dialect: *dialect, hide_usage },
            Dialect::Chat => Self::Chat(chat::StreamEncoder::new(context.clone())),
            Dialect::Messages => Self::Messages(messages::StreamEncoder::new(context.clone(), prepared.input_tokens)),
            Dialect::Responses => {
                Self::Responses(Box::new(responses::StreamEncoder::new(context.clone(), &prepared.echo())))
            }
        })
    }

    fn write(&mut self, event: &ServerSentEvent, meaning: &[StreamEvent], into: &mut BytesMut) {
        match self {
            Self::Pass { hide_usage: true, .. } if chat::is_usage_only(event) => {}
            Self::Pass { hide_usage: true, .. } => match chat::without_null_usage(&event.data) {
                Some(data) => into.extend_from_slice(&sse(&event.name, &data)),
                None => into.extend_from_slice(&sse(&event.name, &event.data)),
            },
            Self::Pass { .. } => into.extend_from_slice(&sse(&event.name, &event.data)),
            _ => meaning.iter().for_each(|event| self.encode(event, into)),
        }
    }

    fn encode(&mut self, event: &StreamEvent, into: &mut BytesMut) {
        let frames = match self {
            Self::Chat(encoder) => encoder.push(event),
            Self::Messages(encoder) => encoder.push(event),
            Self::Responses(encoder) => encoder.push(event),
            Self::Pass { dialect, .. } => match event {
                // Only a failure is written by ourselves here.
                StreamEvent::Error(fault) => {
                    let event = StreamEvent::Error(fault.clone());
                    match dialect {
                        Dialect::Messages => messages::StreamEncoder::new(nobody(), 0).push(&event),
                        _ => chat::StreamEncoder::new(nobody()).push(&event),
                    }
                }
                _ => Vec::new(),
            },
        };
        for frame in frames {
            into.extend_from_slice(&frame);
        }
    }
}

/// Puts personal data back into a stream: a placeholder may be cut anywhere.
struct Restoring {
    text: Restorer,
    /// One for each call of a function, by its index.
    arguments: Vec<Restorer>,
    fresh: Restorer,
}

impl Restoring {
    fn new(prepared: &Prepared) -> Option<Self> {
        let fresh = || Restorer::new(prepared.redactions.clone());
        (!prepared.redactions.is_empty()).then(|| Self { text: fresh(), arguments: Vec::new(), fresh: fresh() })
    }

    /// The events with personal data back in its places; what is held back comes before whatever is no text.
    fn pass(&mut self, events: Vec<StreamEvent>) -> Vec<StreamEvent> {
        let mut out = Vec::with_capacity(events.len() + 1);
        for event in events {
            match event {
                StreamEvent::Text(text) => out.push(StreamEvent::Text(self.text.push(&text))),
                StreamEvent::ToolCallArguments { index, json } => {
                    let position = index as usize;
                    while self.arguments.len() <= position.min(1_024) {
                        self.arguments.push(self.fresh.clone());
                    }
                    let json = match self.arguments.get_mut(position) {
                        Some(restorer) => restorer.push(&json),
                        None => json,
                    };
                    out.push(StreamEvent::ToolCallArguments { index, json });
                }
                StreamEvent::Start { .. } | StreamEvent::Usage(_) => out.push(event),
                event => {
                    self.flush(&mut out);
                    out.push(event);
                }
            }
        }
        out
    }

    fn flush(&mut self, out: &mut Vec<StreamEvent>) {
        let held = self.text.finish();
        if !held.is_empty() {
            out.push(StreamEvent::Text(held));
        }
        for (index, restorer) in self.arguments.iter_mut().enumerate() {
            let json = restorer.finish();
            if !json.is_empty() {
                out.push(StreamEvent::ToolCallArguments { index: index as u32, json });
            }
        }
    }
}

/// The response to a caller that wants its answer in pieces; none if the answer has not come so.
pub(crate) fn stream(
    ticket: Ticket,
    started: Started,
    prepared: &Prepared,
    context: &AnswerContext,
) -> Option<Response> {
    let StartedBody::Stream { first, decoder, rest } = started.body else { return None };
    let native = prepared.exchange.is_native(started.speaks_messages);
    let writer = Writer::new(&prepared.exchange, native, prepared, context)?;
    let (frames, body) = mpsc::channel(FRAMES_BUFFERED);
    let relay = Relay {
        writer,
        restoring: Restoring::new(prepared),
        assembly: Assembly::default(),
        frames: Some(frames),
        kept: Some(BytesMut::new()),
        drain_until: None,
        drain_max: ticket.deps.options.drain_max,
        deadline: ticket.began + ticket.deps.options.timeouts.total,
    };
    let (target, first_token) = (started.candidate.target, started.first_token);
    tokio::spawn(async move {
        let ended = relay.run(first, decoder, rest).await;
        let end = End {
            answered_by: Some((&target, first_token)),
            answer: Some(ended.assembly.answer()),
            complete: ended.assembly.is_complete(),
            fault: ended.fault.as_ref(),
            cancelled: ended.cancelled,
            body: ended.kept.map(BytesMut::freeze),
            streamed: true,
        };
        ticket.settle(end).await;
        // The last sender: the body ends now.
        drop(ended.frames);
    });
    Some(Response::stream(StatusCode::OK, EVENT_STREAM, ReceiverStream::new(body).boxed()))
}

struct Relay {
    writer: Writer,
    restoring: Option<Restoring>,
    assembly: Assembly,
    frames: Option<mpsc::Sender<Result<Bytes, io::Error>>>,
    /// What the caller got so far; none once it is too much to be kept.
    kept: Option<BytesMut>,
    /// Set when the caller has gone.
    drain_until: Option<Instant>,
    drain_max: Duration,
    deadline: Instant,
}

struct Ended {
    assembly: Assembly,
    fault: Option<ProviderFault>,
    cancelled: bool,
    kept: Option<BytesMut>,
    frames: Option<mpsc::Sender<Result<Bytes, io::Error>>>,
}

impl Relay {
    async fn run(
        mut self,
        first: Vec<Understood>,
        mut decoder: Decoder,
        mut rest: BoxStream<'static, Result<ServerSentEvent, ProviderFault>>,
    ) -> Ended {
        let mut out = BytesMut::new();
        for (event, meaning) in first {
            self.take(&event, meaning, &mut out);
        }
        self.send(&mut out).await;
        let fault = loop {
            if let Some(fault) = self.assembly.error() {
                break Some(fault.clone());
            }
            let mut until = self.drain_until.unwrap_or(self.deadline);
            if self.assembly.is_complete() {
                until = until.min(Instant::now() + LINGER_MAX);
            }
            // A caller may also leave while the provider is silent: nothing is sent then that would tell.
            let left = async {
                match &self.frames {
                    Some(frames) => frames.closed().await,
                    None => std::future::pending().await,
                }
            };
            let next = tokio::select! {
                biased;
                next = tokio::time::timeout_at(until, rest.next()) => next,
                () = left => {
                    self.leave();
                    continue;
                }
            };
            let next = match next {
                Ok(next) => next,
                Err(_) if self.drain_until.is_some() || self.assembly.is_complete() => break None,
                Err(_) => break Some(ProviderFault::new(FaultClass::Timeout, "the answer took too long in all")),
            };
            match next {
                None if self.assembly.is_complete() => break None,
                // Never silently short: what ends without its end was cut.
                None => break Some(ProviderFault::new(FaultClass::Protocol, "the provider's answer ended early")),
                // After the provider has said that this is all, a broken connection costs nothing.
                Some(Err(_)) if self.assembly.is_complete() => break None,
                Some(Err(fault)) => break Some(fault),
                Some(Ok(event)) => match decoder.push(&event) {
                    Ok(meaning) => self.take(&event, meaning, &mut out),
                    Err(fault) => break Some(fault),
                },
            }
            self.send(&mut out).await;
        };
        if let Some(fault) = &fault {
            tracing::warn!(%fault, "a provider failed in mid-stream");
            self.writer.encode(&StreamEvent::Error(told(fault)), &mut out);
            self.send(&mut out).await;
        }
        let cancelled = self.drain_until.is_some();
        Ended { assembly: self.assembly, fault, cancelled, kept: self.kept, frames: self.frames }
    }

    fn take(&mut self, event: &ServerSentEvent, meaning: Vec<StreamEvent>, out: &mut BytesMut) {
        let meaning = match &mut self.restoring {
            Some(restoring) => restoring.pass(meaning),
            None => meaning,
        };
        meaning.iter().for_each(|event| self.assembly.push(event));
        // A failure is told once, in our words, after the loop.
        if self.assembly.error().is_none() {
            self.writer.write(event, &meaning, out);
        }
    }

    /// Sends what has gathered, in one piece.
    async fn send(&mut self, out: &mut BytesMut) {
        if out.is_empty() {
            return;
        }
        let piece = out.split().freeze();
        match &mut self.kept {
            Some(kept) if kept.len() + piece.len() <= KEPT_BYTES_MAX => kept.extend_from_slice(&piece),
            kept => *kept = None,
        }
        let Some(frames) = &self.frames else { return };
        if frames.send(Ok(piece)).await.is_err() {
            self.leave();
        }
    }

    /// The caller has gone.
    fn leave(&mut self) {
        self.frames = None;
        self.drain_until = Some(Instant::now() + self.drain_max);
    }
}

/// A failure says nothing of who answered.
fn nobody() -> AnswerContext {
    let (id, model) = (String::new(), String::new());
    AnswerContext { id, model, created: 0, stream_usage: false, show_reasoning: false }
}

/// A failure as the caller is told of it: the provider's own words may speak of our account with it.
fn told(fault: &ProviderFault) -> ProviderFault {
    let provider = String::new();
    let message = crate::AiFault::Provider { provider, fault: fault.clone() }.to_string();
    ProviderFault { message, ..fault.clone() }
}
