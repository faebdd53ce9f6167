use super::*;
use crate::order::tests::order;
use crate::{GenerationId, PlannedSection};
use octavo_domain_kernel::{DocumentId, Principal};
use proptest::prelude::*;
use uuid::Uuid;

fn generation(outline: Outline) -> Generation {
    let principal = Principal {
        tenant: "acme".parse().unwrap(),
        user: "ada".parse().unwrap(),
        name: None,
        groups: Default::default(),
        roles: Default::default(),
        api_key: None,
    };
    let (id, document) = (GenerationId(Uuid::from_u128(1)), DocumentId(Uuid::from_u128(2)));
    Generation::new(id, document, &principal, order(outline), DateTime::UNIX_EPOCH, None)
}

fn paid(call: u128) -> Paid {
    let (provider, model) = ("openai".to_owned(), "small".to_owned());
    Paid { call: Uuid::from_u128(call), provider, model, input_tokens: 10, output_tokens: 5 }
}

fn trouble() -> Trouble {
    Trouble { code: "X".to_owned(), message: "away".to_owned() }
}

/// What a worker that does the task well hands in.
fn success(task: Task, sections: usize, call: u128) -> Outcome {
    match task {
        Task::Gather => Outcome::Gathered(Vec::new()),
        Task::Outline => Outcome::Outlined {
            title: Some("Planned".to_owned()),
            sections: (0..sections).map(|place| Section::planned(format!("Part {place}"), "")).collect(),
            paid: paid(call),
        },
        Task::Write(place) => {
            Outcome::Written(Written { text: format!("Text {place} by {call}"), cut: false, paid: paid(call) })
        }
        Task::Assemble => Outcome::Assembled,
    }
}

fn run(mut generation: Generation, sections: usize) -> Vec<Generation> {
    let mut states = vec![generation.clone()];
    let mut call = 0;
    while let Some(task) = generation.task() {
        call += 1;
        let transition = generation.advance(success(task, sections, call), DateTime::UNIX_EPOCH).unwrap();
        assert_eq!(transition.goes_on(), transition.generation.task().is_some());
        generation = transition.generation;
        states.push(generation.clone());
    }
    states
}

