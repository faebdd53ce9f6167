//! A SignalR client that is as bare as can be: JSON over a WebSocket.

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Longer than anything takes, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(90);
/// Ends a record.
const END: char = '\u{1e}';

pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    partial: String,
    waiting: VecDeque<Value>,
    next_id: u64,
}

impl Client {
    /// Connects without negotiating and shakes hands.
    pub(crate) async fn connect(node: SocketAddr, hub: &str, token: &str) -> Self {
        Self::connect_with(node, hub, &format!("access_token={token}")).await
    }

    /// The same with a query of one's own.
    pub(crate) async fn connect_with(node: SocketAddr, hub: &str, query: &str) -> Self {
        let url = format!("ws://{node}/hubs/{hub}?{query}");
        let (socket, _) = connect_async(url).await.unwrap();
        let mut client = Self { socket, partial: String::new(), waiting: VecDeque::new(), next_id: 0 };
        client.write(&json!({ "protocol": "json", "version": 1 })).await;
        assert_eq!(client.record().await, Some(json!({})));
        client
    }

    pub(crate) async fn write(&mut self, record: &Value) {
        self.socket.send(Message::text(format!("{record}{END}"))).await.unwrap();
    }

    /// The next record that is no ping; none where the connection has ended.
    async fn record(&mut self) -> Option<Value> {
        loop {
            if let Some((record, rest)) = self.partial.split_once(END) {
                let record: Value = serde_json::from_str(record).unwrap();
                self.partial = rest.to_owned();
                if record["type"] != 6 {
                    return Some(record);
                }
                continue;
            }
            let next = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("something comes in time");
            match next {
                Some(Ok(Message::Text(text))) => self.partial.push_str(&text),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The first record that is `wanted`; the others are kept.
    pub(crate) async fn find(&mut self, what: &str, mut wanted: impl FnMut(&Value) -> bool) -> Value {
        if let Some(at) = self.waiting.iter().position(&mut wanted) {
            return self.waiting.remove(at).unwrap();
        }
        loop {
            let record = self.record().await.unwrap_or_else(|| panic!("ended before {what}; had {:?}", self.waiting));
            if wanted(&record) {
                return record;
            }
            self.waiting.push_back(record);
        }
    }

    /// Begins an invocation (type 1) or a stream (type 4); its id.
    pub(crate) async fn begin(&mut self, kind: u8, target: &str, arguments: Value, streams: &[&str]) -> String {
        self.next_id += 1;
        let id = self.next_id.to_string();
        let mut record = json!({ "type": kind, "invocationId": id, "target": target, "arguments": arguments });
        if !streams.is_empty() {
            record["streamIds"] = json!(streams);
        }
        self.write(&record).await;
        id
    }

    /// What a begun invocation gives.
    pub(crate) async fn completed(&mut self, id: &str) -> Result<Value, String> {
        let done = self.find("a completion", |record| record["type"] == 3 && record["invocationId"] == id).await;
        match done["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(done["result"].clone()),
        }
    }

    pub(crate) async fn ask(&mut self, target: &str, arguments: Value) -> Result<Value, String> {
        let id = self.begin(1, target, arguments, &[]).await;
        self.completed(&id).await
    }

    pub(crate) async fn call(&mut self, target: &str, arguments: Value) -> Value {
        self.ask(target, arguments).await.unwrap_or_else(|error| panic!("{target}: {error}"))
    }

    pub(crate) async fn refused(&mut self, target: &str, arguments: Value) -> String {
        match self.ask(target, arguments).await {
            Err(error) => error,
            Ok(result) => panic!("{target} gave {result}"),
        }
    }

    /// The arguments of the next push to `target`.
    pub(crate) async fn pushed(&mut self, target: &str) -> Vec<Value> {
        let pushed = self.find(target, |record| record["type"] == 1 && record["target"] == target).await;
        pushed["arguments"].as_array().unwrap().clone()
    }

    /// The items of a stream, and its error.
    pub(crate) async fn streamed(&mut self, target: &str, arguments: Value) -> (Vec<Value>, Option<String>) {
        let id = self.begin(4, target, arguments, &[]).await;
        self.items(&id).await
    }

    pub(crate) async fn items(&mut self, id: &str) -> (Vec<Value>, Option<String>) {
        let mut items = Vec::new();
        loop {
            let record = self.find("an item", |record| record["invocationId"] == id).await;
            if record["type"] == 3 {
                return (items, record["error"].as_str().map(str::to_owned));
            }
            items.push(record["item"].clone());
        }
    }

    /// Whether something for `target` came and waits.
    pub(crate) fn has(&self, target: &str) -> bool {
        self.waiting.iter().any(|record| record["type"] == 1 && record["target"] == target)
    }

    /// That nothing of `targets` came so far: a question is answered after what was sent before.
    pub(crate) async fn nothing_of(&mut self, targets: &[&str], question: (&str, Value)) {
        self.ask(question.0, question.1).await.unwrap();
        let found = self.waiting.iter().find(|record| {
            record["type"] == 1 && record["target"].as_str().is_some_and(|target| targets.contains(&target))
        });
        assert_eq!(found, None);
    }

    /// The connection has ended; what it was told.
    pub(crate) async fn ended(mut self) -> Option<Value> {
        let mut close = None;
        while let Some(record) = self.record().await {
            if record["type"] == 7 {
                close = Some(record);
            }
        }
        close
    }

    /// Goes without a word.
    pub(crate) fn drop_it(self) {
        drop(self.socket);
    }
}
