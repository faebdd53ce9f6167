//! A provider's answer, before faults change it and before it is sent.

use bytes::{BufMut as _, Bytes, BytesMut};
use hyper::header::HeaderMap;
use serde::Serialize;

/// What an answer reports and costs, in tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// All input, cached or not.
    pub(crate) input: u64,
    /// Input that was read from the cache.
    pub(crate) cached: u64,
    /// Input that was written to the cache (Anthropic, where `cache_control` asks for it).
    pub(crate) written: u64,
    /// All output, reasoning among it.
    pub(crate) output: u64,
    pub(crate) reasoning: u64,
}

#[derive(Debug, Clone)]
pub(crate) enum Payload {
    Json(Bytes),
    /// Server-sent events, each with the empty line that ends it.
    Events(Vec<Bytes>),
}

#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// All but content type and length.
    pub(crate) headers: HeaderMap,
    pub(crate) payload: Payload,
    pub(crate) usage: Usage,
}

impl Reply {
    pub(crate) fn json(status: u16, headers: HeaderMap, body: &impl Serialize) -> Self {
        Self { status, headers, payload: Payload::Json(json_bytes(body)), usage: Usage::default() }
    }

    pub(crate) fn events(headers: HeaderMap, events: Vec<Bytes>) -> Self {
        Self { status: 200, headers, payload: Payload::Events(events), usage: Usage::default() }
    }

    pub(crate) fn with_usage(mut self, usage: Usage) -> Self {
        self.usage = usage;
        self
    }
}

/// Our own values always serialise: maps have text keys only.
pub(crate) fn json_bytes(body: &impl Serialize) -> Bytes {
    serde_json::to_vec(body).map(Bytes::from).unwrap_or_default()
}

/// Server-sent events under construction (WHATWG HTML, 9.2), in one buffer that the events share.
#[derive(Debug, Default)]
pub(crate) struct Events {
    buffer: BytesMut,
    events: Vec<Bytes>,
}

impl Events {
    pub(crate) fn with_capacity(events: usize, bytes: usize) -> Self {
        Self { buffer: BytesMut::with_capacity(bytes), events: Vec::with_capacity(events) }
    }

    /// `data: {json}`
    pub(crate) fn data(&mut self, body: &impl Serialize) {
        self.buffer.put_slice(b"data: ");
        // Writing to memory does not fail, and our own values always serialise.
        let _ = serde_json::to_writer((&mut self.buffer).writer(), body);
        self.end();
    }

    /// `event: name`, then `data: {json}`
    pub(crate) fn named(&mut self, name: &str, body: &impl Serialize) {
        self.buffer.put_slice(b"event: ");
        self.buffer.put_slice(name.as_bytes());
        self.buffer.put_slice(b"\n");
        self.data(body);
    }

    /// `event: name` with data that is JSON already.
    pub(crate) fn named_raw(&mut self, name: &str, parts: &[&str]) {
        self.buffer.put_slice(b"event: ");
        self.buffer.put_slice(name.as_bytes());
        self.buffer.put_slice(b"\n");
        self.raw(parts);
    }

    /// `data:` with parts that are JSON already.
    pub(crate) fn raw(&mut self, parts: &[&str]) {
        self.buffer.put_slice(b"data: ");
        for part in parts {
            self.buffer.put_slice(part.as_bytes());
        }
        self.end();
    }

    pub(crate) fn finish(self) -> Vec<Bytes> {
        self.events
    }

    fn end(&mut self) {
        self.buffer.put_slice(b"\n\n");
        self.events.push(self.buffer.split().freeze());
    }
}

/// A text as a JSON string, quotation marks included.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
