//! Invocations of a real `lambda_runtime` program, well and badly behaved.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

mod world;

use local_emulator_lambda::{InvokeError, Output};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use world::{Ended, World, eventually, probe};

/// Well below the half minute and more that what is ended early would have slept, with room for a busy machine.
const WELL_WITHIN: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn an_invocation_gets_its_context_and_the_next_one_is_warm() {
    let world = World::with(probe()).await;
    let first = world.invoke(json!({"do": "context"})).await;
    let context = first.value();
    assert_eq!(context["request_id"], first.request_id.as_str());
    assert_eq!(context["arn"], "arn:aws:lambda:us-east-1:123456789012:function:probe");
    assert!(context["trace"].as_str().is_some_and(|trace| trace.starts_with("Root=1-")), "{context}");
    assert!(
        context["deadline"].as_i64() > Some(1_700_000_000_000),
        "the deadline is in milliseconds since 1970: {context}"
    );
    assert!(first.cold);

    let second = world.invoke(json!({"do": "context"})).await;
    assert!(!second.cold);
    assert_eq!(second.value()["pid"], context["pid"], "the same process serves on");
    let records = world.lambda.records();
    assert_eq!((records.len(), records[0].cold, records[1].cold), (2, false, true));
    assert_eq!(world.lambda.functions()[0].cold_starts, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_told_as_lambda_tells_them() {
    let world = World::with(probe()).await;
    for (wish, error_type, message) in [
        ("fail", "", "it did not work"),
        ("panic", "", "all is lost"),
        ("exit", "Runtime.ExitError", "exit status 3"),
        ("large", "Function.ResponseSizeTooLarge", "6291456"),
    ] {
        let ended = world.invoke(json!({"do": wish})).await;
        let error = ended.error();
        assert!(error.error_type.contains(error_type), "{wish}: {error}");
        assert!(error.error_message.contains(message), "{wish}: {error}");
        if wish == "exit" {
            assert_eq!(
                ended.log.last().map(String::as_str),
                Some("last words"),
                "an exit is reported with its last lines"
            );
        }
    }
    world.invoke(json!({"do": "context"})).await.value();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_ends_the_process_and_another_takes_its_place() {
    let world = World::with(world::Config { timeout: Duration::from_millis(2_500), ..probe() }).await;
    let before = world.invoke(json!({"do": "context"})).await.value()["pid"].as_u64().unwrap();
    let started = Instant::now();
    let ended = world.invoke(json!({"do": "sleep", "ms": 60_000})).await;
    assert!(started.elapsed() < WELL_WITHIN);
    let error = ended.error();
    assert_eq!(error.error_type, "Sandbox.Timedout");
    assert!(error.error_message.ends_with("Task timed out after 2.50 seconds"), "{error}");
    assert_eq!(ended.log, ["sleeping"]);
    let after = world.invoke(json!({"do": "context"})).await.value()["pid"].as_u64().unwrap();
    assert_ne!(before, after);
    eventually("the process is gone", || (!world::lives(before)).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_memory_ends_the_process() {
    let world = World::with(world::Config { memory_mb: 64, ..probe() }).await;
    let error = world.invoke(json!({"do": "grow"})).await.error();
    assert_eq!(error.error_type, "Runtime.OutOfMemory", "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrency_grows_to_its_maximum_and_shrinks_when_idle() {
    let world =
        World::with(world::Config { sandboxes_max: 3, idle_timeout: Duration::from_millis(300), ..probe() }).await;
    // Each takes so long that the third sandbox is there, on a busy machine too, before the first has done them all.
    let calls = (0..9).map(|_| world.invoke(json!({"do": "sleep", "ms": 500})));
    let pids: BTreeSet<u64> =
        futures::future::join_all(calls).await.iter().map(|ended| ended.value()["pid"].as_u64().unwrap()).collect();
    assert_eq!(pids.len(), 3, "{pids:?}");
    assert!(world.lambda.sandboxes("probe").len() <= 3);
    eventually("idle sandboxes end", || world.lambda.sandboxes("probe").is_empty().then_some(())).await;
    world.invoke(json!({"do": "context"})).await.value();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_rush_woke_ends_when_it_is_over_and_the_last_stays_warm() {
    let world =
        World::with(world::Config { sandboxes_max: 3, surplus_timeout: Duration::from_millis(300), ..probe() }).await;
    // Each takes so long that the third sandbox is there, on a busy machine too, before the first has done them all.
    let calls = (0..9).map(|_| world.invoke(json!({"do": "sleep", "ms": 500})));
    let pids: BTreeSet<u64> =
        futures::future::join_all(calls).await.iter().map(|ended| ended.value()["pid"].as_u64().unwrap()).collect();
    assert_eq!(pids.len(), 3, "{pids:?}");
    eventually("surplus sandboxes end", || (world.lambda.sandboxes("probe").len() == 1).then_some(())).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let last = world.invoke(json!({"do": "context"})).await.value()["pid"].as_u64().unwrap();
    assert!(pids.contains(&last), "the last one was not kept: {last} is new");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_fails_is_said_with_its_last_line_and_not_repeated_in_a_loop() {
    let world = World::with(world::Config { env: vec![("PROBE_INIT_CRASH", "1")], ..probe() }).await;
    let error = world.invoke(json!({})).await.error();
    assert_eq!(error.error_type, "Runtime.ExitError");
    assert!(error.error_message.contains("exit status 7: cannot find what it needs"), "{error}");
    // While it backs off it answers at once, with the same failure: each start has a number of its own. The pause may
    // end meanwhile, on a busy machine; each is longer than the one before.
    answered_by_one_start(&world).await;
    assert!(world.lambda.functions()[0].last_error.is_some());

    let slow = World::with(world::Config {
        env: vec![("PROBE_INIT_MS", "60000")],
        init_timeout: Duration::from_millis(300),
        ..probe()
    })
    .await;
    let error = slow.invoke(json!({})).await.error();
    assert_eq!(error.error_type, "Sandbox.Timedout", "{error}");
    let missing = World::with(world::Config { binary: Some("/nowhere/at/all".into()), ..probe() }).await;
    let error = missing.invoke(json!({})).await.error();
    assert_eq!(error.error_type, "Runtime.InvalidEntrypoint", "{error}");
}

/// Asks until several were answered in a row with the failure of one start.
async fn answered_by_one_start(world: &World) {
    const IN_A_ROW: usize = 4;
    let began = Instant::now();
    loop {
        let mut told = BTreeSet::new();
        for _ in 0..IN_A_ROW {
            told.insert(world.invoke(json!({})).await.error().error_message);
        }
        if told.len() == 1 {
            return;
        }
        assert!(began.elapsed() < WELL_WITHIN, "it is started for each who asks: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_sandbox_fails_its_invocation_at_once() {
    let world = World::with(probe()).await;
    let call = world.invoke(json!({"do": "sleep", "ms": 30_000}));
    let kill = async {
        eventually("a sandbox runs", || (!world.lambda.sandboxes("probe").is_empty()).then_some(())).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(world.lambda.kill("probe"), 1);
    };
    let started = Instant::now();
    let (ended, ()) = tokio::join!(call, kill);
    assert_eq!(ended.error().error_type, "Runtime.ExitError");
    assert!(started.elapsed() < WELL_WITHIN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_build_is_used_and_what_runs_on_the_old_one_finishes() {
    let folder = tempfile::tempdir().unwrap();
    let binary = folder.path().join("function");
    let replace_by = |example: &str| {
        let fresh = folder.path().join("fresh");
        std::fs::copy(world::example(example), &fresh).unwrap();
        std::fs::rename(&fresh, &binary).unwrap();
    };
    replace_by("probe");
    let world = World::with(world::Config { binary: Some(binary.clone()), ..probe() }).await;
    world.invoke(json!({"do": "context"})).await.value();
    let running = world.invoke(json!({"do": "sleep", "ms": 800}));
    let replaced = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        replace_by("echo");
        tokio::time::sleep(Duration::from_millis(200)).await;
        world.invoke(json!({"do": "context"})).await.value()
    };
    let (old, new) = tokio::join!(running, replaced);
    assert_eq!(old.value()["slept"], true, "what was in flight is not dropped");
    assert_eq!(new, json!({"do": "context"}), "the next invocation uses the new build");
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_kept() {
    let world = World::with(probe()).await;
    let too_large = world.try_invoke("probe", vec![b'1'; 6 * 1024 * 1024 + 1]).await;
    assert!(matches!(too_large, Err(InvokeError::TooLarge { .. })));
    assert!(matches!(world.try_invoke("nobody", b"{}".to_vec()).await, Err(InvokeError::NotFound(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_streamed_response_comes_in_pieces_and_its_failure_is_seen() {
    let world = World::with(probe()).await;
    for (end, failure) in [("well", None), ("fail", Some("")), ("exit", Some("Runtime"))] {
        let ended = world.invoke(json!({"do": "stream", "end": end, "pause_ms": 5})).await;
        let Output::Streamed { mut pieces, .. } = ended.output else {
            panic!("{end}: not a stream: {:?}", ended.output)
        };
        let (mut bytes, mut error) = (Vec::new(), None);
        while let Some(piece) = pieces.recv().await {
            match piece {
                Ok(piece) => bytes.extend_from_slice(&piece),
                Err(failure) => error = Some(failure),
            }
        }
        assert!(bytes.ends_with(b"piece 2\n"), "{end}");
        match failure {
            None => assert_eq!(error, None, "{end}"),
            Some(kind) => assert!(error.is_some_and(|error| error.error_type.contains(kind)), "{end}"),
        }
    }
    world.invoke(json!({"do": "context"})).await.value();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_invoke_api_answers_as_awss_does() {
    let world = World::with(probe()).await;
    let client = reqwest::Client::new();
    let address = format!("http://{}/2015-03-31/functions/probe/invocations", world.lambda.address());
    let call = client.post(&address).header("x-amz-log-type", "Tail").body(r#"{"do":"sleep","ms":1}"#);
    let answer = call.send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["x-amz-executed-version"]),
        (200, &"$LATEST".parse().unwrap())
    );
    assert_eq!(answer.headers()["x-amz-log-result"], "c2xlZXBpbmc=");
    assert_eq!(answer.json::<Value>().await.unwrap()["slept"], true);

    let failed = client.post(&address).body(r#"{"do":"fail"}"#).send().await.unwrap();
    assert_eq!(
        (failed.status().as_u16(), &failed.headers()["x-amz-function-error"]),
        (200, &"Unhandled".parse().unwrap())
    );
    for (body, kind, status) in
        [("{}", "Event", 202), ("{}", "DryRun", 204), ("{", "RequestResponse", 400), ("{}", "Sideways", 400)]
    {
        let answer = client.post(&address).header("x-amz-invocation-type", kind).body(body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{kind} {body}");
    }
    let nobody = client.post(address.replace("probe", "nobody")).body("{}").send().await.unwrap();
    assert_eq!(
        (nobody.status().as_u16(), &nobody.headers()["x-amzn-errortype"]),
        (404, &"ResourceNotFoundException".parse().unwrap())
    );
    // A request id that is not the sandbox's own is refused: the Runtime API takes no answers from elsewhere.
    let foreign = format!("http://{}/s/nobody/2018-06-01/runtime/invocation/x/response", world.lambda.address());
    assert_eq!(client.post(foreign).body("{}").send().await.unwrap().status().as_u16(), 403);
}
