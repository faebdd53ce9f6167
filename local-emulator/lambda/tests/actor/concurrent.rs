//! Several invocations at a time in one process (`examples/crowd.rs`).

use crate::stage::{Stage, eventually, example, failure, runs};
use local_emulator_lambda::{FunctionConfig, InvokeResponse, Output};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use tokio::task::JoinHandle;

/// A stage whose sandboxes take `concurrency` invocations at a time.
pub(crate) async fn crowd(concurrency: usize, adjust: impl FnOnce(&mut FunctionConfig)) -> Stage {
    Stage::set(|config| configure(config, concurrency, adjust)).await
}

pub(crate) fn configure(config: &mut FunctionConfig, concurrency: usize, adjust: impl FnOnce(&mut FunctionConfig)) {
    config.binary = example("crowd");
    config.concurrency = concurrency;
    adjust(config);
}

/// A file that invocations wait for.
pub(crate) struct Signal(tempfile::TempDir);

impl Signal {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("go")
    }

    pub(crate) fn give(&self) {
        std::fs::write(self.path(), "").unwrap();
    }

    fn wait(&self) -> String {
        json!({"do": "wait", "file": self.path()}).to_string()
    }
}

impl Stage {
    fn begin(&self, order: &str) -> JoinHandle<InvokeResponse> {
        let (stage, order) = (Self { lambda: self.lambda.clone() }, order.to_owned());
        tokio::spawn(async move { stage.invoke(order).await })
    }

    /// Begins an invocation and waits until a sandbox runs it; `before` run already.
    async fn begin_running(&self, order: &str, before: usize) -> JoinHandle<InvokeResponse> {
        let begun = self.begin(order);
        eventually("it runs", || self.running() == before + 1).await;
        begun
    }

    fn running(&self) -> usize {
        self.lambda.functions()[0].running
    }
}

fn value(response: InvokeResponse) -> Value {
    match response.output {
        Output::Buffered(bytes) => serde_json::from_slice(&bytes).unwrap(),
        other => panic!("{other:?}"),
    }
}

async fn process_of(begun: JoinHandle<InvokeResponse>) -> u64 {
    value(begun.await.unwrap())["pid"].as_u64().unwrap()
}

