//! Receivers of other people's making: Python's own mail parser behind aiosmtpd, and the library of Standard Webhooks.

use crate::desk::{Desk, compact, event};
use local_emulator::Options;
use local_emulator_notify::{Filter, Kind};
use octavo_tests::script::{judge, python, run};
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

const SERVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/clients/notify_smtp_server.py");
/// How long a mail may take to it.
const WITHIN: Duration = Duration::from_secs(200);

/// A mail server of aiosmtpd's.
struct MailServer {
    lines: Lines<BufReader<ChildStdout>>,
    port: u64,
    _child: Child,
}

impl MailServer {
    async fn start(python: &str, user: &str, password: &str) -> Self {
        let mut command = Command::new(python);
        // -B: nothing is written beside the scripts.
        command.args(["-B", SERVER, &json!({ "user": user, "password": password }).to_string()]);
        // It ends when its input does.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("Python can be started");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut server = Self { lines, port: 0, _child: child };
        server.port = server.next().await["port"].as_u64().expect("it says its port");
        server
    }

    /// What it says next.
    async fn next(&mut self) -> Value {
        let line = timeout(WITHIN, self.lines.next_line()).await.expect("it says something in time");
        serde_json::from_str(&line.expect("it can be read").expect("it has not ended")).expect("JSON")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pythons_mail_parser_finds_no_fault_with_our_mail() {
    let Some(python) = python("aiosmtpd from PyPI") else { return };
    let mut server = MailServer::start(&python, "octavo", "pass word/1").await;
    let url = format!("smtp://octavo:pass%20word%2F1@127.0.0.1:{}?tls=none", server.port);
    let providers = json!([{ "name": "smtp", "kind": "smtp", "url": url, "from": "Octavo <no-reply@octavo.example>" }]);
    let variables = vec![("OCTAVO_NOTIFY_PROVIDERS".to_owned(), providers.to_string())];
    let desk = Desk::with(Options { variables, ..Options::default() }).await;
    desk.knows("ada", json!({ "name": "Ada, Countess of \"Lovelace\" Ω" })).await;
    let mut told = event(
        "invoice.overdue",
        "ada",
        "Überfällig: Rechnung 17 – 日本語 und noch viel mehr, damit die Zeile zu lang wird",
    );
    told["data"]["text"] = json!(format!("{}\n.\n.. am Anfang\n{}", "Grüße ".repeat(60), "x".repeat(1_200)));
    told["link"] = json!("/invoices/17");
    let id = desk.tells(told).await;
    let mail = server.next().await;
    assert_eq!(mail["defects"], json!([]), "{mail:#}");
    assert_eq!((&mail["user"], &mail["rcpt_tos"]), (&json!("octavo"), &json!(["ada@acme.example"])));
    assert_eq!((&mail["from"], &mail["to"]), (&json!(["no-reply@octavo.example"]), &json!(["ada@acme.example"])));
    let subject = mail["subject"].as_str().unwrap();
    assert!(subject.starts_with("Überfällig: Rechnung 17 – 日本語") && subject.ends_with("zu lang wird"), "{subject}");
    assert_eq!(mail["content_type"], "multipart/alternative");
    let (text, html) = (mail["text"].as_str().unwrap().replace("\r\n", "\n"), mail["html"].as_str().unwrap());
    assert!(text.contains(&"x".repeat(1_200)) && text.contains("\n.\n.. am Anfang"), "{text}");
    assert!(html.contains("Überfällig") || html.contains("Grüße"), "{html}");
    let message = desk.comes_to(&id, "email", "sent").await;
    assert!(mail["message_id"].as_str().unwrap().contains(&compact(&message)), "{mail:#}");
    let has = |name: &str| mail["headers"].as_array().unwrap().iter().any(|one| one[0] == name);
    assert!(has("List-Unsubscribe") && has("List-Unsubscribe-Post") && has("Date"), "{:#}", mail["headers"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_library_of_standard_webhooks_believes_us() {
    let Some(python) = python("standardwebhooks from PyPI") else { return };
    let desk = Desk::start().await;
    let url = format!("{}/webhook/crm", desk.fakes().url());
    let made = desk.root().put("/v1/notification-targets/crm", json!({ "kind": "webhook", "url": url })).await;
    let secret = made.expect(200).json()["secret"].clone();
    let told = json!({ "category": "x", "recipients": [{ "to": "target", "target": "crm" }], "data": { "title": "日本語 ✓" } });
    desk.comes_to(&desk.tells(told).await, "webhook", "delivered").await;
    let sent = desk.fakes().messages(&Filter { kind: Some(Kind::Webhook), ..Filter::default() });
    let signed: Vec<Value> = sent
        .iter()
        .map(|one| {
            let body = String::from_utf8(desk.fakes().raw(one.number).unwrap().to_vec()).unwrap();
            json!({ "secret": secret, "headers": one.origin.headers, "body": body })
        })
        .collect();
    assert_eq!(signed.len(), 1);
    judge(&[run("notify_webhook.py", &python, &json!({ "signed": signed })).await], String::new);
}
