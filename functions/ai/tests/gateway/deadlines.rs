//! Fault 15 of the research page, its last part: a connection, the first piece, a pause and the whole each have a deadline
//! of their own.

use crate::stage::{Ada, MS, Stage, error, read};
use local_emulator_ai::FaultKind;
use octavo_domain_ai::Outcome;
use octavo_domain_ai::ports::Timeouts;
use std::time::Duration;
use tokio::time::Instant;

const LONG: Duration = Duration::from_secs(30);

fn timeouts() -> Timeouts {
    Timeouts { connect: LONG, first_token: LONG, idle: LONG, total: LONG }
}

#[tokio::test]
async fn fault_15_a_stream_that_does_not_begin_is_left_for_another_provider() {
    let stage = Stage::with(Timeouts { first_token: 2_000 * MS, ..timeouts() }, LONG).await;
    stage.fails("openai", FaultKind::Hang);
    let (status, body) = read(stage.ask(&Ada, "standard", "echo: hello", true).await).await;
    assert_eq!(status, 200);
    assert!(body.contains("hello") && body.contains("[DONE]"), "{body}");
    let call = stage.ports.call().await;
    assert_eq!((call.provider.as_str(), call.attempts, call.error.as_deref()), ("anthropic", 2, Some("timeout")));
    // An answer that comes whole has no first piece: it may take as long as all of it may.
    let told = stage.upstream.timeouts.lock().clone();
    assert!(told.iter().all(|told| told.first_token == 2_000 * MS && told.idle == LONG), "{told:?}");
    stage.fakes.clear_faults();
    stage.fails("openai", FaultKind::Latency { first_token_ms: 2_500, per_token_ms: 0, jitter_ms: 0 });
    let (status, _) = read(stage.ask(&Ada, "gpt-4.1", "echo: hello", false).await).await;
    assert_eq!(status, 200);
    assert_eq!(stage.ports.call().await.attempts, 1);
}

#[tokio::test]
async fn fault_15_a_stream_that_pauses_too_long_ends_with_an_error() {
    let stage = Stage::with(Timeouts { idle: 200 * MS, ..timeouts() }, LONG).await;
    // A pause before the first piece is none.
    stage.fails("openai", FaultKind::Latency { first_token_ms: 400, per_token_ms: 0, jitter_ms: 0 });
    stage.fails("openai", FaultKind::HangAfter { chunks: 6 });
    let began = Instant::now();
    let (status, body) = read(stage.ask(&Ada, "gpt-4.1", "count to 50", true).await).await;
    assert_eq!(status, 200);
    assert!(began.elapsed() >= 600 * MS && began.elapsed() < LONG);
    assert!(error(&body)["message"].as_str().unwrap().contains("in time"), "{body}");
    assert!(!body.contains("[DONE]"));
    let call = stage.ports.call().await;
    assert_eq!((call.outcome, call.error.as_deref()), (Outcome::Failed, Some("timeout")));
    assert!(call.usage.output > 0 && !call.usage_reported);
}

#[tokio::test]
async fn fault_15_a_stream_that_never_pauses_and_never_ends_is_ended() {
    let stage = Stage::with(Timeouts { total: 4_000 * MS, ..timeouts() }, LONG).await;
    stage.fails("openai", FaultKind::Latency { first_token_ms: 0, per_token_ms: 40, jitter_ms: 0 });
    let began = Instant::now();
    let (status, body) = read(stage.ask(&Ada, "gpt-4.1", "count to 400", true).await).await;
    assert_eq!(status, 200);
    assert!(began.elapsed() >= 3_900 * MS && began.elapsed() < LONG / 2, "400 pieces would take 16 s");
    assert!(!error(&body)["message"].is_null(), "{body}");
    assert_eq!(stage.ports.call().await.error.as_deref(), Some("timeout"));
    // What comes whole: a refusal by then.
    stage.fails("*", FaultKind::Hang);
    let began = Instant::now();
    let (status, body) = read(stage.ask(&Ada, "standard", "hi", false).await).await;
    assert_eq!(status, 504, "{body}");
    assert!(began.elapsed() < LONG);
}

#[tokio::test]
async fn fault_15_a_connection_that_does_not_come_is_given_up_sooner_than_an_answer() {
    let stage = Stage::with(Timeouts { connect: 5 * MS, first_token: 10 * MS, idle: 20 * MS, total: LONG }, LONG).await;
    stage.fails("*", FaultKind::Hang);
    read(stage.ask(&Ada, "gpt-4.1", "hi", true).await).await;
    let told = stage.upstream.timeouts.lock()[0];
    // That each is kept is the providers' test; that each reaches them is this one's.
    assert_eq!((told.connect, told.first_token, told.idle), (5 * MS, 10 * MS, 20 * MS));
    assert!(told.total > 29_000 * MS && told.total <= LONG);
}
