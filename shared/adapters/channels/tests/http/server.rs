//! A server that says what a test wants, and remembers what it was asked.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a request is answered with.
#[derive(Debug, Clone)]
pub(crate) enum Say {
    /// Status, headers, body.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// Nothing.
    Silence,
    /// The connection is cut after the request was read.
    Cut,
    /// A success whose body never ends.
    Endless,
}

#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(given, _)| given == name).map_or("", |(_, value)| value)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub(crate) async fn saying(say: Say) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self { url: format!("http://{}", listener.local_addr().unwrap()), asked: Arc::default() };
        let app = Router::new().fallback(answer).with_state((server.clone(), say));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        server
    }

    pub(crate) async fn answering(status: u16, body: &str) -> Self {
        Self::saying(Say::Answer(status, Vec::new(), body.to_owned())).await
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

async fn answer(State((server, say)): State<(Server, Say)>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1_000_000).await.unwrap();
    let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    server.asked.lock().unwrap().push(Asked {
        line: format!("{} {}", parts.method, parts.uri),
        headers: headers.collect(),
        body: String::from_utf8(body.to_vec()).unwrap(),
    });
    match say {
        Say::Answer(status, headers, body) => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            response.body(Body::from(body)).unwrap()
        }
        Say::Silence => std::future::pending().await,
        // hyper closes the connection of a handler that panics.
        Say::Cut => std::panic::resume_unwind(Box::new("cut")),
        Say::Endless => {
            let piece = Bytes::from(vec![b'x'; 1_000]);
            let pieces = futures::stream::unfold(piece, |piece| async move {
                tokio::time::sleep(Duration::from_micros(10)).await;
                Some((Ok::<_, std::io::Error>(piece.clone()), piece))
            });
            Response::builder().status(200).body(Body::from_stream(pieces)).unwrap()
        }
    }
}
