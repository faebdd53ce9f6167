//! A Yjs client over a WebSocket of another library: does what `y-websocket` does.

use super::{Node, PATIENCE};
use futures::{SinkExt, StreamExt};
use octavo_domain_collaboration::{Message, TEXT_NAME, messages};
use octavo_domain_kernel::DocumentId;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message as Frame;
use yrs::sync::{Awareness, AwarenessUpdate};
use yrs::updates::decoder::Decode;
use yrs::updates::encoder::Encode;
use yrs::{Doc, GetString, OffsetKind, Options, ReadTxn, StateVector, Text, TextRef, Transact, Update};

struct Inner {
    doc: Doc,
    text: TextRef,
    /// Other clients' states, as JSON.
    others: Mutex<HashMap<u64, (u32, String)>>,
    denied: Mutex<Vec<String>>,
    synced: Mutex<bool>,
}

pub(crate) struct Browser {
    pub(crate) id: u64,
    inner: Arc<Inner>,
    out: UnboundedSender<Frame>,
    closed: watch::Receiver<Option<u16>>,
    changed: watch::Receiver<u64>,
}

impl Browser {
    pub(crate) async fn join(node: &Node, document: DocumentId, token: &str) -> Self {
        let options = Options { offset_kind: OffsetKind::Utf16, ..Options::default() };
        Self::join_with(node, document, token, Doc::with_options(options)).await
    }

    /// With a document that it had before: it was offline.
    pub(crate) async fn join_with(node: &Node, document: DocumentId, token: &str, doc: Doc) -> Self {
        Self::connect(&node.url(&format!("{document}?token={token}")), doc).await
    }

    pub(crate) async fn connect(url: &str, doc: Doc) -> Self {
        let (socket, _) = connect_async(url).await.unwrap();
        let (mut sink, mut stream) = socket.split();
        let text = doc.get_or_insert_text(TEXT_NAME);
        let id = doc.client_id().get();
        let inner =
            Arc::new(Inner { doc, text, others: Mutex::default(), denied: Mutex::default(), synced: Mutex::default() });
        let (out, mut waiting) = unbounded_channel::<Frame>();
        tokio::spawn(async move {
            while let Some(frame) = waiting.recv().await {
                if sink.send(frame).await.is_err() {
                    break;
                }
            }
        });
        let (end, closed) = watch::channel(None);
        let (change, changed) = watch::channel(0);
        let (heard, answer) = (Arc::clone(&inner), out.clone());
        tokio::spawn(async move {
            while let Some(frame) = stream.next().await {
                match frame {
                    Ok(Frame::Binary(bytes)) => heard.take(&bytes, &answer),
                    Ok(Frame::Close(frame)) => {
                        end.send_replace(Some(frame.map_or(1005, |frame| frame.code.into())));
                    }
                    Ok(_) => {}
                    Err(_) => break,
                }
                change.send_modify(|count| *count += 1);
            }
            end.send_if_modified(|code| code.replace(code.unwrap_or(1006)).is_none());
            change.send_modify(|count| *count += 1);
        });
        let browser = Self { id, inner, out, closed, changed };
        let state = browser.inner.doc.transact().state_vector().encode_v1();
        browser.say(&Message::Step1(&state));
        browser
    }

    pub(crate) fn say(&self, message: &Message<'_>) {
        self.send(message.encode());
    }

    pub(crate) fn send(&self, bytes: bytes::Bytes) {
        let _ = self.out.send(Frame::Binary(bytes));
    }

    /// The document, to come back with.
    pub(crate) fn doc(&self) -> Doc {
        self.inner.doc.clone()
    }

    pub(crate) fn leave(self) -> Doc {
        self.leave_now();
        self.inner.doc.clone()
    }

    /// The code that its connection was closed with, if it is closed.
    pub(crate) fn closed_with(&self) -> Option<u16> {
        *self.closed.borrow()
    }

    pub(crate) fn leave_now(&self) {
        let _ = self.out.send(Frame::Close(None));
    }

