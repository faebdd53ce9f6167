//! Sequences of commands drawn at random, sent to the embedded server and to a real one: the same answers, on each of three
//! connections, and the same data at the end.
//!
//! Each of the two connections that speak does so in either protocol. `OCTAVO_TEST_CASES` says how many, `OCTAVO_TEST_SEED` which; the seed is printed. A sequence that differs is made as short
//! as it can be before it is shown. Connections take turns, so that there is one order that both servers see; one that
//! listens to channels does nothing else.

use crate::asked;
use crate::grammar::{Compared, Form, Grammar};
use crate::wire::{Client, Frame, quoted, words};
use local_emulator_redis::{Options, Server};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use std::fmt;
use std::fmt::Write as _;

/// Sequences, where nobody asks for more.
const CASES: u32 = 120;
/// Commands of a sequence.
const STEPS_MAX: usize = 60;
/// What a command may choose.
const CHOICES: usize = 14;
/// Of the connections, the one that only listens.
const LISTENER: usize = 2;
/// Before every script that a command is wrapped in: the command's words are the script's arguments.
const CALL: &str = "return redis.call(unpack(ARGV))";
const PCALL: &str = "return redis.pcall(unpack(ARGV))";

/// Which of the server's databases are used: the sequences', and where COPY may copy to.
const DATABASES: [&str; 2] = ["11", "10"];

/// All keys of `grammar.txt`.
const KEYS: [&str; 18] =
    ["s", "s2", "t", "t2", "n", "h", "h2", "l", "l2", "e", "e2", "e3", "z", "z2", "x", "x2", "none", "y"];
/// What is asked of each key at the end.
const LAST: [(Compared, &str); 11] = [
    (Compared::Exactly, "TYPE"),
    (Compared::WithoutTimes, "PEXPIRETIME"),
    (Compared::Exactly, "GET"),
    (Compared::WithoutOrder, "HGETALL"),
    (Compared::Exactly, "LRANGE ? 0 -1"),
    (Compared::WithoutOrder, "SMEMBERS"),
    (Compared::Exactly, "ZRANGE ? 0 -1 WITHSCORES"),
    (Compared::Exactly, "XRANGE ? - +"),
    (Compared::WithoutTimes, "XINFO STREAM"),
    (Compared::WithoutTimes, "XINFO GROUPS"),
    (Compared::WithoutTimes, "XPENDING ? g - + 100"),
];

/// How a command is sent.
#[derive(Debug, Clone, Copy)]
enum Via {
    Itself,
    Call,
    Pcall,
}

/// A command as it is drawn.
#[derive(Clone)]
struct Step {
    client: usize,
    via: Via,
    form: usize,
    choices: Vec<u8>,
}

impl Step {
    fn form<'a>(&self, grammar: &'a Grammar) -> &'a Form {
        grammar.form(self.client == LISTENER, self.form)
    }

    fn command(&self, grammar: &Grammar) -> Vec<Vec<u8>> {
        let mut command = grammar.draw(self.form(grammar), &self.choices);
        let script = match self.via {
            Via::Itself => return command,
            Via::Call => CALL,
            Via::Pcall => PCALL,
        };
        command.splice(0..0, words("EVAL x 0"));
        command[1] = script.as_bytes().to_vec();
        command
    }
}

/// As one would type it.
impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}> {}", self.client, shown(&self.command(&Grammar::read())))
    }
}

fn shown(command: &[Vec<u8>]) -> String {
    let plain = |word: &[u8]| !word.is_empty() && !word.iter().any(|byte| b" \"\\\n".contains(byte));
    let word = |word: &Vec<u8>| if plain(word) { String::from_utf8_lossy(word).into_owned() } else { quoted(word) };
    command.iter().map(word).collect::<Vec<_>>().join(" ")
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let client = prop_oneof![6 => Just(0usize), 3 => Just(1), 1 => Just(LISTENER)];
    let via = prop_oneof![12 => Just(Via::Itself), 1 => Just(Via::Call), 1 => Just(Via::Pcall)];
    let step = (client, via, any::<u16>(), vec(any::<u8>(), CHOICES)).prop_map(|(client, via, form, choices)| {
        let via = if client == LISTENER { Via::Itself } else { via };
        Step { client, via, form: usize::from(form), choices }
    });
    vec(step, 1..STEPS_MAX)
}

/// One server and three connections to it.
struct Side {
    clients: Vec<Client>,
    /// What each connection has in its open transaction.
    queued: Vec<Vec<Compared>>,
}

