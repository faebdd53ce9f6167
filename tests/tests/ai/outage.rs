//! Redis, PostgreSQL and the function's own process go away in the middle.

use crate::desk::{CHAT, Desk, ask, chat, ledger, pace, slow, status, stream, text, usage, within};
use local_emulator::Options;
use local_emulator_lambda::{InvokeRequest, Output};
use local_emulator_redis as redis;
use octavo_testing::faults::Proxy;
use octavo_tests::{World, eventually};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A desk whose Redis is behind a proxy with switches.
async fn proxied() -> (Desk, Proxy, redis::Server) {
    let server = redis::Server::start(redis::Options::default()).await.unwrap();
    let proxy = Proxy::start(server.addr()).await;
    let desk = Desk::with(Options { redis: Some(proxy.url(&server.url())), ..Options::default() }).await;
    (desk, proxy, server)
}

/// Waits until the gateway uses the shared state again: it leaves what has failed alone for a second.
/// Answers how many calls that took.
async fn shared_again(desk: &Desk) -> usize {
    let (mut body, asked) = (chat("standard", "echo: is it there?"), AtomicUsize::new(0));
    body["max_tokens"] = json!(10);
    eventually("the cache is asked again", || async {
        let answer = desk.ada.post(CHAT, body.clone()).await.expect(200);
        asked.fetch_add(1, Ordering::SeqCst);
        (answer.header("x-octavo-cache") != "bypass").then_some(())
    })
    .await;
    asked.into_inner()
}

/// Fault 11 of the research page (a dead Redis hangs every request): Redis takes connections and bytes and says nothing.
/// Every request is answered all the same, soon; and budgets hold, by what the ledger says.
#[tokio::test(flavor = "multi_thread")]
async fn fault_11_while_redis_hangs_every_request_is_answered_soon_and_budgets_hold() {
    let (desk, proxy, _server) = proxied().await;
    desk.sets(
        json!({ "budgets": [{ "period": "day", "tokens": 10_000 }], "rates": [{ "requests_per_minute": 1_000 }] }),
    )
    .await;
    desk.fails("*", usage(4_000, 0));
    ask(&desk.ada, "standard", "echo: before").await.expect(200);
    desk.call().await;
    proxy.black_hole().await;
    let mut body = chat("standard", "");
    body["max_tokens"] = json!(10);
    for number in 0..10 {
        desk.heal();
        desk.fails("*", usage(100, 0));
        body["messages"][0]["content"] = json!(format!("echo: {number}"));
        // 250 ms for what is found out anew, in the cache, the meter and the breakers; never more than a few of those.
        let answer = within(Duration::from_secs(10), desk.ada.post(CHAT, body.clone())).await.expect(200);
        assert_eq!(text(&answer), number.to_string());
    }
    // Many at once share one wait.
    let together = (0..30).map(|number| {
        let ada = desk.ada.clone();
        tokio::spawn(async move {
            let mut body = chat("standard", &format!("echo: together {number}"));
            body["max_tokens"] = json!(10);
            within(Duration::from_secs(30), ada.post(CHAT, body)).await.expect(200)
        })
    });
    for answer in futures::future::join_all(together).await {
        answer.unwrap();
    }
    // 4,000, and 40 times 100: with what this one may use at most that is over 10,000.
    body["max_tokens"] = json!(2_500);
    body["messages"][0]["content"] = json!("echo: too much");
    let over = desk.ada.post(CHAT, body.clone()).await;
    assert_eq!((over.status, &over.json()["error"]["code"]), (429, &json!("insufficient_quota")), "{}", over.json());
    let calls = desk.calls(41).await;
    assert!(calls.iter().all(|call| call["outcome"] == "answered"));
    proxy.pass().await;
    // However often it is asked until then: that is not to use up what is left.
    desk.heal();
    desk.fails("*", usage(1, 0));
    shared_again(&desk).await;
}

