//! Rates and budgets.

use crate::desk::{CHAT, Desk, MESSAGES, RESPONSES, ask, ask_with, calls_of, chat, ledger, message, slow, usage};
use local_emulator::Options;
use local_emulator_redis as redis;
use octavo_tests::{Answer, Person, World, eventually};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::{Mutex, oneshot};
use tokio::time::Instant;

/// A refusal over a rate or a budget, as the SDK reads it: the code, and whether it may ask again.
#[track_caller]
fn refused(answer: &Answer, code: &str, retry: &str) {
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (429, &json!(code)), "{}", answer.json());
    assert_eq!(answer.header("x-should-retry"), retry);
    assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds > 0), "{:?}", answer.headers);
}

/// Tokens of this prompt as the gateway counts them.
async fn counted(person: &Person, text: &str) -> u64 {
    let answer = person.post("/v1/messages/count_tokens", message("standard", text)).await.expect(200);
    answer.json()["input_tokens"].as_u64().unwrap()
}

/// The use of all calls of the ledger, line by line.
fn tokens(calls: &[Value]) -> u64 {
    let of = |call: &Value, what: &str| call["usage"][what].as_u64().unwrap();
    calls.iter().map(|call| of(call, "input") + of(call, "output")).sum()
}

/// A Redis on a thread of its own, as it is on a machine of its own elsewhere: a thousand clients on the test's threads do
/// not keep it waiting. Ends with the test.
struct Apart {
    url: String,
    _end: oneshot::Sender<()>,
}

impl Apart {
    fn start() -> Self {
        let (told, url) = std::sync::mpsc::channel();
        let (end, ended) = oneshot::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let server = redis::Server::start(redis::Options::default()).await.unwrap();
                told.send(server.url()).unwrap();
                let _ = ended.await;
            });
        });
        Self { url: url.recv().unwrap(), _end: end }
    }
}

/// 1,000 at once on a budget with room for 600. A call holds its prompt as counted here (P) and the most that it lets the
/// answer have (40): P + 40. The fakes report that very use (P and 40), so that a settlement gives nothing back and takes
/// nothing more, and the budget of 600 x (P + 40) has room for 600 calls, whatever order they come in.
async fn exactly_600_of_1000(sandboxes_max: usize) {
    const ROOM: u64 = 600;
    const ANSWER: u64 = 40;
    // One crowd at a time: the machine is small.
    static CROWD: Mutex<()> = Mutex::const_new(());
    let _alone = CROWD.lock().await;
    let redis = Apart::start();
    let desk = Desk::with(Options { sandboxes_max, redis: Some(redis.url.clone()), ..Options::default() }).await;
    let text = "echo: one of a thousand";
    let prompt = counted(&desk.ada, text).await;
    let budget = ROOM * (prompt + ANSWER);
    desk.sets(json!({ "budgets": [{ "period": "day", "tokens": budget }] })).await;
    desk.fails("*", usage(prompt, ANSWER));
    desk.fails("*", slow(20));
    let mut body = chat("standard", text);
    body["max_tokens"] = json!(ANSWER);
    // Each is a call of its own: none may be served by another's answer.
    let asked: Vec<_> = (0..1_000)
        .map(|_| {
            let (ada, body) = (desk.ada.clone(), body.clone());
            tokio::spawn(async move { ask_with(&ada, &[("x-octavo-cache", "off")], &body).await })
        })
        .collect();
    let (mut answered, mut over) = (0, 0);
    for answer in asked {
        let answer = answer.await.unwrap();
        match answer.status {
            200 => answered += 1,
            _ => {
                refused(&answer, "insufficient_quota", "false");
                over += 1;
            }
        }
    }
    assert_eq!((answered, over), (ROOM, 400), "{}", desk.complaints());
    assert_eq!(desk.asked_all(), ROOM, "what is over the budget never leaves");
    if sandboxes_max > 1 {
        assert!(desk.world.emulator.lambda().sandboxes("ai").len() > 1, "several processes shared the budget");
    }
    let calls = desk.calls(ROOM as usize).await;
    assert_eq!(tokens(&calls), budget, "the ledger agrees to the token, line by line");
    let total = desk.total().await;
    let sum = total["input_tokens"].as_u64().unwrap() + total["output_tokens"].as_u64().unwrap();
    assert_eq!((sum, &total["calls"]), (budget, &json!(ROOM)), "and in its totals");
    let budgets = desk.admin.get("/v1/ai/budgets").await.expect(200).json();
    assert_eq!(budgets[0]["tokens"], budget, "and so does the counter: {budgets}");
}