impl Side {
    /// `modern` says which of the two connections that speak, speak RESP3.
    fn start(address: &str, modern: [bool; LISTENER]) -> Self {
        let connect = |number: usize| {
            let mut client = Client::connect(address);
            if modern.get(number) == Some(&true) {
                client.ask("HELLO 3");
            }
            for database in DATABASES {
                assert_eq!(client.ask(&format!("SELECT {database}")).to_string(), "OK");
                assert_eq!(client.ask("FLUSHDB").to_string(), "OK");
            }
            client
        };
        Self { clients: (0..=LISTENER).map(connect).collect(), queued: vec![Vec::new(); LISTENER + 1] }
    }

    /// Sends a command, and returns what came until its answer: messages before it, and the answer as it can be compared.
    fn does(&mut self, client: usize, compared: Compared, command: &[Vec<u8>]) -> Vec<Frame> {
        self.clients[client].send(&[command.to_vec()]);
        let mut frames = self.until(client, |frame| !frame.is_message());
        let answer = frames.pop().expect("an answer is awaited");
        frames.push(self.comparable(client, compared, answer, command));
        frames
    }

    /// What each connection still gets before its end.
    fn ends(&mut self) -> Vec<Vec<Frame>> {
        (0..self.clients.len())
            .map(|client| {
                self.clients[client].send(&[words("RESET")]);
                self.until(client, |frame| *frame == Frame::Status("RESET".to_owned()))
            })
            .collect()
    }

    fn until(&mut self, client: usize, last: impl Fn(&Frame) -> bool) -> Vec<Frame> {
        let mut frames = Vec::new();
        loop {
            let frame = self.clients[client].read();
            let is_last = last(&frame);
            frames.push(frame);
            if is_last {
                return frames;
            }
        }
    }

    fn comparable(&mut self, client: usize, compared: Compared, answer: Frame, command: &[Vec<u8>]) -> Frame {
        let queue = &mut self.queued[client];
        let name = command[0].to_ascii_uppercase();
        match answer {
            Frame::Status(text) if text == "QUEUED" => {
                queue.push(compared);
                Frame::Status(text)
            }
            Frame::Array(answers) if name == b"EXEC" => {
                let each = answers.into_iter().zip(queue.drain(..));
                Frame::Array(each.map(|(answer, compared)| without_what_may_differ(answer, compared)).collect())
            }
            answer => {
                if matches!(name.as_slice(), b"EXEC" | b"DISCARD" | b"RESET") {
                    queue.clear();
                }
                without_what_may_differ(answer, compared)
            }
        }
    }

    /// The whole of the data, a line for each question.
    fn data(&mut self) -> Vec<(String, Frame)> {
        let client = &mut self.clients[0];
        client.ask(&format!("SELECT {}", DATABASES[1]));
        let questions: Vec<(Compared, String)> = KEYS
            .iter()
            .flat_map(|key| LAST.map(|(compared, form)| (compared, question(form, key))))
            .chain([(Compared::WithoutOrder, "KEYS *".to_owned())])
            .collect();
        client.send(&questions.iter().map(|(_, command)| words(command)).collect::<Vec<_>>());
        questions
            .into_iter()
            .map(|(compared, command)| (command, without_what_may_differ(client.read(), compared)))
            .collect()
    }
}

fn question(form: &str, key: &str) -> String {
    if form.contains('?') { form.replace('?', key) } else { format!("{form} {key}") }
}

fn without_what_may_differ(answer: Frame, compared: Compared) -> Frame {
    match compared {
        _ if matches!(answer, Frame::Error(_)) => answer,
        Compared::Exactly => answer,
        Compared::WithoutOrder => answer.sorted(),
        Compared::ByKind => match answer {
            Frame::Int(number) => Frame::Int(number.signum()),
            Frame::Bulk(_) => Frame::Bulk(Vec::new()),
            other => other,
        },
        Compared::WithoutTimes => without_times(answer),
    }
}