/// Without Redis each process goes on by what it has seen itself; when Redis is back all is shared again, what was used
/// meanwhile included.
#[tokio::test(flavor = "multi_thread")]
async fn without_redis_answers_go_on_and_what_was_used_meanwhile_is_counted_afterwards() {
    let (desk, proxy, _server) = proxied().await;
    desk.sets(json!({ "budgets": [{ "period": "day", "tokens": 100_000 }] })).await;
    desk.fails("*", usage(300, 50));
    ask(&desk.ada, "standard", "echo: before").await.expect(200);
    desk.call().await;
    // One is under way when it happens.
    desk.heal();
    desk.fails("*", usage(300, 50));
    desk.fails("*", slow(500));
    let under_way = tokio::spawn({
        let ada = desk.ada.clone();
        async move { ask(&ada, "standard", "echo: under way").await }
    });
    eventually("it is under way", || async { (desk.asked_all() == 2).then_some(()) }).await;
    proxy.refuse().await;
    proxy.cut();
    under_way.await.unwrap().expect(200);
    desk.heal();
    desk.fails("*", usage(300, 50));
    // The primary is dead: this process's own breaker spares it.
    desk.fails("openai", status(500));
    let before = desk.asked("openai");
    for number in 0..20 {
        let answer = ask(&desk.ada, "standard", &format!("echo: {number}")).await.expect(200);
        assert_eq!((answer.header("x-octavo-cache"), answer.header("x-octavo-provider")), ("bypass", "azure"));
    }
    let asked = desk.asked("openai") - before;
    assert!((1..=7).contains(&asked), "the dead provider was asked {asked} times of 20");
    desk.calls(22).await;
    proxy.pass().await;
    let asked = shared_again(&desk).await;
    let calls = desk.calls(22 + asked).await;
    let used: u64 = calls
        .iter()
        .map(|call| call["usage"]["input"].as_u64().unwrap() + call["usage"]["output"].as_u64().unwrap())
        .sum();
    let counter = eventually("the counter says what the ledger says", || async {
        let budgets = desk.admin.get("/v1/ai/budgets").await.expect(200).json();
        (budgets[0]["tokens"] == used).then_some(used)
    });
    assert_eq!(counter.await, (22 + asked as u64) * 350);
}

