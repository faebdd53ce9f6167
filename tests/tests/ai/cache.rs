//! Kept answers, and one call for all who ask the same.

use crate::desk::{CHAT, Desk, ask_with, chat, slow, stream};
use local_emulator::Options;
use local_emulator_ai::{Fault, FaultKind};
use octavo_tests::{Answer, Person, eventually};
use reqwest::Method;
use serde_json::{Value, json};

fn cache(answer: &Answer) -> &str {
    answer.header("x-octavo-cache")
}

/// Asks until the answer is a kept one: it is kept a moment after it was told.
async fn comes_to_hit(desk: &Desk, body: &Value) {
    eventually("it is kept", || async {
        (cache(&ask_with(&desk.ada, &[], body).await.expect(200)) == "hit").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_kept_and_the_caller_steers_it() {
    let desk = Desk::start().await;
    let body = chat("standard", "echo: kept");
    let first = ask_with(&desk.ada, &[], &body).await.expect(200);
    assert_eq!(cache(&first), "miss");
    let second = ask_with(&desk.ada, &[], &body).await.expect(200);
    // It is kept after it was told: who asks at that moment shares it.
    assert!(["hit", "coalesced"].contains(&cache(&second)), "{}", cache(&second));
    assert_eq!(second.bytes, first.bytes, "to the byte");
    assert_eq!(second.header("x-octavo-provider"), first.header("x-octavo-provider"));
    assert_eq!(desk.asked_all(), 1);
    // Another colleague of the tenant has it too; the order of members does not matter.
    let turned = json!({ "messages": body["messages"], "model": "standard" });
    let other = desk.world.person("acme", "grace");
    comes_to_hit(&desk, &body).await;
    assert_eq!(cache(&ask_with(&other, &[], &turned).await.expect(200)), "hit");
    // Off: neither read nor kept.
    assert_eq!(cache(&ask_with(&desk.ada, &[("x-octavo-cache", "off")], &body).await.expect(200)), "bypass");
    assert_eq!(desk.asked_all(), 2);
    let fresh = chat("standard", "echo: off");
    ask_with(&desk.ada, &[("x-octavo-cache", "off")], &fresh).await.expect(200);
    assert_eq!(cache(&ask_with(&desk.ada, &[], &fresh).await.expect(200)), "miss");
    // Refresh: not read, but kept over what was there.
    let refreshed = ask_with(&desk.ada, &[("x-octavo-cache", "refresh")], &body).await.expect(200);
    assert_ne!(cache(&refreshed), "hit");
    assert_eq!(desk.asked_all(), 5);
    let after = eventually("the refreshed answer is kept", || async {
        let after = ask_with(&desk.ada, &[], &body).await.expect(200);
        (after.bytes == refreshed.bytes).then_some(after)
    })
    .await;
    assert_eq!(cache(&after), "hit");
    let wrong = ask_with(&desk.ada, &[("x-octavo-cache", "maybe")], &body).await.expect(400).json();
    assert_eq!(wrong["error"]["param"], "header:x-octavo-cache", "{wrong}");

    // What the cache saved is in the ledger, and nothing was used.
    let total = eventually("the hits are in the totals", || async {
        let total = desk.total().await;
        (total["cache_hits"].as_u64().unwrap() >= 3).then_some(total)
    })
    .await;
    assert_ne!(total["saved_dollars"], "0", "{total}");
    let calls = crate::desk::ledger(&desk.admin).await;
    let hit = calls.iter().find(|call| call["cache"] == "hit").unwrap();
    assert_eq!((&hit["cost"], &hit["usage"]["output"], &hit["attempts"]), (&json!("0"), &json!(0), &json!(0)), "{hit}");
    assert!(hit["saved_tokens"].as_u64().unwrap() > 0, "{hit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn how_long_it_is_kept_is_the_callers_and_the_policys_word() {
    let policy = json!({ "cache": { "completion_ttl_s": 1, "generation_ttl_s": 3_600 } });
    let desk = Desk::under(policy).await;
    let (own, completion, generation) = (chat("fast", "echo: own"), chat("fast", "echo: c"), chat("fast", "echo: g"));
    let generate = [("x-octavo-feature", "generate")];
    ask_with(&desk.ada, &[("x-octavo-cache-ttl", "600")], &own).await.expect(200);
    ask_with(&desk.ada, &[], &completion).await.expect(200);
    ask_with(&desk.ada, &generate, &generation).await.expect(200);
    eventually("the completion is forgotten after its second", || async {
        (cache(&ask_with(&desk.ada, &[], &completion).await.expect(200)) == "miss").then_some(())
    })
    .await;
    assert_eq!(cache(&ask_with(&desk.ada, &[], &own).await.expect(200)), "hit");
    assert_eq!(cache(&ask_with(&desk.ada, &generate, &generation).await.expect(200)), "hit");
    ask_with(&desk.ada, &[("x-octavo-cache-ttl", "0")], &own).await.expect(400);

    desk.sets(json!({ "cache": { "enabled": false } })).await;
    assert_eq!(cache(&ask_with(&desk.ada, &[], &own).await.expect(200)), "bypass", "the policy switches it off");
}

/// Fault 3 of the research page (a leak across tenants).
#[tokio::test(flavor = "multi_thread")]
async fn fault_03_never_across_tenants() {
    let desk = Desk::start().await;
    let body = chat("standard", "echo: ours alone");
    ask_with(&desk.ada, &[], &body).await.expect(200);
    let stranger = desk.world.person("globex", "ada");
    assert_eq!(cache(&ask_with(&stranger, &[], &body).await.expect(200)), "miss");
    comes_to_hit(&desk, &body).await;
    assert_ne!(cache(&ask_with(&stranger, &[], &body).await.expect(200)), "miss");
    assert_eq!(desk.asked_all(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_a_function_is_not_kept_where_the_caller_says_so() {
    let desk = Desk::start().await;
    let tool = json!({ "type": "function", "function": {
        "name": "weather", "description": "Weather of a city",
        "parameters": { "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"] } } });
    let mut body = chat("gpt-4.1", "What is the weather in Lisbon?");
    body["tools"] = json!([tool]);
    body["tool_choice"] = json!("required");
    let careful = [("x-octavo-cache", "no-tool-calls")];
    for _ in 0..2 {
        let answer = ask_with(&desk.ada, &careful, &body).await.expect(200);
        assert_eq!(cache(&answer), "miss");
        assert!(answer.json()["choices"][0]["message"]["tool_calls"].is_array(), "{}", answer.json());
    }
    ask_with(&desk.ada, &[], &body).await.expect(200);
    comes_to_hit(&desk, &body).await;
}

/// Fault 5 of the research page (the replay of a stream loses fields): what is told again is what was told, to the byte,
/// and what did not come to its end is never kept.
#[tokio::test(flavor = "multi_thread")]
async fn fault_05_a_stream_is_replayed_to_the_byte_and_an_aborted_one_is_never_kept() {
    let desk = Desk::start().await;
    for model in ["gpt-4.1", "claude-sonnet-5-5"] {
        for (path, body) in [
            (CHAT, stream(model, "count to 30")),
            ("/v1/messages", {
                let mut body = crate::desk::message(model, "count to 30");
                body["stream"] = json!(true);
                body
            }),
            ("/v1/responses", json!({ "model": model, "input": "count to 30", "stream": true })),
        ] {
            let first = desk.ada.post(path, body.clone()).await.expect(200);
            let again = eventually("it is kept", || async {
                let again = desk.ada.post(path, body.clone()).await.expect(200);
                (cache(&again) == "hit").then_some(again)
            })
            .await;
            assert_eq!(cache(&first), "miss");
            assert_eq!(again.header("content-type"), first.header("content-type"));
            assert_eq!(
                String::from_utf8_lossy(&again.bytes),
                String::from_utf8_lossy(&first.bytes),
                "{model} by {path}"
            );
        }
    }
    let mut asked = desk.asked_all();
    let mut never_kept = async |body: Value, why: &str| {
        desk.ada.post(CHAT, body.clone()).await;
        desk.heal();
        let again = desk.ada.post(CHAT, body).await.expect(200);
        assert_eq!((cache(&again), desk.asked_all()), ("miss", asked + 2), "{why}");
        asked += 2;
    };
    desk.fails("openai", FaultKind::Cut { chunks: 5 });
    never_kept(stream("gpt-4.1", "count to 31"), "cut").await;
    desk.fails("openai", FaultKind::ErrorInStream { chunks: 5 });
    never_kept(stream("gpt-4.1", "count to 32"), "failed in mid-stream").await;
    let mut short = stream("gpt-4.1", "count to 33");
    short["max_tokens"] = json!(5);
    never_kept(short, "cut off by its limit").await;
    let mut short = chat("gpt-4.1", "count to 34");
    short["max_tokens"] = json!(5);
    never_kept(short, "cut off by its limit, whole").await;
}

/// Asks the same so many times at once.
async fn at_once(person: &Person, count: usize, body: &Value) -> Vec<Answer> {
    let asked = (0..count).map(|_| {
        let (person, body) = (person.clone(), body.clone());
        tokio::spawn(async move { person.post(CHAT, body).await })
    });
    futures::future::join_all(asked).await.into_iter().map(|answer| answer.unwrap().expect(200)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn identical_requests_at_once_are_one_call() {
    let desk = Desk::start().await;
    desk.fails("*", slow(1_000));
    for body in [chat("standard", "echo: all of us"), stream("standard", "count to 20")] {
        let before = desk.asked_all();
        let answers = at_once(&desk.ada, 20, &body).await;
        assert_eq!(desk.asked_all() - before, 1, "one call for all");
        let count = |what: &str| answers.iter().filter(|answer| cache(answer) == what).count();
        assert_eq!((count("miss"), count("coalesced") + count("hit")), (1, 19));
        assert!(count("coalesced") > 0);
        assert!(answers.iter().all(|answer| answer.bytes == answers[0].bytes));
    }
    // Different ones are not.
    let before = desk.asked_all();
    let (one, other) = (chat("standard", "echo: x"), chat("standard", "echo: y"));
    tokio::join!(at_once(&desk.ada, 2, &one), at_once(&desk.ada, 2, &other));
    assert_eq!(desk.asked_all() - before, 2);
    let calls = desk.calls(44).await;
    let used: Vec<&Value> = calls.iter().filter(|call| call["cache"] == "miss").collect();
    assert_eq!(used.len(), 4);
    assert!(calls.iter().filter(|call| call["cache"] != "miss").all(|call| call["cost"] == "0"));
}

/// Who finds the answer dies; one of those who wait takes over, in another process.
#[tokio::test(flavor = "multi_thread")]
async fn when_the_process_that_finds_an_answer_dies_a_waiter_in_another_takes_over() {
    let desk = Desk::with(Options { sandboxes_max: 2, ..Options::default() }).await;
    let lambda = desk.world.emulator.lambda();
    desk.fault(Fault::new("*", FaultKind::Hang).times(1));
    let body = chat("standard", "echo: in spite of it");
    let ask = || {
        let (ada, body) = (desk.ada.clone(), body.clone());
        tokio::spawn(async move {
            let response = ada.request(Method::POST, CHAT).json(&body).send().await.unwrap();
            let cache = response.headers().get("x-octavo-cache").map(|cache| cache.to_str().unwrap().to_owned());
            (response.status().as_u16(), cache.unwrap_or_default(), response.text().await.unwrap_or_default())
        })
    };
    let leader = ask();
    eventually("somebody finds the answer", || async { (desk.asked_all() == 1).then_some(()) }).await;
    let [first] = lambda.sandboxes("ai")[..] else { panic!("one process") };
    // More than a process holds at a time (64): the rest waits in a second one.
    let waiting: Vec<_> = (0..90).map(|_| ask()).collect();
    let others = eventually("there is a second process", || async {
        let others: Vec<u32> = lambda.sandboxes("ai").into_iter().filter(|process| *process != first).collect();
        (!others.is_empty()).then_some(others)
    })
    .await;
    assert_eq!(others.len(), 1);
    eventually("the rest waits in it", || async {
        let under_way = lambda.functions().into_iter().find(|function| function.name == "ai").unwrap();
        (under_way.running >= 91).then_some(())
    })
    .await;
    assert!(std::process::Command::new("kill").args(["-9", &first.to_string()]).status().unwrap().success());
    assert_ne!(leader.await.unwrap().0, 200);
    let (mut missed, mut coalesced) = (0, 0);
    for waiter in waiting {
        let (status, cache, body) = waiter.await.unwrap();
        // Those who waited in the dead process are lost with it.
        if status != 200 {
            assert!((500..600).contains(&status), "{status} {body}");
            continue;
        }
        assert!(body.contains("in spite of it"), "{body}");
        match cache.as_str() {
            "miss" => missed += 1,
            "coalesced" => coalesced += 1,
            other => panic!("{other}"),
        }
    }
    assert_eq!(missed, 1, "one of those who waited in the other process takes over");
    assert!(coalesced > 10, "{coalesced}");
    assert_eq!(desk.asked_all(), 2, "the one that died and the one that took over");
}