    pub(crate) fn insert(&self, at: u32, what: &str) {
        let update = {
            let mut transaction = self.inner.doc.transact_mut();
            self.inner.text.insert(&mut transaction, at, what);
            transaction.encode_update_v1()
        };
        self.say(&Message::Update(&update));
    }

    pub(crate) fn append(&self, what: &str) {
        let length = self.inner.text.len(&self.inner.doc.transact());
        self.insert(length, what);
    }

    pub(crate) fn remove(&self, at: u32, length: u32) {
        let update = {
            let mut transaction = self.inner.doc.transact_mut();
            self.inner.text.remove_range(&mut transaction, at, length);
            transaction.encode_update_v1()
        };
        self.say(&Message::Update(&update));
    }

    /// Says where its cursor is.
    pub(crate) fn point(&self, client: u64, clock: u32, state: &str) {
        let mut awareness = Awareness::new(Doc::with_client_id(client));
        awareness.set_local_state_raw(state);
        let mut update = awareness.update().unwrap();
        for entry in update.clients.values_mut() {
            entry.clock = clock;
        }
        self.say(&Message::Awareness(&update.encode_v1()));
    }

    pub(crate) fn text(&self) -> String {
        self.inner.text.get_string(&self.inner.doc.transact())
    }

    pub(crate) fn state(&self) -> StateVector {
        self.inner.doc.transact().state_vector()
    }

    pub(crate) fn other(&self, client: u64) -> Option<String> {
        self.inner.others.lock().get(&client).map(|(_, state)| state.clone()).filter(|state| state != "null")
    }

    pub(crate) fn denied(&self) -> Vec<String> {
        self.inner.denied.lock().clone()
    }

    /// Waits until it holds of this browser.
    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let mut changed = self.changed.clone();
        let waiting = async {
            while !holds(self) {
                changed.changed().await.unwrap();
            }
        };
        if tokio::time::timeout(PATIENCE, waiting).await.is_err() {
            panic!("it did not come: {what}; the text is {:?}", self.text());
        }
    }

    pub(crate) async fn until_synced(&self) {
        self.until("synced", |browser| *browser.inner.synced.lock()).await;
    }

    pub(crate) async fn until_text(&self, text: &str) {
        self.until(text, |browser| browser.text() == text).await;
    }

    /// The code that it was closed with.
    pub(crate) async fn closed(&self) -> u16 {
        let mut closed = self.closed.clone();
        let code = tokio::time::timeout(PATIENCE, closed.wait_for(Option::is_some)).await.expect("not closed");
        code.map_or(1006, |code| code.unwrap())
    }
}

impl Inner {
    fn take(&self, bytes: &[u8], answer: &UnboundedSender<Frame>) {
        for message in messages(bytes) {
            match message.unwrap() {
                Message::Step1(state) => {
                    let state = StateVector::decode_v1(state).unwrap();
                    let update = self.doc.transact().encode_state_as_update_v1(&state);
                    let _ = answer.send(Frame::Binary(Message::Step2(&update).encode()));
                }
                Message::Step2(update) => {
                    self.apply(update);
                    *self.synced.lock() = true;
                }
                Message::Update(update) => self.apply(update),
                Message::Awareness(update) => {
                    let update = AwarenessUpdate::decode_v1(update).unwrap();
                    let mut others = self.others.lock();
                    for (client, entry) in update.clients {
                        let known = others.get(&client.get()).map_or(0, |(clock, _)| *clock);
                        if entry.clock > known {
                            others.insert(client.get(), (entry.clock, entry.json.to_string()));
                        }
                    }
                }
                Message::Denied(reason) => self.denied.lock().push(reason.to_owned()),
                other => panic!("a client is not told {other:?}"),
            }
        }
    }

    fn apply(&self, update: &[u8]) {
        self.doc.transact_mut().apply_update(Update::decode_v1(update).unwrap()).unwrap();
    }
}
