//! Tasks that take long: leases, starts that are told, deadlines, stops, and the end of a worker's time.

use crate::house::{acme, house, states, task};
use octavo_domain_kernel::Clock;
use octavo_domain_workflow::engine::ports::ExecutionStore;
use octavo_domain_workflow::engine::{Kept, Posted, Status};
use octavo_domain_workflow::machine::{Event, FIRST_FRAME, Signal};
use octavo_step::Left;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

#[tokio::test]
async fn a_task_that_runs_long_is_seen_to_run() {
    let house = Arc::new(house().await);
    let id = house.start(&states(json!({"A": task("echo")})), json!(1)).await;
    house.functions.gated.store(true, Ordering::SeqCst);
    let ringing = tokio::spawn({
        let house = house.clone();
        async move { house.ring(id).await }
    });
    let mut told = Vec::new();
    for _ in 0..1_200 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        told = house.told(id).await;
        if told.len() > 2 {
            break;
        }
    }
    assert_eq!(told[1..], ["LambdaFunctionScheduled", "LambdaFunctionStarted"]);
    house.functions.gate.add_permits(1);
    assert!(ringing.await.unwrap());
    assert_eq!(house.told(id).await[3..], ["LambdaFunctionSucceeded", "ExecutionSucceeded"]);
}

#[tokio::test]
async fn a_deadline_ends_the_wait_for_an_answer() {
    let house = Arc::new(house().await);
    let mut state = task("echo");
    state["TimeoutSeconds"] = json!(1);
    state["Catch"] = json!([{"ErrorEquals": ["States.Timeout"], "Next": "Late"}]);
    let id = house.start(&states(json!({"A": state, "Late": {"Type": "Pass", "End": true}})), json!(1)).await;
    house.functions.gated.store(true, Ordering::SeqCst);
    let clock = house.clock.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(500)).await;
        clock.advance(Duration::from_secs(1));
    });
    assert!(house.ring(id).await);
    let view = house.view(id).await;
    assert_eq!((view.status, &view.output.unwrap()["Error"]), (Status::Succeeded, &json!("States.Timeout")));
}

#[tokio::test]
async fn an_execution_that_is_stopped_is_waited_for_no_more() {
    let house = Arc::new(house().await);
    let id = house.start(&states(json!({"A": task("echo")})), json!(1)).await;
    house.functions.gated.store(true, Ordering::SeqCst);
    let ringing = tokio::spawn({
        let house = house.clone();
        async move { house.ring(id).await }
    });
    while house.functions.count() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let event = Event::Abort { error: None, cause: Some("enough".to_owned()) };
    let kept = Kept {
        id: house.deps.ids.next(),
        at: house.clock.now(),
        signal: Signal { frame: FIRST_FRAME, turn: 0, event },
    };
    house.store.signals_post(&acme(), &[Posted { to: id, kept }]).await.unwrap();
    assert!(house.ring(id).await, "whoever advances it is told, and answers this one");
    let stopped = tokio::time::timeout(Duration::from_secs(60), ringing).await.expect("nobody answers the function");
    assert!(stopped.unwrap());
    assert_eq!(house.view(id).await.status, Status::Aborted);
}

#[tokio::test]
async fn a_worker_whose_time_is_over_gives_its_tasks_back() {
    let house = house().await;
    let id = house.start(&states(json!({"A": task("echo")})), json!(1)).await;
    house.rung();
    house.functions.gated.store(true, Ordering::SeqCst);
    let hasty = house.deps_with("worker-2", Duration::from_secs(4));
    assert_eq!(octavo_step::advance(&hasty, &acme(), id).await.unwrap(), Left::ToOthers);
    house.functions.gated.store(false, Ordering::SeqCst);
    assert_eq!(house.rung().len(), 1);
    assert!(house.ring(id).await, "at once: no lease has to end");
    assert_eq!(house.view(id).await.output, Some(json!(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leases_of_one_process_are_prolonged_together_and_a_lost_one_is_not_waited_for() {
    let house = Arc::new(house().await);
    let one = house.start(&states(json!({"A": task("echo")})), json!(1)).await;
    let other = house.start(&states(json!({"A": task("echo")})), json!(2)).await;
    house.functions.gated.store(true, Ordering::SeqCst);
    let ringing = [one, other].map(|id| {
        let house = house.clone();
        tokio::spawn(async move { house.ring(id).await })
    });
    let renewed = || house.executions.renewed.lock().clone();
    for _ in 0..600 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if !renewed().is_empty() {
            break;
        }
    }
    let first = renewed().remove(0);
    let mut executions: Vec<_> = first.iter().map(|(execution, ..)| *execution).collect();
    executions.sort_unstable();
    let mut wanted = vec![one, other];
    wanted.sort_unstable();
    assert_eq!(executions, wanted, "one statement for both");
    house.executions.leases_lost.store(true, Ordering::SeqCst);
    for ringing in ringing {
        assert!(tokio::time::timeout(Duration::from_secs(90), ringing).await.expect("nobody waits for ever").unwrap());
    }
    assert_eq!(house.view(one).await.status, Status::Running, "it is somebody else's to do");
    assert_eq!(renewed().len(), 2, "every ten seconds, and not every task by itself");
}
