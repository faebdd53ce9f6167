//! The written cases.

use crate::wire::{Client, words};
use local_emulator_redis::{Options, Server};

const FILES: &[(&str, &str)] = &[
    ("strings", include_str!("strings.txt")),
    ("containers", include_str!("containers.txt")),
    ("streams", include_str!("streams.txt")),
    ("server", include_str!("server.txt")),
    ("scripts", include_str!("scripts.txt")),
    ("resp3", include_str!("resp3.txt")),
    ("found", include_str!("found.txt")),
];

/// One command of a case, and what came of it.
pub(crate) struct Judged {
    /// File and line.
    pub(crate) place: String,
    pub(crate) command: String,
    /// What is wrong with the answer; none if it is as expected.
    pub(crate) difference: Option<String>,
}

/// Runs all cases against the server at `address`.
pub(crate) fn judge(address: &str) -> Vec<Judged> {
    let mut judged = Vec::new();
    for (file, text) in FILES {
        let (mut client, mut case) = (None, "");
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        while let Some((number, line)) = lines.next() {
            let place = format!("{file}.txt:{}", number + 1);
            if let Some(name) = line.strip_prefix("== ") {
                let mut fresh = Client::connect(address);
                for setup in ["SELECT 9", "FLUSHDB"] {
                    assert_eq!(fresh.ask(setup).to_string(), "OK", "{setup}");
                }
                (client, case) = (Some(fresh), name);
                continue;
            }
            let command = line.strip_prefix('>').unwrap_or_else(|| panic!("{place}: a command"));
            let (mode, command) = command.split_once(' ').expect("a command behind the sign");
            let (_, expected) = lines.next().expect("a reply behind every command");
            let expected = expected.strip_prefix("< ").unwrap_or_else(|| panic!("{place}: a reply in the next line"));
            let client: &mut Client = client.as_mut().expect("a case before the first command");
            client.send(&[words(command)]);
            let reply = client.read();
            let reply = if mode == "~" { in_order_of_text(reply) } else { reply.to_string() };
            let difference = (mode != "?" && reply != expected)
                .then(|| format!("{place} ({case})\n  > {command}\n  expected {expected}\n  got      {reply}"));
            judged.push(Judged { place, command: command.to_owned(), difference });
        }
    }
    judged
}

/// On one line, the items of the outermost array by their text.
fn in_order_of_text(frame: crate::wire::Frame) -> String {
    use crate::wire::Frame;
    let text = |items: Vec<Frame>, sign: &str| {
        let mut items: Vec<String> = items.iter().map(Frame::to_string).collect();
        items.sort();
        format!("{sign}[{}]", items.join(", "))
    };
    match frame {
        Frame::Array(items) => text(items, ""),
        Frame::Set(items) => text(items, "~"),
        Frame::Push(items) => text(items, ">"),
        other => other.to_string(),
    }
}

fn differences(judged: &[Judged]) -> Vec<&str> {
    judged.iter().filter_map(|judged| judged.difference.as_deref()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_embedded_server_answers_as_redis_does() {
    let server = Server::start(Options::default()).await.unwrap();
    let address = server.addr().to_string();
    let judged = tokio::task::spawn_blocking(move || judge(&address)).await.unwrap();
    let different = differences(&judged);
    assert!(judged.len() > 700, "only {} commands were found", judged.len());
    assert!(different.is_empty(), "{} of {} differ:\n{}", different.len(), judged.len(), different.join("\n"));
    server.shutdown().await;
}

#[test]
fn a_real_redis_answers_as_the_cases_say() {
    let Some(address) = crate::real("the cases") else { return };
    let _alone = crate::table::alone();
    let judged = judge(&address);
    let different = differences(&judged);
    assert!(different.is_empty(), "{} of {} differ:\n{}", different.len(), judged.len(), different.join("\n"));
}
