//! Child executions and the runs that they are of.

use crate::fixture::{at, everywhere, tenant};
use crate::workflow_fixture::{Machine, acme, load, succeeded};
use octavo_domain_kernel::DueWork;
use octavo_domain_workflow::engine::ports::{
    Committed, ExecutionQuery, ExecutionReads, ExecutionStore, Freshness, MapRunUpdate,
};
use octavo_domain_workflow::engine::{Change, ExecutionId, Status};
use octavo_domain_workflow::machine::{Event, Phase, Signal};
use serde_json::{Value, json};

/// Calls a function for each item, in child executions, two at a time.
fn machine(config: &Value) -> Machine {
    let mut state = json!({
        "Type": "Map", "Label": "L", "MaxConcurrency": 2, "ItemsPath": "$.items", "End": true,
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "A",
            "States": { "A": {
                "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000001:function:f", "End": true
            } }
        }
    });
    state.as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
    Machine::of("fan", &json!({ "StartAt": "M", "States": { "M": state } }))
}

fn begin(machine: &Machine, name: &str, items: &Value) -> Change {
    let mut new = machine.execution(name, at(0));
    new.execution.input = json!({ "items": items });
    new.frame.input = new.execution.input.clone().into();
    machine.begin(new)
}

async fn commit(fixture: &crate::fixture::Fixture, change: &Change) -> Committed {
    fixture.store.execution_commit(&acme(), change, None).await.unwrap()
}

fn children(change: &Change) -> Vec<ExecutionId> {
    change.children.iter().map(|child| child.id).collect()
}

#[tokio::test]
async fn a_run_counts_its_children_and_their_items() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let machine = machine(&json!({ "ItemBatcher": { "MaxItemsPerBatch": 2 } }));
        let begun = begin(&machine, "one", &json!([1, 2, 3, 4, 5]));
        assert_eq!(commit(&fixture, &begun).await, Committed::Done);
        assert_eq!(commit(&fixture, &begun).await, Committed::Done, "the same, whose answer was lost");
        assert_eq!(begun.children.len(), 2);
        let arn = &begun.runs[0].arn;
        let run = store.map_run_get(&acme(), arn).await.unwrap().unwrap();
        assert_eq!((run.status, run.execution, run.max_concurrency), (Status::Running, begun.id, 2));
        assert_eq!((run.execution_arn, run.machine_arn), (begun.execution.arn.clone(), machine.arn()));
        assert_eq!((run.started_at, run.stopped_at), (at(0), None));
        assert_eq!((run.executions, run.items), (vec![(Status::Running, 2)], vec![(Status::Running, 4)]));

        // A child is loaded with that it begins; what it answers wakes the parent, which starts the next.
        let (mut running, mut ended) = (children(&begun), 0);
        while let Some(child) = running.pop() {
            let began = machine.wake(store, child, Vec::new(), at(3)).await;
            assert_eq!(began.taken, [child.0], "told to begin");
            let view = store.execution_get(&acme(), child).await.unwrap().unwrap();
            assert_eq!(view.started.map_run_arn.as_ref(), Some(arn));
            assert_eq!(store.execution_find(&acme(), &view.started.arn).await.unwrap(), Some(child));
            let (frame, turn) = (began.tasks[0].frame, began.tasks[0].turn);
            machine.wake(store, child, vec![succeeded(frame, turn, json!(ended))], at(3)).await;
            ended += 1;
            let parent = machine.wake(store, begun.id, Vec::new(), at(3)).await;
            running.extend(children(&parent));
        }
        assert_eq!(ended, 3);
        let run = store.map_run_get(&acme(), arn).await.unwrap().unwrap();
        assert_eq!((run.status, run.stopped_at), (Status::Succeeded, Some(at(3))));
        assert_eq!((run.executions, run.items), (vec![(Status::Succeeded, 3)], vec![(Status::Succeeded, 5)]));
        assert_eq!(load(store, begun.id, at(4)).await.status, Status::Succeeded);

        // Children are in no list but their run's.
        let list = |query: ExecutionQuery| async move {
            store.execution_list(&acme(), &query, &Freshness::Latest).await.unwrap()
        };
        let all = list(ExecutionQuery { limit: 10, ..ExecutionQuery::default() }).await;
        assert_eq!(all.iter().map(|found| found.id).collect::<Vec<_>>(), [begun.id]);
        let of_run = ExecutionQuery { map_run_arn: Some(arn.clone()), limit: 10, ..ExecutionQuery::default() };
        let found = list(of_run.clone()).await;
        assert_eq!(found.iter().map(|found| found.item_count).collect::<Vec<_>>(), [Some(1), Some(2), Some(2)]);
        let counts = store.execution_counts(&acme(), &of_run, &Freshness::Latest).await.unwrap();
        assert!(counts.contains(&(Status::Succeeded, 3)));
        for other in
            [store.map_run_get(&tenant("globex"), arn).await.unwrap(), store.map_run_get(&acme(), "\0").await.unwrap()]
        {
            assert_eq!(other, None);
        }
        fixture
    })
    .await;
}

