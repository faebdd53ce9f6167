//! Whoever looks at their inbox sees what comes without asking again.

use crate::office::{Office, approve};
use futures::{SinkExt, StreamExt};
use octavo_tests::Person;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// How long a push may take on a busy machine.
const WITHIN: Duration = Duration::from_secs(120);
/// Ends each message of SignalR's JSON.
const END: char = '\u{1e}';

/// A browser that has the application open.
struct Browser {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// What was heard and not looked at.
    heard: Vec<Value>,
}

impl Browser {
    async fn open(office: &Office, person: &Person) -> Self {
        let url = office.world.emulator.realtime_url().replacen("http", "ws", 1);
        let url = format!("{url}/hubs/notifications?access_token={}", person.token());
        let (socket, _) = connect_async(url).await.expect("the node takes it");
        let mut browser = Self { socket, heard: Vec::new() };
        browser.say(&json!({ "protocol": "json", "version": 1 })).await;
        // Once it is answered, whoever connected is in the groups of theirs.
        browser.say(&json!({ "type": 1, "invocationId": "1", "target": "UnreadCount", "arguments": [] })).await;
        browser.until("the answer", |message| message["type"] == 3).await;
        browser
    }

    async fn say(&mut self, message: &Value) {
        self.socket.send(Message::text(format!("{message}{END}"))).await.expect("the node reads");
    }

    /// The next push of this name that is the awaited one.
    async fn hears(&mut self, target: &str, awaited: impl Fn(&Value) -> bool) -> Value {
        let push =
            |message: &Value| message["type"] == 1 && message["target"] == target && awaited(&message["arguments"][0]);
        self.until(target, push).await["arguments"][0].clone()
    }

    async fn until(&mut self, what: &str, awaited: impl Fn(&Value) -> bool) -> Value {
        timeout(WITHIN, async {
            loop {
                if let Some(at) = self.heard.iter().position(&awaited) {
                    return self.heard.remove(at);
                }
                let frame = self.socket.next().await.expect("the node is there").expect("a frame");
                if let Message::Text(text) = frame {
                    let messages = text.split(END).filter(|text| !text.is_empty());
                    self.heard.extend(messages.map(|text| serde_json::from_str::<Value>(text).expect("JSON")));
                }
            }
        })
        .await
        .unwrap_or_else(|_| panic!("not within {WITHIN:?}: {what}"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn badges_and_inboxes_follow_what_happens() {
    let office = Office::start().await;
    office.knows(&[("bob", &["legal"]), ("cyd", &["legal"])]).await;
    let (ada, bob, cyd) = (office.person("ada"), office.member("bob", "legal"), office.member("cyd", "legal"));
    let mallory = office.world.member("globex", "bob", &["legal"]);
    let mut bobs = Browser::open(&office, &bob).await;
    let mut cyds = Browser::open(&office, &cyd).await;
    let mut adas = Browser::open(&office, &ada).await;
    let mut others = Browser::open(&office, &mallory).await;

    let asked = office.asks(&ada, json!({ "Title": "Live", "Approvers": ["group:legal"] })).await;
    let this = |seq: u64| {
        let id = asked.id.clone();
        move |push: &Value| push["approval"] == id.as_str() && push["seq"].as_u64() >= Some(seq)
    };
    bobs.hears("approvals", this(1)).await;
    cyds.hears("approvals", this(1)).await;
    let notice = bobs.hears("notification", |push| push["category"] == "approval.requested").await;
    assert!(notice["title"].as_str().unwrap().contains("Live"), "{notice}");
    assert_eq!(notice["link"], format!("/approvals/{}", asked.id));
    bobs.hears("unread", |push| push["count"] == 1).await;

    bob.post(&asked.path("/claim"), json!({})).await.expect(200);
    cyds.hears("approvals", this(2)).await;
    assert_eq!((office.counts(&bob).await, office.counts(&cyd).await), ((1, 0, 0), (0, 0, 0)));
    bob.post(&asked.path("/decision"), approve()).await.expect(200);
    bobs.hears("approvals", this(3)).await;
    adas.hears("approvals", this(3)).await;
    adas.hears("notification", |push| push["category"] == "approval.ended").await;

    // Nothing of it reached a person of the same name in another tenant.
    others.say(&json!({ "type": 1, "invocationId": "2", "target": "UnreadCount", "arguments": [] })).await;
    let answer = others.until("the answer", |message| message["type"] == 3).await;
    assert_eq!(answer["result"], 0, "{answer}");
    assert!(others.heard.iter().all(|message| message["target"] != "approvals"), "{:?}", others.heard);
}
