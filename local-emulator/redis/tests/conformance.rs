//! The same commands, with the same expected replies, against the embedded server and a real Redis.
//!
//! The cases are in `tests/conformance/*.txt`. A case begins with `== name`, on a fresh connection and an empty database
//! 9. `> command` is sent, `< reply` expected; `>~` compares an array without its order, `>?` only that there is a reply.
//! The replies were taken from Redis 7.0.15. A real server is used when `OCTAVO_TEST_REDIS_URL` names one; its
//! database 9 is emptied.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use local_emulator_redis::{Options, Server};

const FILES: &[(&str, &str)] = &[
    ("strings", include_str!("conformance/strings.txt")),
    ("containers", include_str!("conformance/containers.txt")),
    ("streams", include_str!("conformance/streams.txt")),
    ("server", include_str!("conformance/server.txt")),
    ("scripts", include_str!("conformance/scripts.txt")),
    ("resp3", include_str!("conformance/resp3.txt")),
];

struct Client {
    reader: BufReader<TcpStream>,
}

impl Client {
    fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Self { reader: BufReader::new(stream) }
    }

    fn send(&mut self, args: &[Vec<u8>]) {
        let mut out = format!("*{}\r\n", args.len()).into_bytes();
        for arg in args {
            out.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
            out.extend_from_slice(arg);
            out.extend_from_slice(b"\r\n");
        }
        self.reader.get_mut().write_all(&out).unwrap();
    }

    /// Reads one reply and renders it on one line.
    fn reply(&mut self, unordered: bool) -> String {
        let mut line = String::new();
        self.reader.read_line(&mut line).unwrap();
        let line = line.trim_end_matches("\r\n");
        let (kind, rest) = line.split_at(1);
        match (kind, rest) {
            ("+", _) => rest.to_owned(),
            ("-", _) => format!("!{rest}"),
            (":", _) => rest.to_owned(),
            (",", _) => format!(",{rest}"),
            ("_", _) => "_".to_owned(),
            ("$", "-1") => "nil".to_owned(),
            ("*", "-1") => "nil[]".to_owned(),
            ("$" | "=", _) => {
                let length: usize = rest.parse().unwrap();
                let mut bytes = vec![0; length + 2];
                self.reader.read_exact(&mut bytes).unwrap();
                quoted(&bytes[if kind == "=" { 4 } else { 0 }..length])
            }
            ("*" | "~" | ">", _) => {
                let mut items: Vec<String> = (0..rest.parse().unwrap()).map(|_| self.reply(false)).collect();
                if unordered {
                    items.sort();
                }
                format!("{}[{}]", kind.trim_matches('*'), items.join(", "))
            }
            ("%", _) => {
                let pairs: Vec<String> = (0..rest.parse().unwrap())
                    .map(|_| {
                        let key = self.reply(false);
                        format!("{key}: {}", self.reply(false))
                    })
                    .collect();
                format!("{{{}}}", pairs.join(", "))
            }
            _ => panic!("not a reply: {line:?}"),
        }
    }
}

fn quoted(bytes: &[u8]) -> String {
    let mut out = String::from('"');
    for byte in bytes {
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            0 => out.push_str("\\x00"),
            other => out.push(char::from(*other)),
        }
    }
    out + "\""
}

/// Words between blanks; `"..."` holds blanks, and escapes with a backslash.
fn words(line: &str) -> Vec<Vec<u8>> {
    let (mut found, mut chars) = (Vec::new(), line.bytes().peekable());
    while let Some(first) = chars.next() {
        let mut word = Vec::new();
        match first {
            b' ' => continue,
            b'"' => loop {
                match chars.next().expect("a closing quote") {
                    b'"' => break,
                    b'\\' => match chars.next().expect("an escaped character") {
                        b'n' => word.push(b'\n'),
                        other => word.push(other),
                    },
                    other => word.push(other),
                }
            },
            other => {
                word.push(other);
                while let Some(next) = chars.next_if(|byte| *byte != b' ') {
                    word.push(next);
                }
            }
        }
        found.push(word);
    }
    found
}

/// Runs all cases; returns what differs.
fn differences(address: &str) -> (usize, Vec<String>) {
    let (mut compared, mut different) = (0, Vec::new());
    for (file, text) in FILES {
        let (mut client, mut case) = (None, "");
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        while let Some((number, line)) = lines.next() {
            if let Some(name) = line.strip_prefix("== ") {
                let mut fresh = Client::connect(address);
                for setup in ["SELECT 9", "FLUSHDB"] {
                    fresh.send(&words(setup));
                    assert_eq!(fresh.reply(false), "OK", "{setup}");
                }
                (client, case) = (Some(fresh), name);
                continue;
            }
            let command = line.strip_prefix('>').unwrap_or_else(|| panic!("{file}:{}: a command", number + 1));
            let (mode, command) = command.split_once(' ').expect("a command behind the sign");
            let (_, expected) = lines.next().expect("a reply behind every command");
            let expected = expected.strip_prefix("< ").unwrap_or_else(|| panic!("{file}:{}: a reply", number + 2));
            let client: &mut Client = client.as_mut().expect("a case before the first command");
            client.send(&words(command));
            let reply = client.reply(mode == "~");
            compared += 1;
            if mode != "?" && reply != expected {
                different.push(format!(
                    "{file}:{} ({case})\n  > {command}\n  expected {expected}\n  got      {reply}",
                    number + 1
                ));
            }
        }
    }
    (compared, different)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_embedded_server_answers_as_redis_does() {
    let server = Server::start(Options::default()).await.unwrap();
    let address = server.addr().to_string();
    let (compared, different) = tokio::task::spawn_blocking(move || differences(&address)).await.unwrap();
    assert!(compared > 700, "only {compared} cases were found");
    assert!(different.is_empty(), "{} of {compared} differ:\n{}", different.len(), different.join("\n"));
    server.shutdown().await;
}

#[test]
fn a_real_redis_answers_as_the_cases_say() {
    #[expect(clippy::disallowed_methods, reason = "a test is told by the environment where the real server is")]
    let (url, required) = (std::env::var("OCTAVO_TEST_REDIS_URL"), std::env::var("OCTAVO_REQUIRE_ENGINES"));
    let Ok(url) = url else {
        assert_ne!(required.as_deref(), Ok("1"), "OCTAVO_TEST_REDIS_URL must name a real Redis");
        println!("skipped: real Redis (set OCTAVO_TEST_REDIS_URL)");
        return;
    };
    let address = url.strip_prefix("redis://").expect("a redis:// URL").split('/').next().unwrap_or_default();
    let (compared, different) = differences(address);
    assert!(different.is_empty(), "{} of {compared} differ:\n{}", different.len(), different.join("\n"));
}
