//! The last requests, for tests and for the console to look at.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use hyper::header::{HeaderMap, HeaderValue};
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::Value;

/// Requests that are kept.
const REQUESTS_MAX: usize = 200;

/// Larger bodies are not kept.
const BODY_BYTES_MAX: usize = 64 << 10;

/// Headers whose values are secrets; the first three say who asks.
const SECRET_HEADERS: &[&str] = &["authorization", "x-api-key", "api-key", "cookie", "proxy-authorization"];

/// How far an answer got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing or a part of it was sent yet.
    UnderWay,
    /// All that was to be sent was handed to the connection.
    Sent,
    /// A fault closed the connection, or the server stopped.
    Cut,
    /// The client closed the connection before the end.
    ClientLeft,
}

/// A request that was received.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RequestRecord {
    /// From 1, in order of arrival.
    pub number: u64,
    /// Seconds since 1970.
    pub at: u64,
    /// `openai`, `anthropic`, `azure`, or the name of a compatible provider.
    pub provider: String,
    /// HTTP method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The model, or Azure's deployment.
    pub model: Option<String>,
    /// Which header carried the key: `authorization`, `x-api-key` or `api-key`.
    pub auth: Option<String>,
    /// Names in lower case; the values of secrets are `***`.
    pub headers: BTreeMap<String, String>,
    /// The body, if it is JSON of at most 64 KiB.
    pub body: Option<Value>,
    /// Size of the body.
    pub body_bytes: usize,
    /// HTTP status of the answer; none if there was or will be no answer.
    pub status: Option<u16>,
    /// The fault that changed the answer.
    pub fault: Option<u64>,
    /// How far the answer got.
    pub outcome: Outcome,
    /// Whether the client closed the connection before the end.
    pub client_left: bool,
}

/// A request as a piece of its client's trace.
#[derive(Debug, Clone, PartialEq)]
pub struct TracedRequest {
    /// As [`RequestRecord::number`].
    pub number: u64,
    /// The header `traceparent` (W3C Trace Context), as it came.
    pub traceparent: String,
    /// When it was received.
    pub at: DateTime<Utc>,
    /// How long it took to the end of its answer; none before.
    pub took: Option<Duration>,
    /// As [`RequestRecord::provider`].
    pub provider: String,
    /// The model, or Azure's deployment.
    pub model: Option<String>,
    /// HTTP status of the answer; none if there was or will be no answer.
    pub status: Option<u16>,
    /// How far the answer got.
    pub outcome: Outcome,
}

/// A request as it is kept: read into a [`RequestRecord`] only when somebody looks.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) number: u64,
    pub(crate) at: u64,
    pub(crate) provider: String,
    pub(crate) method: hyper::Method,
    pub(crate) uri: hyper::Uri,
    pub(crate) model: Option<String>,
    headers: HeaderMap,
    auth: Option<&'static str>,
    body: Bytes,
    body_bytes: usize,
    pub(crate) fault: Option<u64>,
    status: AtomicU16,
    outcome: AtomicU8,
    arrived: DateTime<Utc>,
    began: Instant,
    /// Microseconds to the end; 0 before.
    took_us: AtomicU64,
}

/// What an entry is made of.
pub(crate) struct Received {
    pub(crate) number: u64,
    pub(crate) at: u64,
    pub(crate) provider: String,
    pub(crate) method: hyper::Method,
    pub(crate) uri: hyper::Uri,
    pub(crate) model: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) fault: Option<u64>,
    pub(crate) arrived: (DateTime<Utc>, Instant),
}

impl Entry {
    pub(crate) fn new(received: Received) -> Self {
        let Received { number, at, provider, method, uri, model, mut headers, body, fault, arrived } = received;
        let (arrived, began) = arrived;
        let auth = SECRET_HEADERS[..3].iter().copied().find(|name| headers.contains_key(*name));
        for name in SECRET_HEADERS {
            if let Some(value) = headers.get_mut(*name) {
                *value = HeaderValue::from_static("***");
            }
        }
        let body_bytes = body.len();
        let body = if body_bytes > BODY_BYTES_MAX { Bytes::new() } else { body };
        let (status, outcome) = (AtomicU16::new(0), AtomicU8::new(Outcome::UnderWay as u8));
        let took_us = AtomicU64::new(0);
        Self {
            number,
            at,
            provider,
            method,
            uri,
            model,
            headers,
            auth,
            body,
            body_bytes,
            fault,
            status,
            outcome,
            arrived,
            began,
            took_us,
        }
    }

