//! Messages in batches, messages that are none, and executions that cannot go on.

use crate::house::{House, acme, house, states, task};
use octavo_domain_kernel::Clock;
use octavo_domain_workflow::engine::ports::ExecutionStore;
use octavo_domain_workflow::engine::{ExecutionId, wake_message};
use octavo_step::{Left, QueueRecord, advance, handle_queue};
use serde_json::json;

#[tokio::test]
async fn several_bells_of_one_execution_are_one() {
    let house = house().await;
    let one = house.start(&states(json!({"A": task("echo")})), json!(1)).await;
    let other = house.start(&states(json!({"A": task("echo")})), json!(2)).await;
    let bell = |id| {
        let message = wake_message(house.deps.ids.next(), &acme(), id, house.clock.now()).message;
        House::record(&message, 1)
    };
    let poison = QueueRecord { message_id: "poison".to_owned(), body: "{".to_owned(), receive_count: 1 };
    let nobody = bell(ExecutionId(house.deps.ids.next()));
    let records = vec![bell(one), poison, bell(other), bell(one), nobody];
    assert_eq!(handle_queue(&house.deps, records).await, ["poison"]);
    assert_eq!(house.functions.count(), 2);
    let tally = *house.seen.0.lock().last().unwrap();
    assert_eq!((tally.executions, tally.tasks, tally.tasks_failed, tally.failed), (3, 2, 0, 1));
    assert_eq!(house.view(other).await.output, Some(json!(2)));
    assert_eq!(advance(&house.deps, &acme(), one).await.unwrap(), Left::Ended);
}

#[tokio::test]
async fn another_tenants_bell_finds_nothing() {
    let house = house().await;
    let id = house.start(&states(json!({"A": task("echo")})), json!(1)).await;
    assert_eq!(advance(&house.deps, &"umbrella".parse().unwrap(), id).await.unwrap(), Left::Ended);
    assert_eq!(house.functions.count(), 0);
}

#[tokio::test]
async fn an_execution_that_fails_again_and_again_is_found_among_the_dead() {
    let house = house().await;
    let id = house.start(&states(json!({"A": task("echo")})), json!(1)).await;
    // Nothing that advances it is ever committed.
    struct Broken;
    #[async_trait::async_trait]
    impl octavo_domain_workflow::engine::ports::Machines for Broken {
        async fn machine_resolve(
            &self,
            _: &octavo_domain_kernel::TenantId,
            _: &str,
            _: u64,
        ) -> Result<Option<octavo_domain_workflow::engine::ports::Resolved>, octavo_domain_kernel::PortError> {
            Ok(None)
        }
        async fn revision_get(
            &self,
            _: &octavo_domain_kernel::TenantId,
            _: octavo_domain_workflow::engine::RevisionId,
        ) -> Result<Option<octavo_domain_workflow::engine::ports::Revision>, octavo_domain_kernel::PortError> {
            Ok(None)
        }
    }
    let mut deps = house.another_process("worker-2");
    let broken = octavo_domain_workflow::engine::Definitions::new(std::sync::Arc::new(Broken));
    std::sync::Arc::get_mut(&mut deps).unwrap().definitions = broken;
    assert!(house.ring_at(&deps, id, 1).await, "the message is done: the execution is on the list");
    let dead = house.store.dead_executions(&acme(), 10).await.unwrap();
    assert_eq!((dead.len(), dead[0].id), (1, id));
    assert!(dead[0].error.starts_with("STEP_0002"), "{}", dead[0].error);
    assert!(house.store.execution_revive(&acme(), id, house.clock.now()).await.unwrap());
    assert!(house.ring(id).await);
    assert_eq!(house.view(id).await.output, Some(json!(1)));
}

#[tokio::test]
async fn what_may_help_itself_is_tried_seven_times() {
    let house = house().await;
    let id = house.start(&states(json!({"A": {"Type": "Wait", "Seconds": 1, "End": true}})), json!(1)).await;
    house.clock.advance(std::time::Duration::from_secs(1));
    for (receives, done) in [(6, false), (7, true)] {
        house.executions.next([crate::store::Fate::Overtaken; 10]);
        assert_eq!(house.ring_at(&house.deps, id, receives).await, done, "{receives}");
    }
    let dead = house.store.dead_executions(&acme(), 10).await.unwrap();
    assert!(dead[0].error.starts_with("STEP_0004"), "{}", dead[0].error);
}
