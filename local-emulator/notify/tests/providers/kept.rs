//! What is kept when the process is killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use local_emulator_notify::{Filter, Options};
use serde_json::{Value, json};

use crate::ask::Asker;

/// The fakes in a process of their own, killed when dropped.
struct Fakes {
    child: Child,
    said: Value,
}

impl Fakes {
    fn start(folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fake-providers"));
        command.arg("--data").arg(folder).stdout(Stdio::piped()).stdin(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, said: serde_json::from_str(&line).unwrap() }
    }

    fn url(&self) -> &str {
        self.said["url"].as_str().unwrap()
    }

    async fn send(&self, subject: &str) -> bool {
        let port = self.said["smtp"].as_str().unwrap().rsplit_once(':').unwrap().1.parse().unwrap();
        let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1").port(port).build();
        let mail = Message::builder().from("a@x.example".parse().unwrap()).to("b@x.example".parse().unwrap());
        transport.send(mail.subject(subject).body("x".to_owned()).unwrap()).await.is_ok()
    }

    async fn messages(&self) -> Vec<Value> {
        let url = format!("{}/_control/messages", self.url());
        let answer: Value =
            reqwest::Client::builder().no_proxy().build().unwrap().get(url).send().await.unwrap().json().await.unwrap();
        answer["messages"].as_array().unwrap().clone()
    }
}

impl Drop for Fakes {
    fn drop(&mut self) {
        // SIGKILL: nothing is flushed on the way out.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[tokio::test]
async fn what_was_taken_is_there_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let fakes = Fakes::start(folder.path());
    let key = fakes.said["sendgrid_callback_key"].clone();
    assert!(fakes.send("one").await && fakes.send("two").await);
    let before = fakes.messages().await;
    drop(fakes);
    let fakes = Fakes::start(folder.path());
    assert_eq!(fakes.said["sendgrid_callback_key"], key, "who knows the key still knows it");
    let subjects = |messages: &[Value]| messages.iter().map(|sent| sent["subject"].clone()).collect::<Vec<_>>();
    assert_eq!(subjects(&fakes.messages().await), ["one", "two"]);
    assert!(fakes.send("three").await);
    let after = fakes.messages().await;
    assert_eq!(subjects(&after), ["one", "two", "three"]);
    assert_eq!((&after[0]["id"], &after[2]["number"]), (&before[0]["id"], &json!(3)));
    let ids: std::collections::BTreeSet<_> = after.iter().map(|sent| sent["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 3, "no identifier comes twice");
}

#[tokio::test]
async fn whatever_is_sent_while_it_is_killed_is_kept_if_it_was_answered() {
    let folder = tempfile::tempdir().unwrap();
    let mut taken = Vec::new();
    for round in 0..3 {
        let fakes = Fakes::start(folder.path());
        let url = format!("{}/webhook/x", fakes.url());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let senders: Vec<_> = (0..8)
            .map(|sender| {
                let (client, url) = (client.clone(), url.clone());
                tokio::spawn(async move {
                    let mut answered = Vec::new();
                    for number in 0.. {
                        let id = format!("{round}-{sender}-{number}");
                        let sent = client.post(&url).header("webhook-id", &id).body("{}").send().await;
                        match sent {
                            Ok(answer) if answer.status().is_success() => answered.push(id),
                            _ => break,
                        }
                    }
                    answered
                })
            })
            .collect();
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        drop(fakes);
        for sender in senders {
            taken.extend(sender.await.unwrap());
        }
    }
    assert!(!taken.is_empty());
    let asker = Asker::with(Options { data: Some(folder.path().to_owned()), ..Options::default() }).await;
    let kept: std::collections::BTreeSet<String> =
        asker.server.messages(&Filter::default()).into_iter().map(|sent| sent.tags["webhook_id"].clone()).collect();
    // Only the last 10,000 are shown; a disk takes fewer in this time.
    let lost: Vec<_> = taken.iter().filter(|id| !kept.contains(*id)).collect();
    assert!(lost.is_empty() || kept.len() >= 9_999, "{lost:?}");
}
