//! Commits that others overtake, a store that is away, answers that are lost on their way.

use crate::house::{acme, house, states, task};
use crate::store::Fate;
use octavo_domain_kernel::Clock;
use octavo_domain_workflow::engine::ports::ExecutionStore;
use octavo_domain_workflow::engine::{Kept, Posted, Status};
use octavo_domain_workflow::machine::{Event, Signal};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::time::Duration;

fn two() -> String {
    let mut first = task("echo");
    first.as_object_mut().unwrap().remove("End");
    first["Next"] = json!("B");
    states(json!({"A": first, "B": task("echo")}))
}

#[tokio::test]
async fn an_answer_is_told_however_often_others_are_faster() {
    let house = house().await;
    let id = house.start(&two(), json!(1)).await;
    house.executions.next([Fate::Overtaken; 5]);
    house.drain().await;
    assert_eq!((house.view(id).await.output, house.functions.count()), (Some(json!(1)), 2));
}

#[tokio::test]
async fn an_answer_is_told_when_the_store_is_there_again() {
    let house = house().await;
    let id = house.start(&two(), json!(1)).await;
    house.executions.next([Fate::Refused, Fate::Refused, Fate::Made, Fate::Refused]);
    house.drain().await;
    assert_eq!((house.view(id).await.output, house.functions.count()), (Some(json!(1)), 2));
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_made_once() {
    let house = house().await;
    let id = house.start(&two(), json!(1)).await;
    house.executions.next([Fate::AnswerLost]);
    house.drain().await;
    // The second task was leased by the commit whose answer was lost: it is found when that lease ends.
    house.clock.advance(Duration::from_secs(31));
    assert!(house.ring(id).await);
    assert_eq!((house.view(id).await.output, house.functions.count()), (Some(json!(1)), 2));
    let told = house.told(id).await;
    assert_eq!(told.iter().filter(|name| *name == "LambdaFunctionSucceeded").count(), 2, "{told:?}");
}

#[tokio::test]
async fn an_answer_that_cannot_be_told_waits_in_the_inbox() {
    let house = house().await;
    let id = house.start(&states(json!({"A": task("echo")})), json!(1)).await;
    house.executions.next([Fate::Overtaken; 10_000]);
    let hasty = house.deps_with("worker-2", Duration::from_secs(10));
    assert!(!house.ring_at(&hasty, id, 1).await, "the message comes again");
    house.executions.fates.lock().clear();
    assert!(house.ring(id).await);
    assert_eq!((house.view(id).await.output, house.functions.count()), (Some(json!(1)), 1), "it was not asked again");
}

#[tokio::test]
async fn a_worker_that_dies_leaves_its_task_to_the_next() {
    let house = house().await;
    let id = house.start(&two(), json!(1)).await;
    house.functions.gated.store(true, Ordering::SeqCst);
    let dying = house.another_process("worker-2");
    let died = tokio::time::timeout(Duration::from_secs(4), house.ring_at(&dying, id, 1)).await;
    assert!(died.is_err() && house.functions.count() == 1);
    house.functions.gated.store(false, Ordering::SeqCst);
    assert!(house.ring(id).await);
    assert_eq!(house.functions.count(), 1, "it is leased");
    house.clock.advance(Duration::from_secs(31));
    assert!(house.ring(id).await);
    assert_eq!(house.view(id).await.output, Some(json!(1)));
    let calls = house.functions.calls.lock().clone();
    assert_eq!((calls.len(), &calls[0].2), (3, &calls[1].2), "the same effect has the same key");
    let told = house.told(id).await;
    let started = told.iter().filter(|name| *name == "LambdaFunctionStarted").count();
    assert_eq!(started, 2, "the start that the dead worker had told is not told again: {told:?}");
}

#[tokio::test]
async fn many_workers_advance_one_execution_together() {
    let house = house().await;
    let iteration = json!({"StartAt": "Each", "States": {"Each": task("echo")}});
    let definition = states(json!({"All": {"Type": "Map", "ItemProcessor": iteration, "End": true}}));
    let items: Vec<u32> = (0..40).collect();
    let id = house.start(&definition, json!(items)).await;
    let workers: Vec<_> = (0..6).map(|number| house.another_process(&format!("worker-{number}"))).collect();
    let rings = workers.iter().map(|deps| house.ring_at(deps, id, 1));
    futures::future::join_all(rings).await;
    for _ in 0..20 {
        if house.view(id).await.status != Status::Running {
            break;
        }
        house.drain().await;
    }
    assert_eq!(house.view(id).await.output, Some(json!(items)));
    assert_eq!(house.functions.count(), 40, "none was done twice");
}

#[tokio::test]
async fn a_queue_that_is_away_delays_and_loses_nothing() {
    let house = house().await;
    let child = house.define("child", &states(json!({"X": task("echo")}))).await;
    let parameters: Value = json!({"StateMachineArn": child, "Name": "c"});
    let state = crate::house::integration("states:startExecution.sync:2", parameters);
    let id = house.start(&states(json!({"A": state})), json!({})).await;
    house.queue.away.store(true, Ordering::SeqCst);
    assert!(house.ring(id).await);
    house.queue.away.store(false, Ordering::SeqCst);
    use octavo_domain_workflow::engine::ports::ExecutionReads;
    let arn = child.replace(":stateMachine:", ":execution:") + ":c";
    let child = house.store.execution_find(&acme(), &arn).await.unwrap().unwrap();
    assert!(house.ring(child).await, "as whoever looks for due rows would");
    house.drain().await;
    assert_eq!(house.view(id).await.output.unwrap()["Status"], "SUCCEEDED");
}

#[tokio::test]
async fn a_task_whose_start_was_told_by_itself_begins_its_execution_all_the_same() {
    let house = house().await;
    let child = house.define("child", &states(json!({"X": task("echo")}))).await;
    for (pattern, name) in [("", "told"), (".sync:2", "waited")] {
        let parameters = json!({"StateMachineArn": child, "Name": name});
        let state = crate::house::integration(&format!("states:startExecution{pattern}"), parameters);
        let id = house.start(&states(json!({"A": state})), json!({})).await;
        // The task is done, and its worker dies with what it would tell.
        house.executions.next([Fate::Hangs]);
        let dying = house.another_process(name);
        let asked = async {
            while house.executions.waits() > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::select! {
            told = house.ring_at(&dying, id, 1) => panic!("{pattern}: it was told: {told}"),
            () = asked => {}
        }
        // As a worker does whose task takes longer than a second.
        let loaded = house.store.execution_load(&acme(), id, house.clock.now()).await.unwrap().unwrap();
        let (frame, turn) = (loaded.frames[0].id, loaded.frames[0].turn);
        let signal = Signal { frame, turn, event: Event::TaskStarted { worker: None } };
        let kept = Kept { id: house.deps.ids.next(), at: house.clock.now(), signal };
        house.store.signals_post(&acme(), &[Posted { to: id, kept }]).await.unwrap();
        house.clock.advance(Duration::from_secs(31));
        assert!(house.ring(id).await);
        house.drain().await;
        assert_eq!(house.view(id).await.status, Status::Succeeded, "{pattern}: {:?}", house.told(id).await);
        let started = house.told(id).await.iter().filter(|name| *name == "TaskStarted").count();
        assert_eq!(started, 1);
    }
    assert_eq!(house.functions.count(), 2, "each began once");
}
