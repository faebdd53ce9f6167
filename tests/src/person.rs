//! Somebody who uses the API.

use crate::eventually;
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_default()
    }

    /// A header as text; empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The same if it has this status; otherwise fails and shows what came instead.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        self
    }

    /// The same if it is this problem about this field; otherwise fails and shows what came instead.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str, field: &str) -> Self {
        let problem = self.json();
        assert_eq!((self.status, problem["code"].as_str()), (status, Some(code)), "{problem}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{problem}");
        if !field.is_empty() {
            assert_eq!(problem["errors"][0]["field"], field, "{problem}");
        }
        self
    }
}

/// Somebody with a token, or without.
#[derive(Clone)]
pub struct Person {
    client: Client,
    url: String,
    token: String,
}

impl Person {
    pub(crate) fn new(client: Client, url: String, token: String) -> Self {
        Self { client, url, token }
    }

    /// The bearer token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// A request as this person, to be completed.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        if self.token.is_empty() { request } else { request.bearer_auth(&self.token) }
    }

    /// Sends a request and reads the answer.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.expect("the gateway answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.expect("the answer is whole").to_vec();
        Answer { status, headers, bytes }
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// `POST` with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    /// `PUT` with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Makes a Markdown document and returns its id.
    pub async fn writes(&self, title: &str, content: &str) -> String {
        let body = json!({ "title": title, "content": content, "content_type": "text/markdown" });
        let answer = self.post("/v1/documents", body).await.expect(201);
        answer.json()["id"].as_str().expect("a document has an id").to_owned()
    }

    /// Shares a document.
    pub async fn shares(&self, document: &str, reader: &str, role: &str) {
        let path = format!("/v1/documents/{document}/shares/{reader}");
        let answer = self.put(&path, json!({ "role": role })).await;
        assert!(answer.status < 300, "{}", String::from_utf8_lossy(&answer.bytes));
    }

    /// The ids of the documents that a search finds.
    pub async fn finds(&self, text: &str) -> Vec<String> {
        let answer = self.post("/v1/search", json!({ "text": text, "size": 100 })).await.expect(200);
        ids(&answer.json())
    }

    /// Waits until a search finds exactly these documents, in any order.
    pub async fn comes_to_find(&self, text: &str, expected: &[&str]) {
        let mut expected: Vec<String> = expected.iter().map(|id| (*id).to_owned()).collect();
        expected.sort();
        let what = format!("a search for {text} finds {expected:?}");
        eventually(&what, || async {
            let mut found = self.finds(text).await;
            found.sort();
            (found == expected).then_some(())
        })
        .await;
    }
}

/// The ids of an answer's hits.
fn ids(answer: &Value) -> Vec<String> {
    let hits = answer["hits"].as_array().cloned().unwrap_or_default();
    hits.iter().map(|hit| hit["id"].as_str().unwrap_or_default().to_owned()).collect()
}
