//! Whom a request goes to, and a connection to them.

use anyhow::Context;
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// An answer takes no longer than this.
const ANSWER_MAX: Duration = Duration::from_secs(60);
/// Where in a chunk of Chat Completions the text stands; a role-only delta has an empty one.
const CONTENT: &[u8] = b"\"content\":\"";

/// Something that speaks OpenAI's Chat Completions.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) name: String,
    /// Host and port.
    pub(crate) address: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
}

/// An answer, and how long it took.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Until the first piece of text, of a stream.
    pub(crate) first: Option<Duration>,
    /// Until the last byte.
    pub(crate) took: Duration,
}

impl Answer {
    /// The answer, if it is one.
    pub(crate) fn good(self, target: &Target) -> anyhow::Result<Self> {
        let start = String::from_utf8_lossy(&self.body[..self.body.len().min(400)]).into_owned();
        anyhow::ensure!(self.status.is_success(), "{} answered {}: {start}", target.name, self.status);
        Ok(self)
    }

    /// Pieces of text in a stream.
    pub(crate) fn pieces(&self) -> usize {
        pieces(&self.body)
    }

    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// One connection that is kept alive; opened anew where the other side has closed it.
pub(crate) struct Connection {
    target: Arc<Target>,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    pub(crate) fn new(target: &Target) -> Self {
        Self { target: Arc::new(target.clone()), sender: None }
    }

    async fn sender(&mut self) -> anyhow::Result<&mut SendRequest<Full<Bytes>>> {
        let ready = match &mut self.sender {
            Some(sender) => sender.ready().await.is_ok(),
            None => false,
        };
        if !ready {
            let stream = TcpStream::connect(&self.target.address).await.context(self.target.address.clone())?;
            stream.set_nodelay(true)?;
            let (sender, connection) = handshake(TokioIo::new(stream)).await?;
            tokio::spawn(connection);
            self.sender = Some(sender);
        }
        self.sender.as_mut().context("a connection was just opened")
    }

    /// Sends `body` and reads all of the answer. An error is a broken connection, not a refusal.
    pub(crate) async fn ask(&mut self, body: Bytes) -> anyhow::Result<Answer> {
        let target = self.target.clone();
        let mut request =
            Request::post(&target.path).header(HOST, &target.address).header(CONTENT_TYPE, "application/json");
        for (name, value) in &target.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(body))?;
        let sender = self.sender().await?;
        let asked = tokio::time::timeout(ANSWER_MAX, exchange(sender, request)).await;
        let answer = asked.with_context(|| format!("{} does not answer", target.name)).and_then(|answer| answer);
        if answer.is_err() {
            self.sender = None;
        }
        answer
    }
}

async fn exchange(sender: &mut SendRequest<Full<Bytes>>, request: Request<Full<Bytes>>) -> anyhow::Result<Answer> {
    let began = Instant::now();
    let (head, mut body) = sender.send_request(request).await?.into_parts();
    let streams = head.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    let (mut all, mut first) = (BytesMut::new(), None);
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            all.extend_from_slice(&data);
        }
        if streams && first.is_none() && pieces(&all) > 0 {
            first = Some(began.elapsed());
        }
    }
    Ok(Answer { status: head.status, headers: head.headers, body: all.freeze(), first, took: began.elapsed() })
}

/// Occurrences of a text that is not empty.
fn pieces(body: &[u8]) -> usize {
    let at = |place: &usize| body[*place..].starts_with(CONTENT) && body.get(place + CONTENT.len()) != Some(&b'"');
    (0..body.len()).filter(at).count()
}