#[tokio::test]
async fn limits_that_somebody_sets_are_what_the_run_goes_by() {
    everywhere(|fixture| async move {
        let (store, machine) = (&fixture.store, machine(&json!({})));
        let begun = begin(&machine, "one", &json!([1, 2, 3, 4, 5, 6]));
        commit(&fixture, &begun).await;
        let arn = begun.runs[0].arn.clone();
        let update = MapRunUpdate {
            arn: arn.clone(),
            max_concurrency: Some(4),
            tolerated_count: None,
            tolerated_percentage: Some(50.0),
        };
        assert!(!store.map_run_update(&tenant("globex"), &update).await.unwrap());
        assert!(store.map_run_update(&acme(), &update).await.unwrap());
        let run = store.map_run_get(&acme(), &arn).await.unwrap().unwrap();
        assert_eq!((run.max_concurrency, run.tolerated_count, run.tolerated_percentage), (4, None, Some(50.0)));
        let loaded = load(store, begun.id, at(1)).await;
        let Phase::Joining(join) = &loaded.frames[0].phase else { panic!("{:?}", loaded.frames[0].phase) };
        assert_eq!((join.limit, join.run.as_ref().unwrap().tolerated_percentage), (4, Some(50.0)));
        // The next one that ends makes room for three.
        let child = begun.children[0].id;
        machine.wake(store, child, Vec::new(), at(1)).await;
        machine.wake(store, child, vec![succeeded(1, 1, json!(1))], at(2)).await;
        let parent = machine.wake(store, begun.id, Vec::new(), at(3)).await;
        assert_eq!(parent.children.len(), 3);
        let gone = MapRunUpdate { arn: "arn:none".to_owned(), ..update };
        assert!(!store.map_run_update(&acme(), &gone).await.unwrap());
        fixture
    })
    .await;
}

#[tokio::test]
async fn children_of_a_frame_that_is_over_are_stopped_and_a_redrive_begins_them_again() {
    everywhere(|fixture| async move {
        let (store, machine) = (&fixture.store, machine(&json!({})));
        let begun = begin(&machine, "one", &json!([1, 2]));
        commit(&fixture, &begun).await;
        let [one, two] = [begun.children[0].id, begun.children[1].id];
        for child in [one, two] {
            machine.wake(store, child, Vec::new(), at(1)).await;
        }
        let failed =
            Signal { frame: 1, turn: 1, event: Event::TaskFailed { error: Some("E".to_owned()), cause: None } };
        machine.wake(store, one, vec![failed], at(2)).await;
        let parent = machine.wake(store, begun.id, Vec::new(), at(3)).await;
        assert_eq!(parent.status, Status::Failed);
        let due = load(store, two, at(3)).await.due;
        assert_eq!(due[0].signal.event, Event::Abort { error: None, cause: None });
        // Nobody was rung for it: it is due at once.
        let due = fixture.relay.due_claim(100, 1_000).await.unwrap();
        assert!(due.entries.iter().any(|entry| entry.message.key == two.to_string()));
        assert_eq!(machine.wake(store, two, Vec::new(), at(4)).await.status, Status::Aborted);
        let arn = &begun.runs[0].arn;
        let run = store.map_run_get(&acme(), arn).await.unwrap().unwrap();
        assert_eq!((run.status, run.executions), (Status::Failed, vec![(Status::Aborted, 1), (Status::Failed, 1)]));

        let change = machine.redrive(load(store, begun.id, at(5)).await, at(5));
        assert_eq!(commit(&fixture, &change).await, Committed::Done);
        let run = store.map_run_get(&acme(), arn).await.unwrap().unwrap();
        assert_eq!((run.status, run.redrive_count, run.redriven_at), (Status::Running, 1, Some(at(5))));
        assert_eq!(run.stopped_at, None);
        for child in [one, two] {
            let again = machine.wake(store, child, Vec::new(), at(6)).await;
            assert!(again.redriven, "kept although it had ended");
            let task = &again.tasks[0];
            machine.wake(store, child, vec![succeeded(task.frame, task.turn, json!(1))], at(7)).await;
        }
        assert_eq!(machine.wake(store, begun.id, Vec::new(), at(8)).await.status, Status::Succeeded);
        let run = store.map_run_get(&acme(), arn).await.unwrap().unwrap();
        assert_eq!((run.status, run.executions), (Status::Succeeded, vec![(Status::Succeeded, 2)]));
        let views = store.map_run_list(&acme(), begun.id, None, 10).await.unwrap();
        assert_eq!(views.iter().map(|run| &run.arn).collect::<Vec<_>>(), [arn]);
        assert_eq!(store.map_run_list(&acme(), begun.id, Some(arn), 10).await.unwrap(), []);
        assert_eq!(store.map_run_list(&tenant("globex"), begun.id, None, 10).await.unwrap(), []);
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_child_whose_name_is_taken_undoes_the_whole_change() {
    everywhere(|fixture| async move {
        let (store, machine) = (&fixture.store, machine(&json!({})));
        let named = Machine::pass();
        let taker = named.start(store, "taken", at(0)).await;
        let mut begun = begin(&machine, "one", &json!([1, 2]));
        begun.children[1].execution = named.execution("taken", at(0)).execution;
        assert_eq!(commit(&fixture, &begun).await, Committed::NameTaken(taker));
        for id in [begun.id, begun.children[0].id, begun.children[1].id] {
            assert_eq!(store.execution_get(&acme(), id).await.unwrap(), None);
        }
        assert_eq!(store.map_run_get(&acme(), &begun.runs[0].arn).await.unwrap(), None);
        assert_eq!(store.execution_find(&acme(), &begun.execution.arn).await.unwrap(), None, "its own name, too");
        fixture
    })
    .await;
}
