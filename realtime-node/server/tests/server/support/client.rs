//! A client that speaks raw frames.

use super::{Node, within};
use futures::{SinkExt, StreamExt};
use octavo_domain_signalr::{Decoder, Message, Protocol, encode};
use serde_json::{Value, json};
use std::collections::VecDeque;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest};

/// A record as JSON, or the end of the socket.
pub(crate) type Record = Option<Value>;

/// A client over a WebSocket, in JSON.
pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<TcpStream>,
    waiting: VecDeque<Value>,
    /// Of the negotiation.
    pub(crate) token: String,
    pub(crate) id: String,
    next: u32,
}

impl Client {
    /// A socket at a path with its query, before its handshake.
    pub(crate) async fn socket(node: &Node, path: &str) -> Result<WebSocketStream<TcpStream>, tungstenite::Error> {
        let stream = TcpStream::connect(node.address).await.unwrap();
        let request = format!("ws://{}{path}", node.address).into_client_request().unwrap();
        tokio_tungstenite::client_async(request, stream).await.map(|(socket, _)| socket)
    }

    /// The status that refuses a socket.
    pub(crate) async fn refusal(node: &Node, path: &str) -> u16 {
        match Self::socket(node, path).await {
            Err(tungstenite::Error::Http(response)) => response.status().as_u16(),
            other => panic!("expected a refusal: {:?}", other.map(|_| "a socket")),
        }
    }

    /// Negotiates; the answer.
    pub(crate) async fn negotiate(node: &Node, token: &str, query: &str) -> Value {
        let url = node.url(&format!("/hubs/test/negotiate?{query}"));
        let answer = reqwest::Client::new().post(url).bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    /// Connected, its handshake done.
    pub(crate) async fn connect(node: &Node, token: &str) -> Self {
        Self::shaken(node, token, "negotiateVersion=1", 1).await
    }

    /// The same with stateful reconnect.
    pub(crate) async fn stateful(node: &Node, token: &str) -> Self {
        Self::shaken(node, token, "negotiateVersion=1&useStatefulReconnect=true", 2).await
    }

    async fn shaken(node: &Node, token: &str, query: &str, version: u32) -> Self {
        let negotiated = Self::negotiate(node, token, query).await;
        let id = negotiated["connectionToken"].as_str().unwrap().to_owned();
        let socket = Self::socket(node, &format!("/hubs/test?id={id}&access_token={token}")).await.unwrap();
        let mut client = Self {
            socket,
            waiting: VecDeque::new(),
            token: id,
            id: negotiated["connectionId"].as_str().unwrap().to_owned(),
            next: 0,
        };
        client.text(&format!("{{\"protocol\":\"json\",\"version\":{version}}}\u{1e}")).await;
        assert_eq!(client.record().await, Some(json!({})));
        client
    }

    /// Over a socket that is there, whatever it is.
    pub(crate) fn over(socket: WebSocketStream<TcpStream>) -> Self {
        Self { socket, waiting: VecDeque::new(), token: String::new(), id: String::new(), next: 0 }
    }

    pub(crate) async fn text(&mut self, text: &str) {
        self.socket.send(tungstenite::Message::text(text)).await.unwrap();
    }

    pub(crate) async fn send(&mut self, record: Value) {
        self.text(&format!("{record}\u{1e}")).await;
    }

    /// The next record; pings are passed over.
    pub(crate) async fn record(&mut self) -> Record {
        loop {
            match self.any().await {
                Some(record) if record["type"] == 6 => {}
                record => return record,
            }
        }
    }

    /// The next record, whatever it is.
    pub(crate) async fn any(&mut self) -> Record {
        loop {
            if let Some(record) = self.waiting.pop_front() {
                return Some(record);
            }
            match within("a record", self.socket.next()).await {
                Some(Ok(tungstenite::Message::Text(text))) => {
                    assert!(text.ends_with('\u{1e}'), "whole records: {text}");
                    let records = text.split('\u{1e}').filter(|record| !record.is_empty());
                    self.waiting.extend(records.map(|record| serde_json::from_str::<Value>(record).unwrap()));
                }
                Some(Ok(tungstenite::Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// Sends an invocation; its id.
    pub(crate) async fn begin(&mut self, target: &str, arguments: Value) -> String {
        let id = self.fresh();
        self.send(json!({"type": 1, "invocationId": id, "target": target, "arguments": arguments})).await;
        id
    }

    pub(crate) fn fresh(&mut self) -> String {
        self.next += 1;
        self.next.to_string()
    }

    /// Invokes and gets the completion; pushes that come first are an error of the test.
    pub(crate) async fn invoke(&mut self, target: &str, arguments: Value) -> Value {
        let id = self.begin(target, arguments).await;
        let completion = self.record().await.expect("a completion");
        assert_eq!(
            (&completion["type"], completion["invocationId"].as_str()),
            (&json!(3), Some(id.as_str())),
            "{completion}"
        );
        completion
    }

    /// Invokes and gets the result.
    pub(crate) async fn result(&mut self, target: &str, arguments: Value) -> Value {
        let completion = self.invoke(target, arguments).await;
        assert_eq!(completion.get("error"), None, "{completion}");
        completion["result"].clone()
    }

    /// Invokes and gets the error.
    pub(crate) async fn error(&mut self, target: &str, arguments: Value) -> String {
        let completion = self.invoke(target, arguments).await;
        completion["error"].as_str().unwrap_or_else(|| panic!("no error: {completion}")).to_owned()
    }

    /// The next push: its target and arguments.
    pub(crate) async fn pushed(&mut self) -> (String, Value) {
        let record = self.record().await.expect("a push");
        assert_eq!(record["type"], 1, "{record}");
        (record["target"].as_str().unwrap().to_owned(), record["arguments"].clone())
    }

    /// Nothing came before the answer to what is asked now.
    pub(crate) async fn hears_nothing(&mut self) {
        self.result("Void", json!([])).await;
    }
}

/// A message of MessagePack, and what it is in JSON's words.
pub(crate) fn packed(message: &Message) -> tungstenite::Message {
    tungstenite::Message::binary(encode(Protocol::MessagePack, message).unwrap())
}

/// The messages of a binary frame.
pub(crate) fn unpacked(bytes: &[u8]) -> Vec<Message> {
    let mut decoder = Decoder::new(Protocol::MessagePack, usize::MAX);
    let mut input = bytes;
    let mut messages = Vec::new();
    while let Some(message) = decoder.decode(&mut input).unwrap() {
        messages.push(message);
    }
    assert_eq!(decoder.waiting_bytes(), 0, "whole records");
    messages
}
