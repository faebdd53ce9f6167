//! What Python says of what we send: the official library of Standard Webhooks of a signature, aiosmtpd and the standard
//! library of a mail. `OCTAVO_TEST_PYTHON` is a Python that has them; `OCTAVO_REQUIRE_ENGINES=1` makes them required.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

use axum::Router;
use axum::extract::{Request, State};
use octavo_adapters_channels::{ProviderConfig, Surroundings, TargetHosts, providers};
use octavo_domain_notify::{Address, Outgoing, OutgoingContent, Provider};
use octavo_testing::time::ManualClock;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

#[expect(clippy::disallowed_methods, reason = "tests are told where the engines are by the environment")]
fn python() -> Option<String> {
    let found = std::env::var("OCTAVO_TEST_PYTHON").ok().filter(|python| !python.is_empty());
    if found.is_none() {
        let required = std::env::var("OCTAVO_REQUIRE_ENGINES").ok();
        assert_ne!(required.as_deref(), Some("1"), "OCTAVO_TEST_PYTHON must name a Python with the clients");
        println!("skipped: Python's judgement (set OCTAVO_TEST_PYTHON)");
    }
    found
}

fn script(python: &str, name: &str, settings: &Value) -> Command {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/clients");
    let mut command = Command::new(python);
    command.arg(folder.join(name)).arg(settings.to_string());
    command
}

fn all(list: &Value) -> Vec<Arc<dyn Provider>> {
    #[expect(clippy::disallowed_methods, reason = "the library compares with the machine's own clock")]
    let now = chrono::Utc::now();
    let surroundings = Surroundings {
        clock: Arc::new(ManualClock::at(now)),
        public_url: "https://octavo.example".to_owned(),
        target_hosts: TargetHosts::parse(["http://127.0.0.1:*"]).unwrap(),
        pagerduty_url: "http://127.0.0.1:1/".parse().unwrap(),
    };
    providers(ProviderConfig::parse_list(&list.to_string()).unwrap(), surroundings).unwrap()
}

fn message(content: OutgoingContent) -> Outgoing {
    Outgoing {
        tenant: "acme".parse().unwrap(),
        id: Uuid::from_u128(7),
        attempt: 1,
        to: Address("ada@acme.example".to_owned()),
        name: Some("Jürgen \"J\" Ä.".to_owned()),
        content,
    }
}

#[tokio::test]
async fn the_library_of_standard_webhooks_verifies_what_we_sign() {
    let Some(python) = python() else { return };
    type Seen = Arc<Mutex<Vec<Value>>>;
    async fn hook(State(seen): State<Seen>, request: Request) {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 1_000_000).await.unwrap();
        let headers: Value =
            parts.headers.iter().map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap()))).collect();
        seen.lock().unwrap().push(json!({ "headers": headers, "body": String::from_utf8(body.to_vec()).unwrap() }));
    }
    let seen = Seen::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let app = Router::new().fallback(hook).with_state(Arc::clone(&seen));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="];
    for secret in secrets {
        let body = json!({ "type": "approval.requested", "title": "Grüße 日本語" });
        let content = OutgoingContent::Webhook { url: url.clone(), secret: secret.to_owned(), body };
        all(&json!([]))[0].send(&message(content)).await.unwrap();
    }
    let mut signed = std::mem::take(&mut *seen.lock().unwrap());
    for (signed, secret) in signed.iter_mut().zip(secrets) {
        signed["secret"] = secret.into();
    }
    let mut command = script(&python, "notify_webhook.py", &json!({ "signed": signed }));
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
}

/// Ends with the test, whatever happens.
struct MailServer(Child);

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pythons_mail_server_gets_the_mail_that_was_meant() {
    let Some(python) = python() else { return };
    let mut command = script(&python, "notify_smtp_server.py", &json!({ "user": "mailer", "password": "p&ss/w" }));
    let mut server = MailServer(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap();
    let port = next()["port"].clone();
    let list = json!([{
        "kind": "smtp", "name": "smtp", "url": format!("smtp://mailer:p%26ss%2Fw@127.0.0.1:{port}?tls=none"),
        "from": "Octavo GmbH & Söhne <no-reply@octavo.example>",
    }]);
    let smtp = Arc::clone(&all(&list)[0]);
    let unsubscribe = format!("<https://octavo.example/v1/unsubscribe/{}>", "x".repeat(300));
    let text = format!("Grüße!\n.\n..\nFrom me\n{}\nEnd", "long ".repeat(400));
    let html = format!("<p>日本語</p>\n.\n<p>{}</p>", "&amp;".repeat(500));
    let subject = "Freigabe: „Vertrag 日本語“ ".repeat(12).trim().to_owned();
    for _ in 0..2 {
        let content = OutgoingContent::Email {
            from: None,
            reply_to: Some("Hilfe <help@acme.example>".to_owned()),
            subject: subject.clone(),
            text: text.clone(),
            html: html.clone(),
            headers: vec![
                ("List-Unsubscribe".to_owned(), unsubscribe.clone()),
                ("List-Unsubscribe-Post".to_owned(), "List-Unsubscribe=One-Click".to_owned()),
            ],
        };
        smtp.send(&message(content)).await.unwrap();
        let mail = next();
        assert_eq!(mail["defects"], json!([]), "{mail}");
        assert_eq!(
            (&mail["mail_from"], &mail["rcpt_tos"]),
            (&json!("no-reply@octavo.example"), &json!(["ada@acme.example"]))
        );
        assert_eq!((&mail["from"], &mail["to"]), (&json!(["no-reply@octavo.example"]), &json!(["ada@acme.example"])));
        assert_eq!(mail["subject"], json!(subject));
        assert_eq!(mail["message_id"], "<00000000000000000000000000000007.1@octavo.example>");
        assert_eq!(mail["content_type"], "multipart/alternative");
        let plain = |part: &str| mail[part].as_str().unwrap().replace("\r\n", "\n").trim_end().to_owned();
        assert_eq!((plain("text"), plain("html")), (text.clone(), html.clone()));
        let headers = mail["headers"].as_array().unwrap();
        let header = |name: &str| headers.iter().find(|header| header[0] == name).map(|header| header[1].clone());
        assert_eq!(header("List-Unsubscribe"), Some(json!(unsubscribe)));
        assert_eq!(header("List-Unsubscribe-Post"), Some(json!("List-Unsubscribe=One-Click")));
        assert_eq!(header("Reply-To"), Some(json!("Hilfe <help@acme.example>")));
        assert!(header("From").unwrap().as_str().unwrap().contains("Octavo GmbH & Söhne"), "{headers:?}");
    }
}