/// Fault 7 of the research page (budget races).
#[tokio::test(flavor = "multi_thread")]
async fn fault_07_of_1000_parallel_requests_on_a_budget_for_600_exactly_600_pass() {
    exactly_600_of_1000(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_07_and_likewise_over_several_processes() {
    exactly_600_of_1000(2).await;
}

/// Fault 6 of the research page (races on a rate): 80 at once on 60 a minute. What is granted beyond the 60 is what the
/// rate gave back meanwhile, one a second.
#[tokio::test(flavor = "multi_thread")]
async fn fault_06_a_rate_of_requests_holds_in_parallel_and_retry_after_is_true() {
    let desk = Desk::under(json!({ "rates": [{ "requests_per_minute": 60 }] })).await;
    let first = ask(&desk.ada, "standard", "echo: first").await.expect(200);
    assert_eq!(first.header("x-ratelimit-limit-requests"), "60");
    assert_eq!(first.header("x-ratelimit-remaining-requests"), "59");
    assert!(first.header("x-ratelimit-reset-requests").ends_with('s'), "{:?}", first.headers);
    let began = Instant::now();
    let asked = (0..80).map(|number| {
        let ada = desk.ada.clone();
        tokio::spawn(async move { ask(&ada, "standard", &format!("echo: {number}")).await })
    });
    let answers: Vec<Answer> =
        futures::future::join_all(asked).await.into_iter().map(|answer| answer.unwrap()).collect();
    let granted = answers.iter().filter(|answer| answer.status == 200).count();
    let given_back = began.elapsed().as_secs() as usize + 1;
    assert!((59..=59 + given_back).contains(&granted), "{granted} in {:?}", began.elapsed());
    let over = answers.iter().find(|answer| answer.status == 429).unwrap();
    refused(over, "rate_limit_exceeded", "true");
    assert_eq!(over.header("x-ratelimit-remaining-requests"), "0");
    // Who comes back when told to is let in; a moment before nobody was.
    let told = ask(&desk.ada, "standard", "echo: too early").await;
    if told.status == 429 {
        let wait: u64 = told.header("retry-after-ms").parse().unwrap();
        assert!(wait <= 1_000, "one comes back each second: {wait} ms");
        tokio::time::sleep(Duration::from_millis(wait)).await;
        ask(&desk.ada, "standard", "echo: as told").await.expect(200);
    }
    let calls = ledger(&desk.admin).await;
    assert!(calls.iter().all(|call| call["outcome"] == "answered"), "what was refused is no call");
}

#[tokio::test(flavor = "multi_thread")]
async fn rates_count_each_user_each_key_and_each_model() {
    let desk = Desk::under(json!({ "rates": [
        { "scope": "user", "requests_per_minute": 3 },
        { "scope": "key", "requests_per_minute": 2 },
        { "model": "fast", "requests_per_minute": 1 },
    ] }))
    .await;
    let grace = desk.world.person("acme", "grace");
    // The model's: its tier, and every model of that tier however it was named.
    ask(&desk.ada, "fast", "echo: 1").await.expect(200);
    refused(&ask(&grace, "gpt-6-luna", "echo: 2").await, "rate_limit_exceeded", "true");
    // The user's: what one has used up, another has not. What was refused took nothing.
    for number in 0..2 {
        ask(&desk.ada, "standard", &format!("echo: {number}")).await.expect(200);
    }
    let over = ask(&desk.ada, "standard", "echo: 3").await;
    refused(&over, "rate_limit_exceeded", "true");
    assert_eq!(over.header("x-ratelimit-limit-requests"), "3", "the tightest one is told");
    ask(&grace, "standard", "echo: 4").await.expect(200);
    // The key's: of whoever has it, beside the user's own.
    let key = |person: Person| async move {
        let made = person.post("/v1/ai/keys", json!({ "name": "a script" })).await.expect(201).json();
        made["key"].as_str().unwrap().to_owned()
    };
    let linus = desk.world.person("acme", "linus");
    let (one, other) = (key(linus.clone()).await, key(linus.clone()).await);
    let by_key = async |key: &str, text: &str| {
        let request = desk.world.stranger().request(Method::POST, CHAT).bearer_auth(key);
        desk.ada.send(request.json(&chat("standard", text))).await
    };
    by_key(&one, "echo: 5").await.expect(200);
    by_key(&one, "echo: 6").await.expect(200);
    refused(&by_key(&one, "echo: 7").await, "rate_limit_exceeded", "true");
    by_key(&other, "echo: 8").await.expect(200);
    refused(&by_key(&other, "echo: 9").await, "rate_limit_exceeded", "true");
    // Another tenant has no part in it.
    ask(&desk.world.person("globex", "ada"), "fast", "echo: 10").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_of_tokens_counts_prompt_and_answer_and_says_so_in_each_sdks_headers() {
    let desk = Desk::under(json!({ "rates": [{ "tokens_per_minute": 2_000 }] })).await;
    let mut body = message("standard", "echo: hello");
    body["max_tokens"] = json!(1_500);
    let first = desk.ada.post(MESSAGES, body.clone()).await.expect(200);
    assert_eq!(first.header("anthropic-ratelimit-tokens-limit"), "2000");
    let left: u64 = first.header("anthropic-ratelimit-tokens-remaining").parse().unwrap();
    assert!((400..500).contains(&left), "2,000 less 1,500 and a prompt: {left}");
    body["messages"][0]["content"] = json!("echo: again");
    let over = desk.ada.post(MESSAGES, body).await.expect(429);
    assert_eq!((&over.json()["type"], &over.json()["error"]["type"]), (&json!("error"), &json!("rate_limit_error")));
    assert_eq!(over.header("x-should-retry"), "true");
    let mut responses = json!({ "model": "standard", "input": "echo: hello", "max_output_tokens": 100 });
    let small = desk.ada.post(RESPONSES, responses.clone()).await.expect(200);
    assert_eq!(small.header("x-ratelimit-limit-tokens"), "2000");
    // More than there ever is: waiting does not help.
    responses["max_output_tokens"] = json!(5_000);
    refused(&desk.ada.post(RESPONSES, responses).await, "rate_limit_exceeded", "false");
    // What the cache answers costs no tokens.
    let mut body = message("standard", "echo: hello");
    body["max_tokens"] = json!(1_500);
    let kept = desk.ada.post(MESSAGES, body).await.expect(200);
    assert_eq!(kept.header("x-octavo-cache"), "hit");
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_are_raised_once_each_at_50_80_and_100_percent() {
    let desk = Desk::under(json!({ "budgets": [{ "period": "day", "tokens": 1_000 }] })).await;
    let alerts = async || {
        let alerts = desk.admin.get("/v1/ai/alerts").await.expect(200).json();
        let mut percents: Vec<u64> =
            alerts.as_array().unwrap().iter().map(|alert| alert["percent"].as_u64().unwrap()).collect();
        percents.sort_unstable();
        percents
    };
    let mut body = chat("standard", "");
    body["max_tokens"] = json!(5);
    // Used: 400, 600, 700, 850, 1,050.
    for (number, (used, expected)) in
        [(400, vec![]), (200, vec![50]), (100, vec![50]), (150, vec![50, 80]), (200, vec![50, 80, 100])]
            .iter()
            .enumerate()
    {
        desk.heal();
        desk.fails("*", usage(*used, 0));
        body["messages"][0]["content"] = json!(format!("echo: {number}"));
        desk.ada.post(CHAT, body.clone()).await.expect(200);
        desk.calls(number + 1).await;
        assert_eq!(alerts().await, *expected, "after call {number}");
    }
    let over = ask(&desk.ada, "standard", "echo: over").await;
    refused(&over, "insufficient_quota", "false");
    let until_midnight: u64 = over.header("retry-after").parse().unwrap();
    assert!(until_midnight <= 24 * 3_600);
    // Another process has seen none of them raised; they are raised already all the same.
    desk.world.emulator.lambda().kill("ai");
    eventually("a new process answers", || async {
        (ask(&desk.ada, "standard", "echo: over").await.status == 429).then_some(())
    })
    .await;
    let all = desk.admin.get("/v1/ai/alerts").await.expect(200).json();
    assert_eq!(alerts().await, [50, 80, 100]);
    let last = &all.as_array().unwrap().iter().find(|alert| alert["percent"] == 100).unwrap();
    assert_eq!((&last["tokens"], &last["tokens_max"]), (&json!(1_050), &json!(1_000)), "{last}");
    assert!(last["budget"].as_str().unwrap().starts_with("day:20"), "{last}");
}

/// Budgets of money are exact; of users and keys, each has its own.
#[tokio::test(flavor = "multi_thread")]
async fn budgets_of_money_of_users_and_of_keys() {
    let desk = Desk::under(json!({ "budgets": [
        { "period": "day", "dollars": "0.0125" }, { "scope": "user", "period": "month", "tokens": 2_900 },
    ] }))
    .await;
    // 2 and 8 dollars a million: 1,000 and 500 are 0.002 and 0.004.
    desk.fails("openai", usage(1_000, 500));
    let mut body = chat("openai/gpt-4.1", "");
    body["max_tokens"] = json!(10);
    let grace = desk.world.person("acme", "grace");
    let mut count = 0;
    let mut pay = async |person: &Person| {
        count += 1;
        body["messages"][0]["content"] = json!(format!("echo: {count}"));
        let answer = person.post(CHAT, body.clone()).await;
        if answer.status == 200 {
            calls_of(&desk.admin, count).await;
        }
        answer
    };
    pay(&desk.ada).await.expect(200);
    let own = desk.ada.get("/v1/ai/budgets").await.expect(200).json();
    assert_eq!((own.as_array().unwrap().len(), &own[0]["tokens"]), (1, &json!(1_500)), "one's own only: {own}");
    pay(&desk.ada).await.expect(200);
    let all = desk.admin.get("/v1/ai/budgets").await.expect(200).json();
    assert_eq!((&all[0]["dollars"], &all[0]["dollars_max"]), (&json!("0.012"), &json!("0.0125")), "{all}");
    // Ada's month is used up (3,000 of 2,900), Grace's is not; the tenant's day has room for half a tenth of a cent.
    let over = pay(&desk.ada).await;
    refused(&over, "insufficient_quota", "false");
    assert!(over.json()["error"]["message"].as_str().unwrap().contains("user:ada"), "{}", over.json());
    let mut small = body.clone();
    small["messages"][0]["content"] = json!("echo: small");
    desk.heal();
    grace.post(CHAT, small.clone()).await.expect(200);
    small["messages"][0]["content"] = json!("echo: large");
    small["max_tokens"] = json!(1_000);
    let over = grace.post(CHAT, small).await;
    refused(&over, "insufficient_quota", "false");
    assert!(!over.json()["error"]["message"].as_str().unwrap().contains("user"), "{}", over.json());
    assert_eq!(desk.asked("openai"), 3);
}

/// A counter that Redis has lost begins with what the ledger says.
#[tokio::test(flavor = "multi_thread")]
async fn a_budget_outlives_its_counter() {
    let redis = redis::Server::start(redis::Options::default()).await.unwrap();
    let world = World::with(Options { redis: Some(redis.url()), ..Options::default() }).await;
    let desk = Desk::of(world);
    desk.sets(json!({ "budgets": [{ "period": "day", "tokens": 1_000 }] })).await;
    desk.fails("*", usage(990, 5));
    let mut body = chat("standard", "echo: nearly all");
    body["max_tokens"] = json!(10);
    desk.ada.post(CHAT, body.clone()).await.expect(200);
    desk.call().await;
    let mut socket = tokio::net::TcpStream::connect(redis.addr()).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut socket, b"FLUSHALL\r\n").await.unwrap();
    let mut flushed = [0; 5];
    tokio::io::AsyncReadExt::read_exact(&mut socket, &mut flushed).await.unwrap();
    assert_eq!(&flushed, b"+OK\r\n");
    body["messages"][0]["content"] = json!("echo: more");
    refused(&desk.ada.post(CHAT, body).await, "insufficient_quota", "false");
    let budgets = desk.admin.get("/v1/ai/budgets").await.expect(200).json();
    assert_eq!(budgets[0]["tokens"], 995, "{budgets}");
}
