//! Callers who go away in mid-stream, on a host that tells so (AWS Lambda does not).

use crate::stage::{Ada, MS, Stage};
use futures::StreamExt;
use local_emulator_ai::FaultKind;
use octavo_domain_ai::Outcome;
use octavo_domain_ai::ports::Timeouts;
use octavo_wiring_edge::{Body, Response};
use std::time::Duration;
use tokio::time::Instant;

const LONG: Duration = Duration::from_secs(30);
const PATIENT: Timeouts = Timeouts { connect: LONG, first_token: LONG, idle: LONG, total: LONG };

/// Reads the first piece of a stream and leaves.
async fn leave(response: Response) {
    let (status, _, body) = response.into_parts();
    assert!(status.is_success());
    let Body::Stream(mut pieces) = body else { panic!("no stream") };
    assert!(pieces.next().await.unwrap().is_ok());
}

/// Fault 1 of the research page (a cancelled stream still costs money).
#[tokio::test]
async fn fault_01_who_leaves_pays_what_the_provider_reports() {
    let stage = Stage::with(PATIENT, LONG).await;
    stage.fails("*", FaultKind::Latency { first_token_ms: 0, per_token_ms: 5, jitter_ms: 0 });
    stage.fails("*", FaultKind::Usage { input: 1_000, output: 2_000, cached: 0 });
    leave(stage.ask(&Ada, "gpt-4.1", "count to 60", true).await).await;
    let call = stage.ports.call().await;
    assert_eq!((call.outcome, call.usage_reported), (Outcome::Cancelled, true));
    assert_eq!((call.usage.input, call.usage.output), (1_000, 2_000));
    assert_eq!(call.cost.unwrap().to_string(), "0.018", "1,000 at 2 and 2,000 at 8 dollars a million");
    let left = stage.fakes.requests().pop().unwrap();
    assert!(!left.client_left, "the provider was read to its end");
}

/// Its other half: reading on has an end, and then what was sent is paid.
#[tokio::test]
async fn fault_01_reading_on_has_an_end_and_then_what_was_sent_is_paid() {
    let stage = Stage::with(PATIENT, 300 * MS).await;
    stage.fails("*", FaultKind::HangAfter { chunks: 12 });
    let began = Instant::now();
    let response = stage.ask(&Ada, "gpt-4.1", "count to 60", true).await;
    leave(response).await;
    let call = stage.ports.call().await;
    assert!(began.elapsed() < LONG / 2, "it does not wait for the provider's deadlines");
    assert_eq!((call.outcome, call.usage_reported), (Outcome::Cancelled, false));
    assert!((5..=24).contains(&call.usage.output), "11 pieces: {:?}", call.usage);
    assert!(call.usage.input > 0 && call.cost.unwrap() > rust_decimal::Decimal::ZERO);
}