    pub(crate) fn answered(&self, status: u16) {
        self.status.store(status, Ordering::Relaxed);
    }

    pub(crate) fn ended(&self, outcome: Outcome) {
        let took = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.took_us.store(took.max(1), Ordering::Relaxed);
        self.outcome.store(outcome as u8, Ordering::Release);
    }

    fn outcome(&self) -> Outcome {
        match self.outcome.load(Ordering::Acquire) {
            outcome if outcome == Outcome::Sent as u8 => Outcome::Sent,
            outcome if outcome == Outcome::Cut as u8 => Outcome::Cut,
            outcome if outcome == Outcome::ClientLeft as u8 => Outcome::ClientLeft,
            _ => Outcome::UnderWay,
        }
    }

    /// As a piece of `trace`, 32 hexadecimal digits, if its client said that it is one.
    fn traced(&self, trace: &str) -> Option<TracedRequest> {
        let traceparent = self.headers.get("traceparent")?.to_str().ok()?;
        let is_of = traceparent.split('-').nth(1) == Some(trace);
        let outcome = self.outcome();
        let (status, took) = (self.status.load(Ordering::Relaxed), self.took_us.load(Ordering::Relaxed));
        is_of.then(|| TracedRequest {
            number: self.number,
            traceparent: traceparent.to_owned(),
            at: self.arrived,
            took: (took != 0).then(|| Duration::from_micros(took)),
            provider: self.provider.clone(),
            model: self.model.clone(),
            status: (status != 0).then_some(status),
            outcome,
        })
    }

    fn read(&self) -> RequestRecord {
        let outcome = self.outcome();
        let headers = self.headers.iter();
        let status = self.status.load(Ordering::Relaxed);
        RequestRecord {
            number: self.number,
            at: self.at,
            provider: self.provider.clone(),
            method: self.method.to_string(),
            path: self.uri.to_string(),
            model: self.model.clone(),
            auth: self.auth.map(str::to_owned),
            headers: headers
                .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
                .collect(),
            body: serde_json::from_slice(&self.body).ok(),
            body_bytes: self.body_bytes,
            status: (status != 0).then_some(status),
            fault: self.fault,
            outcome,
            client_left: outcome == Outcome::ClientLeft,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Log(Mutex<VecDeque<Arc<Entry>>>);

impl Log {
    pub(crate) fn push(&self, entry: Arc<Entry>) {
        // The oldest is dropped after the lock is free again.
        let _oldest = {
            let mut entries = self.0.lock();
            let oldest = if entries.len() >= REQUESTS_MAX { entries.pop_front() } else { None };
            entries.push_back(entry);
            oldest
        };
    }

    /// Oldest first.
    pub(crate) fn read(&self) -> Vec<RequestRecord> {
        let entries: Vec<Arc<Entry>> = self.0.lock().iter().cloned().collect();
        entries.iter().map(|entry| entry.read()).collect()
    }

    /// Those of a trace, oldest first.
    pub(crate) fn traced(&self, trace: &str) -> Vec<TracedRequest> {
        self.0.lock().iter().filter_map(|entry| entry.traced(trace)).collect()
    }

    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }
}

/// Follows a request to its end: dropped before that, its client has left.
#[derive(Debug)]
pub(crate) struct Follow {
    entry: Option<Arc<Entry>>,
}

impl Follow {
    pub(crate) fn new(entry: Option<Arc<Entry>>) -> Self {
        Self { entry }
    }

    pub(crate) fn ended(&mut self, outcome: Outcome) {
        if let Some(entry) = self.entry.take() {
            entry.ended(outcome);
        }
    }
}

impl Drop for Follow {
    fn drop(&mut self) {
        self.ended(Outcome::ClientLeft);
    }
}
