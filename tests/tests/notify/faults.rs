//! The workers and all providers die while messages are on their way. None is lost or stands still, and nothing arrives twice
//! at somebody who would not know the second for the first.
//!
//! Which dies when is drawn from a seed, which is printed; `OCTAVO_TEST_SEED` asks for one again, `OCTAVO_TEST_ROUNDS` for more
//! rounds, `OCTAVO_TEST_MESSAGES` for more messages a channel and round.

use crate::desk::Desk;
use crate::faults::providers::Providers;
use futures::StreamExt;
use local_emulator::Options;
use octavo_testing::ids::unique;
use octavo_tests::{Person, asked};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep};

mod providers;

/// How long things die, in one round.
const DYING: Duration = Duration::from_secs(12);
/// Messages of one channel in one round.
const MESSAGES: u64 = 100;
/// How long messages may take to come to their end when nothing dies any more: what a dead worker held rests for two minutes,
/// and what nobody took waits for its turn.
const WITHIN: Duration = Duration::from_secs(400);
/// How long the platform may be unable to answer one who asks again.
const ANSWERS_WITHIN: Duration = Duration::from_secs(300);
/// Events that are sent at the same time.
const AT_ONCE: usize = 8;
const ROUTING_KEY: &str = "0123456789abcdef0123456789abcdef";
/// What each event is told by.
const CHANNELS: [&str; 6] = ["email", "in_app", "pagerduty", "slack", "sms", "webhook"];

/// SplitMix64: small, even, and the same everywhere.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// A platform whose providers are a process that can be killed.
struct Mortal {
    desk: Desk,
    providers: Providers,
    deaths: BTreeMap<&'static str, u32>,
}

impl Mortal {
    async fn start() -> Self {
        let providers = Providers::start().await;
        let options = Options { variables: providers.variables(), ..Options::default() };
        let desk = Desk::with(options).await;
        let mortal = Self { desk, providers, deaths: BTreeMap::new() };
        mortal.providers.calls(&mortal.desk.world.emulator.url()).await;
        // Whoever is a user is told in the application alone.
        mortal.desk.sets(json!({ "categories": { "faults": { "channels": ["in_app"] } } })).await;
        let (root, url) = (mortal.desk.root(), mortal.providers.url());
        for (name, body) in [
            ("crm", json!({ "kind": "webhook", "url": format!("{url}/webhook/crm") })),
            ("team", json!({ "kind": "slack", "url": format!("{url}/services/T1/B2/x") })),
            ("ops", json!({ "kind": "pagerduty", "routing_key": ROUTING_KEY })),
        ] {
            root.put(&format!("/v1/notification-targets/{name}"), body).await.expect(200);
        }
        mortal
    }

    /// Lets things die for a while.
    async fn dying(&mut self, seeded: &mut Seeded) {
        let until = Instant::now() + DYING;
        while Instant::now() < until {
            let what = if seeded.below(5) < 3 { "worker" } else { "providers" };
            *self.deaths.entry(what).or_default() += 1;
            match what {
                "worker" => drop(self.desk.world.emulator.lambda().kill("notify")),
                _ => {
                    self.providers.kill().await;
                    sleep(Duration::from_millis(seeded.below(400))).await;
                    self.providers.again().await;
                    self.providers.calls(&self.desk.world.emulator.url()).await;
                }
            }
            sleep(Duration::from_millis(200 + seeded.below(1_300))).await;
        }
    }
}

/// An event that was accepted.
struct Told {
    id: String,
    key: String,
    title: String,
    email: String,
    phone: String,
    user: String,
}

/// Sends events as a client does that must not lose one.
async fn tell(root: &Person, round: u64, count: u64) -> Vec<Told> {
    let pause = DYING / u32::try_from(count.div_ceil(AT_ONCE as u64)).unwrap_or(1);
    let all = (0..count).map(|number| async move {
        let title = format!("R{round}N{number:05}.");
        let (email, user) = (format!("r{round}-{number}@x.example"), format!("u{round}-{number}"));
        let key = format!("key-{round}-{number}");
        let phone = format!("+4366{:08}", round * 100_000 + number);
        let event = json!({
            "category": "faults", "data": { "title": title }, "key": key,
            "recipients": [
                { "to": "address", "channel": "email", "address": email },
                { "to": "address", "channel": "sms", "address": phone },
                { "to": "target", "target": "crm" }, { "to": "target", "target": "team" },
                { "to": "target", "target": "ops" }, { "to": "user", "user": user },
            ],
        });
        let answer = careful(root, Method::POST, "/v1/notifications", Some(&event)).await;
        sleep(pause).await;
        Told { id: answer["id"].as_str().expect("it has an id").to_owned(), key, title, email, phone, user }
    });
    futures::stream::iter(all).buffer_unordered(AT_ONCE).collect().await
}