#[test]
fn a_generation_goes_its_way_one_step_at_a_time() {
    let states = run(generation(Outline::Planned { sections: 2 }), 2);
    let statuses: Vec<&str> = states.iter().map(|state| state.status.as_str()).collect();
    assert_eq!(statuses, ["queued", "outlining", "writing", "writing", "assembling", "done"]);
    assert_eq!(states.iter().map(|state| state.step).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    let percents: Vec<u8> = states.iter().map(|state| state.progress().percent).collect();
    assert_eq!(percents, [0, 5, 10, 52, 95, 100]);
    let last = states.last().unwrap();
    assert_eq!((last.title.as_deref(), last.paid().count()), (Some("Planned"), 3));
}

#[test]
fn a_given_outline_needs_no_planning() {
    let given = PlannedSection { heading: "Only".to_owned(), instructions: "Say it".to_owned() };
    let states = run(generation(Outline::Given(vec![given])), 0);
    let statuses: Vec<&str> = states.iter().map(|state| state.status.as_str()).collect();
    assert_eq!(statuses, ["queued", "writing", "assembling", "done"]);
    assert_eq!(states.last().unwrap().sections[0].heading, "Only");
}

#[test]
fn the_title_that_was_asked_for_stands_above_the_plan() {
    let mut asked = generation(Outline::Planned { sections: 1 });
    asked.title = Some("Mine".to_owned());
    assert_eq!(run(asked, 1).last().unwrap().title.as_deref(), Some("Mine"));
}

#[test]
fn a_step_that_cannot_be_done_now_stays_and_fails_at_last() {
    let mut generation = generation(Outline::Planned { sections: 1 });
    for tries in 1..TRIES_MAX {
        let transition = generation.advance(Outcome::Postponed(trouble()), DateTime::UNIX_EPOCH).unwrap();
        assert!(!transition.goes_on(), "the queue itself brings the message again");
        generation = transition.generation;
        assert_eq!((generation.step, generation.tries, generation.status), (1, tries, Status::Queued));
    }
    let transition = generation.advance(Outcome::Postponed(trouble()), DateTime::UNIX_EPOCH).unwrap();
    let failed = transition.generation;
    assert_eq!((failed.step, failed.status, failed.trouble.as_ref()), (2, Status::Failed, Some(&trouble())));
    let again = failed.retry(DateTime::UNIX_EPOCH).unwrap();
    assert!(again.goes_on());
    assert_eq!((again.generation.status, again.generation.tries, again.generation.retries), (Status::Queued, 0, 1));
    assert_eq!(again.generation.trouble, None);
}

#[test]
fn a_retry_goes_on_after_the_last_finished_section() {
    let states = run(generation(Outline::Planned { sections: 3 }), 3);
    let midway = states.iter().find(|state| state.sections_done() == 1).unwrap();
    let failed = midway.advance(Outcome::Failed(trouble()), DateTime::UNIX_EPOCH).unwrap().generation;
    let again = failed.retry(DateTime::UNIX_EPOCH).unwrap().generation;
    assert_eq!((again.task(), &again.sections), (Some(Task::Write(1)), &midway.sections));
}

#[test]
fn what_has_ended_is_neither_cancelled_nor_retried() {
    let states = run(generation(Outline::Planned { sections: 1 }), 1);
    for state in &states {
        let cancelled = state.cancel(DateTime::UNIX_EPOCH);
        let too_late = matches!(state.status, Status::Assembling | Status::Done);
        assert_eq!(cancelled.is_err(), too_late, "{:?}", state.status);
        assert!(matches!(state.retry(DateTime::UNIX_EPOCH), Err(Refused::NotFailed(_))));
    }
    let cancelled = states[0].cancel(DateTime::UNIX_EPOCH).unwrap().unwrap();
    assert!(!cancelled.goes_on());
    assert_eq!(cancelled.generation.cancel(DateTime::UNIX_EPOCH), Ok(None), "idempotent");
    assert_eq!(cancelled.generation.task(), None);
}

#[test]
fn an_outcome_of_another_task_is_refused() {
    let queued = generation(Outline::Planned { sections: 1 });
    assert_eq!(queued.advance(Outcome::Assembled, DateTime::UNIX_EPOCH), Err(Refused::OtherTask));
    assert_eq!(queued.advance(success(Task::Write(0), 0, 1), DateTime::UNIX_EPOCH), Err(Refused::OtherTask));
}

/// The store's rule: a change is made if the row is at the step that it expects.
struct World {
    row: Generation,
    /// Steps whose messages were sent; any may be delivered any number of times.
    sent: Vec<i64>,
    /// Workers that have read the row and are at work on it.
    at_work: Vec<Generation>,
    calls: u128,
}

impl World {
    fn commit(&mut self, transition: Transition) {
        if transition.expected_step != self.row.step {
            return;
        }
        for (before, after) in self.row.sections.iter().zip(&transition.generation.sections) {
            if before.text.is_some() {
                assert_eq!(before, after, "what is stored is never written again");
            }
        }
        assert!(transition.generation.step >= self.row.step);
        assert!(transition.generation.progress().percent >= self.row.progress().percent);
        if transition.goes_on() {
            self.sent.push(transition.generation.step);
        }
        self.row = transition.generation;
    }

    fn deliver(&mut self, step: i64) {
        if self.row.step == step && self.row.task().is_some() {
            self.at_work.push(self.row.clone());
        }
    }

    fn finish(&mut self, worker: usize, outcome: u8, sections: usize) {
        if self.at_work.is_empty() {
            return;
        }
        let read = self.at_work.swap_remove(worker % self.at_work.len());
        self.calls += 1;
        let outcome = match outcome {
            0 => Outcome::Postponed(trouble()),
            1 => Outcome::Failed(trouble()),
            _ => success(read.task().unwrap(), sections, self.calls),
        };
        let transition = read.advance(outcome, DateTime::UNIX_EPOCH).unwrap();
        self.commit(transition);
    }
}

#[derive(Debug, Clone)]
enum Event {
    Deliver(prop::sample::Index),
    Finish { worker: usize, outcome: u8 },
    Die(usize),
    Cancel,
    Retry,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        5 => any::<prop::sample::Index>().prop_map(Event::Deliver),
        5 => (0..4_usize, 0..20_u8).prop_map(|(worker, outcome)| Event::Finish { worker, outcome }),
        1 => (0..4_usize).prop_map(Event::Die),
        1 => Just(Event::Cancel),
        1 => Just(Event::Retry),
    ]
}

proptest! {
    #[test]
    fn whatever_comes_in_whatever_order_each_section_is_stored_once_and_it_ends(
        sections in 1..6_usize,
        events in prop::collection::vec(event(), 0..80),
        cancels in any::<bool>(),
    ) {
        let row = generation(Outline::Planned { sections });
        let mut world = World { sent: vec![row.step], row, at_work: Vec::new(), calls: 0 };
        for event in events {
            match event {
                Event::Deliver(index) => {
                    let step = *index.get(&world.sent);
                    world.deliver(step);
                }
                Event::Finish { worker, outcome } => world.finish(worker, outcome, sections),
                Event::Die(worker) => {
                    if !world.at_work.is_empty() {
                        world.at_work.swap_remove(worker % world.at_work.len());
                    }
                }
                Event::Cancel if cancels => {
                    if let Ok(Some(transition)) = world.row.cancel(DateTime::UNIX_EPOCH) {
                        world.commit(transition);
                    }
                }
                Event::Retry => {
                    if let Ok(transition) = world.row.retry(DateTime::UNIX_EPOCH) {
                        world.commit(transition);
                    }
                }
                Event::Cancel => {}
            }
        }
        // Whatever was lost, the message of the present step has been sent: delivered until it is done, it ends.
        let mut deliveries = 0;
        while world.row.task().is_some() {
            deliveries += 1;
            prop_assert!(deliveries <= sections + 4);
            prop_assert!(world.sent.contains(&world.row.step));
            world.deliver(world.row.step);
            let last = world.at_work.len() - 1;
            world.at_work.swap(0, last);
            world.finish(0, 9, sections);
        }
        prop_assert!(world.row.status.has_ended());
        if world.row.status == Status::Done {
            prop_assert_eq!(world.row.sections_done(), sections);
            let calls: std::collections::BTreeSet<Uuid> = world.row.paid().map(|paid| paid.call).collect();
            prop_assert_eq!(calls.len(), sections + 1, "an outline and each section, each by a call of its own");
        }
        if !cancels {
            prop_assert!(world.row.status != Status::Cancelled);
        }
    }
}
