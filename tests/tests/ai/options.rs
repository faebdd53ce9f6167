//! What is off by default: the semantic cache, prompts and answers in full, a second provider asked beside a slow one.

use crate::desk::{Desk, ask, chat, slow, text};
use octavo_tests::eventually;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_means_the_same_is_answered_from_the_cache_where_that_is_wanted() {
    let desk = Desk::under(json!({ "cache": { "semantic": true, "semantic_threshold_milli": 900 } })).await;
    let first = ask(&desk.ada, "standard", "What does the travel policy say about trains?").await.expect(200);
    assert_eq!(first.header("x-octavo-cache"), "miss");
    let asked = eventually("the answer serves a question near to it", || async {
        // Another question to the letter, with the same words.
        let near = ask(&desk.ada, "standard", "what does the travel policy say about trains").await.expect(200);
        (near.header("x-octavo-cache") == "hit" && text(&near) == text(&first)).then(|| desk.asked_all())
    })
    .await;
    let far = ask(&desk.ada, "standard", "How is a bicycle wheel trued?").await.expect(200);
    assert_eq!(far.header("x-octavo-cache"), "miss", "another matter is no paraphrase");
    assert!(desk.asked_all() > asked);
    // Another context makes it another question: the same words after other instructions.
    let mut body = chat("standard", "what does the travel policy say about trains");
    body["messages"] = json!([
        { "role": "system", "content": "Answer in French." },
        { "role": "user", "content": "what does the travel policy say about trains" }
    ]);
    let other = desk.ada.post(crate::desk::CHAT, body).await.expect(200);
    assert_eq!(other.header("x-octavo-cache"), "miss");
    // What the likeness costs is in the ledger, under its own name.
    let usage = desk.admin.get("/v1/ai/usage?by=feature").await.expect(200).json();
    let rows = usage["rows"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["feature"] == "semantic-cache" && row["calls"].as_u64() > Some(0)), "{usage}");
    assert!(rows.iter().any(|row| row["feature"] == "chat" && row["cache_hits"].as_u64() > Some(0)), "{usage}");
}

#[tokio::test(flavor = "multi_thread")]
async fn prompts_and_answers_are_kept_in_full_only_where_the_tenant_asks() {
    let desk = Desk::start().await;
    ask(&desk.ada, "standard", "echo: not kept").await.expect(200);
    let id = desk.call().await["id"].as_str().unwrap().to_owned();
    let path = |id: &str| format!("/v1/ai/calls/{id}/transcript");
    desk.admin.get(&path(&id)).await.expect_problem(404, "AI_0014", "");

    desk.sets(json!({ "safety": { "audit": "full", "redact": ["email"] } })).await;
    let told = ask(&desk.ada, "standard", "echo: write to ada@example.com").await.expect(200);
    assert!(text(&told).contains("ada@example.com"), "{}", text(&told));
    let id = desk.calls(2).await[0]["id"].as_str().unwrap().to_owned();
    desk.ada.get(&path(&id)).await.expect_problem(403, "AI_0013", "");
    let transcript = desk.admin.get(&path(&id)).await.expect(200).json();
    let prompt = transcript["prompt"]["messages"][0]["content"].as_str().unwrap();
    assert!(prompt.contains("<EMAIL_1>") && !prompt.contains("ada@example.com"), "the prompt as it left: {prompt}");
    assert!(transcript["answer"].as_str().unwrap().contains("ada@example.com"), "the answer as it arrived");
    let theirs = desk.world.with_roles("globex", "root", &["admin"]);
    theirs.get(&path(&id)).await.expect_problem(404, "AI_0014", "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_provider_is_asked_beside_a_slow_one_where_that_is_wanted() {
    // Only price decides who is first: OpenAI, and Azure after it.
    // Nobody else is asked before it is known how long it usually takes: on a busy machine that is not always the same.
    let desk = Desk::under(json!({ "routing": { "latency_weight": 0.0 } })).await;
    for n in 0..5 {
        let usual = ask(&desk.ada, "gpt-6.1-terra", &format!("echo: {n}")).await.expect(200);
        assert_eq!(usual.header("x-octavo-provider"), "openai");
    }
    desk.sets(json!({ "routing": { "hedge": true, "latency_weight": 0.0 } })).await;
    // Far longer than a test would wait: whoever answers, it is not the first.
    desk.fails("openai", slow(120_000));
    let (openai, azure) = (desk.asked("openai"), desk.asked("azure"));
    let hedged = ask(&desk.ada, "gpt-6.1-terra", "echo: hedged").await.expect(200);
    assert_eq!((hedged.header("x-octavo-provider"), text(&hedged).as_str()), ("azure", "hedged"));
    assert_eq!((desk.asked("openai"), desk.asked("azure")), (openai + 1, azure + 1));
    let call = &desk.calls(6).await[0];
    assert_eq!((call["attempts"].as_u64(), call["outcome"].as_str()), (Some(2), Some("answered")), "{call}");
    assert_eq!(call["provider"], "azure", "{call}");
}