/// Asks until there is an answer.
async fn careful(root: &Person, method: Method, path: &str, body: Option<&Value>) -> Value {
    let deadline = Instant::now() + ANSWERS_WITHIN;
    loop {
        let request = root.request(method.clone(), path);
        let answer = root.send(match body {
            Some(body) => request.json(body),
            None => request,
        });
        let answer = answer.await;
        if answer.status < 300 {
            return answer.json();
        }
        let said = format!("{}: {}", answer.status, String::from_utf8_lossy(&answer.bytes));
        assert!(answer.status >= 500 || answer.status == 429, "{path}: {said}");
        assert!(Instant::now() < deadline, "{path} is not answered: {said}");
        sleep(Duration::from_millis(100)).await;
    }
}

/// What came of it.
#[derive(Default)]
struct Found {
    wrong: Vec<String>,
    ends: BTreeMap<String, u32>,
    tries: u64,
    repeated: usize,
}

/// Waits for the end of every message, and compares with what the providers took.
async fn judge(mortal: &Mortal, told: &[Told]) -> Found {
    let (mut found, root) = (Found::default(), mortal.desk.root());
    let deadline = Instant::now() + WITHIN;
    let mut ended: Vec<(&Told, Vec<Value>)> = Vec::new();
    let mut waiting: Vec<&Told> = told.iter().collect();
    while let Some(one) = waiting.pop() {
        let event = careful(&root, Method::GET, &format!("/v1/notifications/{}", one.id), None).await;
        let messages = event["messages"].as_array().cloned().unwrap_or_default();
        let over = |message: &Value| !["planned", "sending"].iter().any(|status| message["status"] == *status);
        if messages.len() == CHANNELS.len() && messages.iter().all(over) {
            ended.push((one, messages));
        } else if Instant::now() > deadline {
            found.wrong.push(format!("{} has not ended: {messages:#?}", one.title));
        } else {
            waiting.insert(0, one);
            sleep(Duration::from_millis(if waiting.len() < 20 { 250 } else { 5 })).await;
        }
    }
    // What a provider tells later may still settle something.
    sleep(Duration::from_secs(1)).await;
    let taken = mortal.providers.taken().await;
    for (one, messages) in ended {
        for message in messages {
            found.look(mortal, one, &message, &taken).await;
        }
    }
    found
}

impl Found {
    async fn look(&mut self, mortal: &Mortal, one: &Told, message: &Value, taken: &[Value]) {
        let (channel, status) = (message["channel"].as_str().unwrap(), message["status"].as_str().unwrap());
        *self.ends.entry(format!("{channel} {status}")).or_default() += 1;
        self.tries += message["attempts"].as_u64().unwrap_or_default();
        let id = message["id"].as_str().unwrap().replace('-', "");
        let to = |address: &str| taken.iter().filter(|sent| sent["to"][0] == address).count();
        let records = match channel {
            "email" => to(&one.email),
            "sms" => to(&one.phone),
            "slack" => taken.iter().filter(|sent| sent["kind"] == "slack" && says(sent, &one.title)).count(),
            // What their receivers know for one is one.
            "webhook" => self.once(taken, "webhook_id", &format!("msg_{id}")),
            "pagerduty" => self.once(taken, "dedup_key", &one.key),
            "in_app" => {
                let person = mortal.desk.person(&one.user);
                person.get("/v1/inbox").await.expect(200).json()["notifications"].as_array().unwrap().len()
            }
            other => panic!("{other}"),
        };
        let right = match status {
            "sent" | "delivered" => records == 1,
            "unknown" => records <= 1,
            "failed" => records == 0,
            _ => false,
        };
        if !right {
            let whole = mortal.desk.message(&message["id"]).await;
            self.wrong.push(format!("{}: {channel} {status} with {records} records: {whole:#}", one.title));
        }
    }

    /// 1 if there is something with this tag, however often.
    fn once(&mut self, taken: &[Value], tag: &str, value: &str) -> usize {
        let count = taken.iter().filter(|sent| sent["tags"][tag] == value).count();
        self.repeated += count.saturating_sub(1);
        count.min(1)
    }
}

fn says(sent: &Value, title: &str) -> bool {
    sent["text"].as_str().is_some_and(|text| text.contains(title))
}

fn number(variable: &str) -> Option<u64> {
    asked(variable).map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} is to be a number")))
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_dies_no_message_is_lost_and_none_arrives_twice() {
    let seed = number("OCTAVO_TEST_SEED").unwrap_or_else(|| unique().as_u64_pair().0 >> 32);
    let (rounds, messages) =
        (number("OCTAVO_TEST_ROUNDS").unwrap_or(1), number("OCTAVO_TEST_MESSAGES").unwrap_or(MESSAGES));
    println!("OCTAVO_TEST_SEED={seed}");
    let mut seeded = Seeded(seed);
    let mut mortal = Mortal::start().await;
    for round in 0..rounds {
        let begun = Instant::now();
        let root = mortal.desk.root();
        let told = tokio::join!(tell(&root, round, messages), mortal.dying(&mut seeded)).0;
        println!("round {round}: {} events, died: {:?}", told.len(), std::mem::take(&mut mortal.deaths));
        let found = judge(&mortal, &told).await;
        let Found { wrong, ends, tries, repeated } = &found;
        println!("round {round}: {ends:?}, {tries} tries, {repeated} repeated, after {:?}", begun.elapsed());
        assert!(wrong.is_empty(), "seed {seed}: {} wrong\n{}", wrong.len(), wrong.join("\n"));
    }
}