#[tokio::test]
async fn invocations_overlap_in_one_process() {
    let stage = crowd(8, |config| config.timeout = Duration::from_secs(60)).await;
    let all: Vec<_> = (0..8).map(|_| stage.begin(r#"{"do":"meet","of":8}"#)).collect();
    let mut answers = Vec::new();
    for begun in all {
        answers.push(begun.await.unwrap());
    }
    assert_eq!(answers.iter().filter(|answer| answer.cold).count(), 1, "one of them made the sandbox");
    let answers: Vec<Value> = answers.into_iter().map(value).collect();
    assert!(answers.iter().all(|answer| answer["pid"] == answers[0]["pid"]), "{answers:?}");
    assert_eq!(
        (&answers[0]["concurrency"], &answers[0]["initialization"]),
        (&json!("8"), &json!("lambda-managed-instances"))
    );
    assert_eq!(stage.lambda.functions()[0].cold_starts, 1);
}

#[tokio::test]
async fn a_sandbox_is_filled_before_the_next_is_started() {
    let stage = crowd(2, |config| config.sandboxes_max = 2).await;
    let signal = Signal::new();
    let mut waiting = Vec::new();
    for before in 0..4 {
        waiting.push(stage.begin_running(&signal.wait(), before).await);
        eventually("as many processes as it needs", || stage.lambda.sandboxes("actor").len() == before / 2 + 1).await;
    }
    let fifth = stage.begin(&signal.wait());
    eventually("the fifth waits", || stage.lambda.functions()[0].waiting == 1).await;
    signal.give();
    let mut by_process = BTreeMap::<u64, usize>::new();
    for begun in waiting {
        *by_process.entry(process_of(begun).await).or_default() += 1;
    }
    assert_eq!(by_process.values().copied().collect::<Vec<_>>(), [2, 2]);
    assert!(by_process.contains_key(&process_of(fifth).await));
}

#[tokio::test]
async fn a_job_goes_to_the_sandbox_that_works_most() {
    let stage = crowd(2, |config| config.sandboxes_max = 2).await;
    let (first, second) = (Signal::new(), Signal::new());
    let ones = [stage.begin_running(&first.wait(), 0).await, stage.begin_running(&first.wait(), 1).await];
    let other = stage.begin_running(&second.wait(), 2).await;
    first.give();
    for begun in ones {
        process_of(begun).await;
    }
    // Now one sandbox is idle and was so last; the other runs one.
    let third = process_of(stage.begin("{}")).await;
    second.give();
    assert_eq!(third, process_of(other).await);
}

#[tokio::test]
async fn what_ends_a_process_fails_all_that_it_ran() {
    for (last, error_type) in
        [("exit", "Runtime.ExitError"), ("allocate", "Runtime.OutOfMemory"), ("hang", "Runtime.ExitError")]
    {
        let stage = crowd(3, |config| config.memory_mb = 128).await;
        let ran = [
            stage.begin_running(r#"{"do":"hang"}"#, 0).await,
            stage.begin_running(r#"{"do":"hang"}"#, 1).await,
            stage.begin(&json!({ "do": last }).to_string()),
        ];
        if last == "hang" {
            eventually("all run", || stage.running() == 3).await;
            assert_eq!(stage.lambda.kill("actor"), 1);
        }
        for begun in ran {
            let response = begun.await.unwrap();
            let request_id = response.request_id.clone();
            let error = failure(response);
            assert_eq!(error.error_type, error_type, "{last}: {error}");
            assert!(last == "allocate" || error.error_message.contains(&request_id), "{last}: {error}");
        }
        stage.json("{}").await;
    }
}

#[tokio::test]
async fn a_deadline_leaves_the_others_unharmed_and_the_process_takes_no_more() {
    let timeout = Duration::from_secs(10);
    let stage = crowd(4, |config| {
        config.timeout = timeout;
        config.sandboxes_max = 1;
    })
    .await;
    let signal = Signal::new();
    let hangs = stage.begin_running(r#"{"do":"hang"}"#, 0).await;
    // Its deadline is to be a good while after the other's.
    tokio::time::sleep(timeout / 2).await;
    let unharmed = stage.begin_running(&signal.wait(), 1).await;
    let old = stage.process().await;
    let late = hangs.await.unwrap();
    assert_eq!(failure(late).error_type, "Sandbox.Timedout");
    assert!(runs(old) && stage.running() == 1, "the other runs on");
    let next = stage.json("{}").await["pid"].as_u64().unwrap();
    assert_ne!(next, u64::from(old), "what comes now runs elsewhere, though one sandbox is the most");
    signal.give();
    assert_eq!(process_of(unharmed).await, u64::from(old));
    eventually("the process has ended", || !runs(old)).await;
}

#[tokio::test]
async fn a_process_in_which_all_pass_their_deadlines_is_killed() {
    let stage = crowd(3, |config| config.timeout = Duration::from_millis(2_500)).await;
    let signal = Signal::new();
    let all: Vec<_> = (0..3).map(|_| stage.begin(&signal.wait())).collect();
    for begun in all {
        assert_eq!(failure(begun.await.unwrap()).error_type, "Sandbox.Timedout");
    }
    eventually("its place is free", || stage.lambda.sandboxes("actor").is_empty()).await;
    stage.json("{}").await;
}

#[tokio::test]
async fn a_frozen_process_fails_what_it_ran_at_each_deadline() {
    let stage = crowd(2, |config| config.timeout = Duration::from_millis(2_500)).await;
    stage.json("{}").await;
    let old = stage.process().await;
    assert_eq!(stage.lambda.suspend("actor"), 1);
    for begun in [stage.begin("{}"), stage.begin("{}")] {
        let response = begun.await.unwrap();
        assert!(response.cold || failure(response).error_type == "Sandbox.Timedout");
    }
    eventually("the process has ended", || !runs(old)).await;
}

#[tokio::test]
async fn one_at_a_time_is_what_it_was() {
    let stage = crowd(1, |config| {
        config.env = vec![("AWS_LAMBDA_MAX_CONCURRENCY".to_owned(), "9".to_owned())];
        config.sandboxes_max = 2;
    })
    .await;
    let signal = Signal::new();
    let both = [stage.begin_running(&signal.wait(), 0).await, stage.begin_running(&signal.wait(), 1).await];
    signal.give();
    let mut processes = Vec::new();
    for begun in both {
        let answer = value(begun.await.unwrap());
        assert_eq!((&answer["concurrency"], &answer["initialization"]), (&json!(null), &json!("on-demand")));
        processes.push(answer["pid"].clone());
    }
    assert_ne!(processes[0], processes[1]);
}

#[tokio::test]
async fn a_sandbox_is_idle_when_none_of_its_slots_works() {
    let stage = crowd(3, |config| config.idle_timeout = Duration::from_millis(300)).await;
    let signal = Signal::new();
    let long = stage.begin_running(&signal.wait(), 0).await;
    tokio::time::sleep(Duration::from_millis(900)).await;
    assert_eq!((stage.running(), stage.lambda.sandboxes("actor").len()), (1, 1), "two idle slots are no idle sandbox");
    signal.give();
    process_of(long).await;
    eventually("it ends", || stage.lambda.sandboxes("actor").is_empty()).await;
    stage.json("{}").await;
}

#[tokio::test]
async fn a_new_build_takes_what_comes_and_the_old_one_ends_with_its_last() {
    let folder = tempfile::tempdir().unwrap();
    let binary = folder.path().join("crowd");
    let build = |trailing: usize| {
        let mut program = std::fs::read(example("crowd")).unwrap();
        program.resize(program.len() + trailing, 0);
        let fresh = folder.path().join("fresh");
        std::fs::write(&fresh, program).unwrap();
        std::fs::set_permissions(&fresh, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        std::fs::rename(&fresh, &binary).unwrap();
    };
    build(0);
    let stage = crowd(3, |config| config.binary = binary.clone()).await;
    let (first, second) = (Signal::new(), Signal::new());
    let running = [stage.begin_running(&first.wait(), 0).await, stage.begin_running(&second.wait(), 1).await];
    let old = stage.process().await;
    build(1);
    // The file is looked at now and then.
    tokio::time::sleep(Duration::from_millis(150)).await;
    let fresh = stage.json("{}").await["pid"].as_u64().unwrap();
    assert_ne!(fresh, u64::from(old));
    first.give();
    let [one, two] = running;
    assert_eq!(process_of(one).await, u64::from(old));
    assert!(runs(old), "it runs another still");
    second.give();
    assert_eq!(process_of(two).await, u64::from(old));
    eventually("the old one has ended", || !runs(old)).await;
    assert_eq!(stage.json("{}").await["pid"].as_u64().unwrap(), fresh);
}

#[tokio::test]
async fn the_lines_of_an_invocation_are_those_since_it_began() {
    let stage = crowd(2, |_| {}).await;
    let signal = Signal::new();
    stage.invoke(r#"{"say":"before"}"#).await;
    let order = |say: &str, signal: &Signal| json!({"do": "wait", "file": signal.path(), "say": say}).to_string();
    let begun = stage.begin_running(&order("outer", &signal), 0).await;
    stage.invoke(r#"{"say":"inner"}"#).await;
    signal.give();
    let response = begun.await.unwrap();
    // Lines come by another way than answers: those at the edges may be late.
    let known = ["before", "outer", "inner"];
    assert!(response.log.iter().any(|line| line == "outer"), "{:?}", response.log);
    assert!(response.log.iter().all(|line| known.contains(&line.as_str())), "{:?}", response.log);
}
