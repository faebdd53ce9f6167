//! Tasks: leased by steps, answered by tokens, taken by workers of activities.

use crate::ai_fixture::ask;
use crate::fixture::{at, everywhere, tenant};
use crate::workflow_fixture::{Machine, acme, load, succeeded, token_of};
use futures::future::join_all;
use octavo_domain_workflow::engine::ports::{Answered, Committed, ExecutionReads, ExecutionStore};
use octavo_domain_workflow::engine::{ExecutionId, Status, Task};
use octavo_domain_workflow::machine::{Event, Signal};
use serde_json::json;

const CONTENDERS: usize = 24;
const ACTIVITY: &str = "arn:aws:states:us-east-1:000000000001:activity:review";

fn output(n: usize) -> Event {
    Event::TaskSucceeded { output: json!(n) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_is_one_worker_s_until_its_lease_ends() {
    everywhere(|fixture| async move {
        let (store, machine) = (&fixture.store, &Machine::function());
        let id = machine.start(store, "one", at(0)).await;
        let claims = (0..CONTENDERS).map(|number| async move {
            store.tasks_claim(&acme(), id, &format!("worker-{number}"), at(1), at(31), 10).await.unwrap()
        });
        let claims = join_all(claims).await;
        let winner = claims.iter().position(|claimed| !claimed.is_empty()).unwrap();
        assert_eq!(claims.iter().map(Vec::len).sum::<usize>(), 1);
        let claimed = &claims[winner][0];
        assert_eq!(claimed.claims, 1);
        let waiting = store.tasks_waiting(&acme(), id).await.unwrap();
        assert_eq!(waiting, std::slice::from_ref(&claimed.task).to_vec());
        let mine = [(claimed.task.frame, claimed.task.turn)];
        // With one of another execution, which is not there.
        let held = [(id, mine[0].0, mine[0].1), (ExecutionId(uuid::Uuid::nil()), mine[0].0, mine[0].1)];

        let winner = format!("worker-{winner}");
        let renew = |worker: &'static str, until| async move {
            store.tasks_renew(&acme(), worker, &[(id, 1, 1), (id, 8, 9)], until).await.unwrap()
        };
        assert_eq!(renew("somebody", at(60)).await, []);
        assert_eq!(store.tasks_renew(&acme(), &winner, &held, at(60)).await.unwrap(), held[..1]);
        assert_eq!(store.tasks_claim(&acme(), id, "worker-x", at(59), at(90), 10).await.unwrap(), []);
        let taken = store.tasks_claim(&acme(), id, "worker-x", at(60), at(90), 10).await.unwrap();
        assert_eq!((taken.len(), taken[0].claims), (1, 2), "whoever had it is taken for dead");
        assert_eq!(store.tasks_renew(&acme(), &winner, &held, at(90)).await.unwrap(), []);
        store.tasks_release(&acme(), id, &winner, &mine).await.unwrap();
        assert_eq!(store.tasks_claim(&acme(), id, "worker-y", at(61), at(91), 10).await.unwrap(), [], "not theirs");

        store.tasks_release(&acme(), id, "worker-x", &mine).await.unwrap();
        assert!(load(store, id, at(61)).await.tasks_wait);
        let taken = store.tasks_claim(&acme(), id, "worker-y", at(61), at(91), 0).await.unwrap();
        assert_eq!(taken, []);
        let taken = store.tasks_claim(&acme(), id, "worker-y", at(61), at(91), 10).await.unwrap();
        assert_eq!(taken[0].claims, 2, "given back unbegun is not counted");
        fixture
    })
    .await;
}

#[tokio::test]
async fn what_was_accepted_outside_is_nobody_s_to_do() {
    everywhere(|fixture| async move {
        let (store, machine) = (&fixture.store, Machine::token());
        let begun = machine.begin(machine.execution("one", at(0)));
        store.execution_commit(&acme(), &begun, Some(("worker", at(30)))).await.unwrap();
        let mut change = machine.settle(
            load(store, begun.id, at(1)).await,
            vec![Signal { frame: 1, turn: 1, event: Event::TaskStarted { worker: None } }],
            at(1),
        );
        change.tasks_accepted = vec![(1, 1)];
        assert_eq!(store.execution_commit(&acme(), &change, None).await.unwrap(), Committed::Done);
        assert!(!load(store, begun.id, at(99)).await.tasks_wait);
        assert_eq!(store.tasks_claim(&acme(), begun.id, "worker", at(99), at(200), 10).await.unwrap(), []);
        assert_eq!(store.tasks_renew(&acme(), "worker", &[(begun.id, 1, 1)], at(200)).await.unwrap(), []);
        let mut admin = fixture.admin().await;
        assert!(ask::<bool>(&mut admin, "select due_at is null and accepted from workflow_task").await);
        fixture
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_answers_by_a_token_exactly_one_is_taken_and_it_is_told() {
    everywhere(|fixture| async move {
        let (store, machine) = (&fixture.store, &Machine::token());
        let begun = machine.begin(machine.execution("one", at(0)));
        store.execution_commit(&acme(), &begun, None).await.unwrap();
        let token = token_of(&begun.tasks[0]);
        let answer = |tenant_name: &'static str, token: String, n: usize| async move {
            store.token_answer(&tenant(tenant_name), &token, &output(n), at(5)).await.unwrap()
        };
        assert_eq!(answer("globex", token.to_owned(), 0).await, Answered::Gone, "of another tenant");
        assert_eq!(answer("acme", format!("{token}x"), 0).await, Answered::Gone);
        assert_eq!(answer("acme", "nul\0\\x00".to_owned(), 0).await, Answered::Gone);
        let answers = join_all((1..=CONTENDERS).map(|n| answer("acme", token.to_owned(), n))).await;
        let winner = answers.iter().position(|answer| *answer == Answered::Taken(begun.id)).unwrap();
        assert_eq!(answers.iter().filter(|answer| **answer == Answered::Gone).count(), CONTENDERS - 1);
        let due = load(store, begun.id, at(5)).await.due;
        assert_eq!(
            due.iter().map(|kept| &kept.signal).collect::<Vec<_>>(),
            [&Signal { frame: 1, turn: 1, event: output(winner + 1) }]
        );
        assert_eq!(machine.wake(store, begun.id, Vec::new(), at(5)).await.status, Status::Succeeded);
        let view = store.execution_get(&acme(), begun.id).await.unwrap().unwrap();
        assert_eq!(view.output, Some(json!(winner + 1)));
        assert_eq!(answer("acme", token.to_owned(), 0).await, Answered::Gone);
        fixture
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_was_taken_is_not_lost_on_a_change_that_did_not_know_of_it() {
    everywhere(|fixture| async move {
        let (store, machine) = (&fixture.store, &Machine::token());
        let begun = machine.begin(machine.execution("one", at(0)));
        store.execution_commit(&acme(), &begun, None).await.unwrap();
        let token = token_of(&begun.tasks[0]);
        let timed_out = || vec![Signal { frame: 1, turn: 1, event: Event::TaskTimedOut { heartbeat: false } }];
        let late = machine.settle(load(store, begun.id, at(4)).await, timed_out(), at(4));
        assert!(late.finished.is_some());
        assert_eq!(store.token_answer(&acme(), token, &output(1), at(4)).await.unwrap(), Answered::Taken(begun.id));
        assert_eq!(store.execution_commit(&acme(), &late, None).await.unwrap(), Committed::Stale);
        assert_eq!(load(store, begun.id, at(4)).await.seq, 1, "nothing of it was done");
        assert_eq!(machine.wake(store, begun.id, timed_out(), at(4)).await.status, Status::Succeeded);

        // Against each other, many times: one who is told that the answer was taken sees it in the end.
        for round in 0..20 {
            let begun = machine.begin(machine.execution(&format!("race-{round}"), at(0)));
            store.execution_commit(&acme(), &begun, None).await.unwrap();
            let token = token_of(&begun.tasks[0]);
            let stop = async {
                loop {
                    let loaded = load(store, begun.id, at(4)).await;
                    let change = machine.settle(loaded, timed_out(), at(4));
                    if store.execution_commit(&tenant("acme"), &change, None).await.unwrap() == Committed::Done {
                        break change.status;
                    }
                }
            };
            let (event, acme) = (output(round), acme());
            let answer = store.token_answer(&acme, token, &event, at(4));
            let (status, answered) = tokio::join!(stop, answer);
            let expected = match answered.unwrap() {
                Answered::Taken(_) => Status::Succeeded,
                Answered::Gone => Status::Failed,
            };
            assert_eq!(status, expected);
        }
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_heartbeat_moves_the_deadline() {
    everywhere(|fixture| async move {
        let (store, machine) = (&fixture.store, Machine::token());
        let begun = machine.begin(machine.execution("one", at(0)));
        store.execution_commit(&acme(), &begun, None).await.unwrap();
        let token = token_of(&begun.tasks[0]);
        assert_eq!(load(store, begun.id, at(10)).await.due.len(), 1);
        let beat = store.token_heartbeat(&acme(), token, at(8)).await.unwrap();
        assert_eq!(beat, Answered::Taken(begun.id));
        assert_eq!(load(store, begun.id, at(17)).await.due, []);
        let due = load(store, begun.id, at(18)).await.due;
        assert_eq!(due[0].signal.event, Event::TaskTimedOut { heartbeat: true });
        assert_eq!(store.token_heartbeat(&tenant("globex"), token, at(9)).await.unwrap(), Answered::Gone);
        assert_eq!(machine.wake(store, begun.id, Vec::new(), at(18)).await.status, Status::Failed);
        assert_eq!(store.token_heartbeat(&acme(), token, at(19)).await.unwrap(), Answered::Gone);
        fixture
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_of_an_activity_get_its_oldest_task_each_one_once() {
    everywhere(|fixture| async move {
        let (store, machine) = (&fixture.store, &Machine::task(ACTIVITY));
        let mut ids = Vec::new();
        for number in 0..4 {
            ids.push(machine.start(store, &format!("n{number}"), at(number)).await);
        }
        assert_eq!(store.tasks_claim(&acme(), ids[0], "step", at(5), at(9), 9).await.unwrap(), [], "no step's");
        let claim = |tenant_name: &'static str, arn: &'static str| async move {
            store.activity_claim(&tenant(tenant_name), arn, Some("w\0"), at(6)).await.unwrap()
        };
        assert_eq!(claim("globex", ACTIVITY).await, None);
        assert_eq!(claim("acme", "arn:aws:states:us-east-1:000000000001:activity:other").await, None);
        let first = claim("acme", ACTIVITY).await.unwrap();
        assert_eq!(first.execution, ids[0], "the oldest");
        let got = join_all((0..CONTENDERS).map(|_| claim("acme", ACTIVITY))).await;
        let mut rest: Vec<_> = got.into_iter().flatten().map(|task| task.execution).collect();
        rest.sort();
        assert_eq!(rest, ids[1..]);

        // Its start is told; its heartbeat begins when it was taken.
        let due = load(store, ids[0], at(6)).await.due;
        assert_eq!(due[0].signal.event, Event::TaskStarted { worker: Some("w\0".to_owned()) });
        let due = load(store, ids[0], at(16)).await.due;
        assert_eq!(due[1].signal.event, Event::TaskTimedOut { heartbeat: true });
        let token = token_of(&first.task);
        assert_eq!(store.token_heartbeat(&acme(), token, at(15)).await.unwrap(), Answered::Taken(ids[0]));
        assert_eq!(load(store, ids[0], at(24)).await.due.len(), 1);
        store.token_answer(&acme(), token, &output(3), at(7)).await.unwrap();
        let ended = machine.wake(store, ids[0], Vec::new(), at(7)).await;
        assert_eq!((ended.status, ended.taken.len()), (Status::Succeeded, 2));
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_new_turn_takes_the_old_one_s_task_and_deadlines_away() {
    everywhere(|fixture| async move {
        let definition = json!({
            "StartAt": "A",
            "TimeoutSeconds": 1000,
            "States": {
                "A": {
                    "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000001:function:f",
                    "TimeoutSeconds": 50, "Next": "B"
                },
                "B": {
                    "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000001:function:g",
                    "TimeoutSeconds": 70, "End": true
                }
            }
        });
        let (store, machine) = (&fixture.store, Machine::of("two", &definition));
        let id = machine.start(store, "one", at(0)).await;
        let before = load(store, id, at(2000)).await.due;
        assert_eq!(before.len(), 2, "of the task and of the whole");
        let change = machine.settle(load(store, id, at(1)).await, vec![succeeded(1, 1, json!({}))], at(1));
        let lease = Some(("worker", at(31)));
        assert_eq!(store.execution_commit(&acme(), &change, lease).await.unwrap(), Committed::Done);
        let after = load(store, id, at(2000)).await.due;
        let events: Vec<_> = after.iter().map(|kept| (&kept.signal.event, kept.signal.turn)).collect();
        let turn = change.tasks[0].turn;
        assert_eq!(
            events,
            [(&Event::TaskTimedOut { heartbeat: false }, turn), (&Event::TimeOut, before[1].signal.turn)]
        );
        let waiting: Vec<Task> = store.tasks_waiting(&acme(), id).await.unwrap();
        assert_eq!(waiting, change.tasks, "one task, the new one");
        assert!(!load(store, id, at(30)).await.tasks_wait, "leased to whoever committed it");
        fixture
    })
    .await;
}