/// Without how long ago something was, and without the shape of a stream's tree and a connection's id.
fn without_times(answer: Frame) -> Frame {
    const NAMES: [&[u8]; 3] = [b"idle", b"radix-tree-keys", b"radix-tree-nodes"];
    let named = |frame: &Frame| matches!(frame, Frame::Bulk(name) if NAMES.contains(&name.as_slice()));
    match answer {
        Frame::Map(pairs) => {
            let pair = |(key, value): (Frame, Frame)| {
                let value = if named(&key) { Frame::Int(0) } else { without_times(value) };
                (key, value)
            };
            Frame::Map(pairs.into_iter().map(pair).collect())
        }
        Frame::Array(mut items) => {
            // XPENDING: an entry, its consumer, how long ago it was given, how often.
            if let [Frame::Bulk(_), Frame::Bulk(_), Frame::Int(idle), Frame::Int(_)] = items.as_mut_slice() {
                *idle = 0;
            }
            let (mut out, mut after) = (Vec::new(), false);
            for item in items {
                let is_name = named(&item);
                out.push(if after { Frame::Int(0) } else { without_times(item) });
                after = is_name && !after;
            }
            Frame::Array(out)
        }
        // A moment that was told by how far it is away: what is told exactly lies later.
        Frame::Int(1_000_000_000..4_100_000_000 | 1_000_000_000_000..4_100_000_000_000) => Frame::Int(1),
        other => other,
    }
}

/// Runs a sequence on both; says where they differ first.
fn compare(
    grammar: &Grammar,
    embedded: &str,
    real: &str,
    modern: [bool; LISTENER],
    steps: &[Step],
) -> Result<(), String> {
    let (mut here, mut there) = (Side::start(embedded, modern), Side::start(real, modern));
    let differ = |what: &str, here: &dyn fmt::Display, there: &dyn fmt::Display| {
        format!("{what}\n  embedded: {here}\n  real:     {there}")
    };
    for step in steps {
        let (command, compared) = (step.command(grammar), step.form(grammar).compared);
        let (here, there) = (here.does(step.client, compared, &command), there.does(step.client, compared, &command));
        if here != there {
            return Err(differ(&shown(&command), &list(&here), &list(&there)));
        }
    }
    for (client, (here, there)) in here.ends().iter().zip(there.ends()).enumerate() {
        if *here != there {
            return Err(differ(&format!("what connection {client} gets at the end"), &list(here), &list(&there)));
        }
    }
    for ((question, here), (_, there)) in here.data().into_iter().zip(there.data()) {
        if here != there {
            return Err(differ(&format!("afterwards {question}"), &here, &there));
        }
    }
    Ok(())
}

fn list(frames: &[Frame]) -> String {
    frames.iter().map(Frame::to_string).collect::<Vec<_>>().join(" ; ")
}

fn number(variable: &str) -> Option<u64> {
    asked(variable).map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} is to be a number")))
}

fn judge(embedded: &str, real: &str) {
    let cases = number("OCTAVO_TEST_CASES").map_or(CASES, |cases| u32::try_from(cases).expect("not so many"));
    let seed = number("OCTAVO_TEST_SEED").unwrap_or_else(|| rand::random::<u32>().into());
    println!("OCTAVO_TEST_SEED={seed}: {cases} sequences");
    let config = Config { cases, max_shrink_iters: 3_000, failure_persistence: None, ..Config::default() };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let grammar = Grammar::read();
    let sequences = (any::<[bool; LISTENER]>(), steps());
    let ended = runner.run(&sequences, |(modern, steps)| {
        compare(&grammar, embedded, real, modern, &steps).map_err(TestCaseError::fail)
    });
    if let Err(TestError::Fail(reason, (modern, steps))) = ended {
        let mut text = format!(
            "seed {seed}: the servers differ at {reason}\nin this sequence (connection> command), RESP3: {modern:?}\n"
        );
        for step in steps {
            let _ = writeln!(text, "{step:?}");
        }
        panic!("{text}");
    }
    ended.expect("every sequence can be run");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sequences_are_answered_as_redis_answers_them() {
    let Some(real) = crate::real("sequences") else { return };
    let server = Server::start(Options::default()).await.unwrap();
    let embedded = server.addr().to_string();
    let judged = tokio::task::spawn_blocking(move || {
        let _alone = crate::table::alone();
        judge(&embedded, &real);
    });
    judged.await.unwrap();
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_is_drawn_or_says_why_not() {
    let server = Server::start(Options::default()).await.unwrap();
    let address = server.addr().to_string();
    let known = tokio::task::spawn_blocking(move || crate::table::known(&address)).await.unwrap();
    let grammar = Grammar::read();
    let drawn = grammar.commands();
    for name in known {
        assert!(
            drawn.contains(&name) || grammar.apart(&name).is_some(),
            "{name} is in no form of grammar.txt, nor does it say why"
        );
    }
    server.shutdown().await;
}