/// PostgreSQL dies and is started again. Calls under way are answered; their lines come later, by the queue, and none is
/// lost or written twice.
#[tokio::test(flavor = "multi_thread")]
async fn without_postgresql_calls_are_answered_and_their_lines_come_later() {
    let desk = Desk::of(World::alone(Options::default()).await);
    desk.fails("*", usage(100, 10));
    ask(&desk.ada, "standard", "echo: so that the policy is known").await.expect(200);
    desk.call().await;
    desk.fails("*", slow(700));
    let before = desk.asked_all();
    let under_way: Vec<_> = (0..30)
        .map(|number| {
            let ada = desk.ada.clone();
            tokio::spawn(async move {
                let body = if number % 2 == 0 { chat("standard", "") } else { stream("standard", "") };
                let mut body = body;
                body["messages"][0]["content"] = json!(format!("echo: {number}"));
                ada.post(CHAT, body).await
            })
        })
        .collect();
    eventually("all are under way", || async { (desk.asked_all() == before + 30).then_some(()) }).await;
    assert!(desk.world.emulator.crash_postgres());
    for answer in under_way {
        answer.await.unwrap().expect(200);
    }
    eventually("the ledger can be read again", || async {
        (desk.admin.get("/v1/ai/calls").await.status == 200).then_some(())
    })
    .await;
    let calls = desk.calls(31).await;
    let mut ids: Vec<&str> = calls.iter().map(|call| call["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 31);
    let total = desk.total().await;
    assert_eq!(
        (&total["calls"], &total["input_tokens"], &total["output_tokens"]),
        (&json!(31), &json!(3_100), &json!(310))
    );
}

/// The schedule's event, as EventBridge sends it.
async fn sweeps(desk: &Desk) {
    let event = json!({ "version": "0", "id": "00000000-0000-0000-0000-000000000000", "detail-type": "Scheduled Event",
        "source": "aws.events", "account": "000000000000", "time": "2026-11-26T03:00:00Z", "region": "octavo",
        "resources": ["arn:aws:events:octavo:000000000000:rule/ai-sweep"], "detail": {} });
    let request =
        InvokeRequest { function: "ai".to_owned(), payload: event.to_string().into(), ..InvokeRequest::default() };
    let answer = desk.world.emulator.lambda().invoke(request).await.unwrap();
    assert!(!matches!(answer.output, Output::Failed(_)), "{:?}", answer.output);
}

/// The function's process is killed in mid-stream. The client sees that the stream broke; what the call held stays charged
/// and gets a line of its own; the counter and the ledger agree.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_in_mid_stream_leaves_an_abandoned_call_and_right_books() {
    let variables = [("OCTAVO_AI_TIMEOUT_MS", "20000"), ("OCTAVO_AI_LEASE_MARGIN_MS", "200")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let desk = Desk::with(Options { variables, ..Options::default() }).await;
    desk.sets(json!({ "budgets": [{ "period": "day", "tokens": 100_000 }] })).await;
    desk.fault(local_emulator_ai::Fault::new("*", usage(70, 30)).times(1));
    ask(&desk.ada, "standard", "echo: before").await.expect(200);
    desk.call().await;
    desk.fails("*", pace(30));
    let mut body = stream("standard", "count to 500");
    body["max_tokens"] = json!(2_000);
    let mut response = desk.ada.request(Method::POST, CHAT).json(&body).send().await.unwrap();
    let mut seen = Vec::new();
    while seen.len() < 1_000 {
        seen.extend_from_slice(&response.chunk().await.unwrap().expect("there is more"));
    }
    assert_eq!(desk.world.emulator.lambda().kill("ai"), 1);
    let broken = within(Duration::from_secs(60), async {
        loop {
            match response.chunk().await {
                Ok(Some(piece)) => seen.extend_from_slice(&piece),
                Ok(None) => return false,
                Err(_) => return true,
            }
        }
    });
    assert!(broken.await, "a part is not taken for the whole");
    assert!(!String::from_utf8_lossy(&seen).contains("[DONE]"));
    desk.heal();

    // Not before its lease has run out: it might still be alive.
    sweeps(&desk).await;
    assert_eq!(ledger(&desk.admin).await.len(), 1);
    let calls = eventually("the lease has run out and the sweep has found it", || async {
        sweeps(&desk).await;
        let calls = ledger(&desk.admin).await;
        (calls.len() == 2).then_some(calls)
    })
    .await;
    let call = &calls[0];
    assert_eq!(
        (&call["outcome"], &call["user"], &call["asked_model"]),
        (&json!("abandoned"), &json!("ada"), &json!("standard"))
    );
    let held = call["usage"]["input"].as_u64().unwrap();
    assert!((2_000..2_100).contains(&held), "the prompt, and the most that the answer could have had: {call}");
    assert_eq!(call["usage_reported"], false);
    assert_ne!(call["cost"], "0");
    // Sweeping again changes nothing, nor does waiting.
    sweeps(&desk).await;
    let total = desk.total().await;
    assert_eq!((&total["calls"], &total["input_tokens"]), (&json!(2), &json!(70 + held)), "{total}");
    let budgets = desk.admin.get("/v1/ai/budgets").await.expect(200).json();
    assert_eq!(budgets[0]["tokens"], 100 + held, "the counter and the ledger agree: {budgets}");
    let left: Value = desk.admin.get("/v1/ai/usage?by=user").await.expect(200).json();
    assert_eq!(left["rows"].as_array().unwrap().len(), 1);
}
