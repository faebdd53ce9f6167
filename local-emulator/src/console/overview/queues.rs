//! What a queue's depth and its poller mean.

use super::thing::{Group, Reading, State, Thing, Trouble, counted, span};
use octavo_domain_kernel::QueueDepth;
use octavo_wiring_triggers::PollerStatus;

/// A message that is ready waits only while its consumer is busy. What waits longer is told.
const LATE_MS: u64 = 10_000;

/// What was seen of a queue.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) name: String,
    /// None where Redis does not answer: that is told of Redis.
    pub(super) depth: Option<QueueDepth>,
    /// How long the oldest message had waited at the look before.
    pub(super) before_ms: Option<u64>,
    /// None where somebody else consumes it.
    pub(super) poller: Option<PollerStatus>,
}

pub(super) fn thing(seen: &Seen) -> Thing {
    let name = &seen.name;
    let waiting = |depth: &QueueDepth| depth.ready + depth.in_flight + depth.delayed;
    let reading = Reading::Level(seen.depth.as_ref().map(|depth| waiting(depth) as f64));
    let mut thing = Thing::new(Group::Queue, name, ("messages", ""), reading);
    let link = format!("#queues/{name}");
    thing.link = Some(link.clone());
    match &seen.depth {
        Some(depth) => {
            let count = waiting(depth);
            thing.label = if count == 0 { "empty".to_owned() } else { counted(count, "message") };
            thing
                .lines
                .push(format!("{} ready, {} in flight, {} delayed", depth.ready, depth.in_flight, depth.delayed));
        }
        None => {
            thing.state = State::Warn;
            "unknown".clone_into(&mut thing.label);
        }
    }
    if let Some(poller) = &seen.poller {
        thing.lines.push(format!("{} done, {} tried again", poller.succeeded, poller.retried));
        if !poller.running {
            let text = format!("Nobody takes messages from the queue {name}: its poller does not run.");
            thing.trouble("not polled", Trouble::new(State::Down, text, "Look at it", link.clone()));
        }
    }
    let Some(depth) = &seen.depth else { return thing };
    if depth.dead > 0 {
        let letters = counted(depth.dead, "dead letter");
        let text = format!("The queue {name} has {letters}: failed for good, kept for you to decide.");
        thing.trouble(format!("{} dead", depth.dead), Trouble::new(State::Down, text, "Decide", link.clone()));
    }
    if depth.delayed > 0 {
        let (messages, are) = (counted(depth.delayed, "message"), if depth.delayed == 1 { "was" } else { "were" });
        let text = format!("{messages} of the queue {name} {are} not done and will be tried again.");
        thing.trouble(
            format!("{} tried again", depth.delayed),
            Trouble::new(State::Warn, text, "Look at it", link.clone()),
        );
    }
    if let Some(oldest) = depth.oldest_ms.filter(|oldest| *oldest >= LATE_MS) {
        let growing = seen.before_ms.is_some_and(|before| oldest > before);
        let more = if growing { ", and it grows" } else { "" };
        let text = format!("The oldest message of the queue {name} has waited for {}{more}.", span(oldest));
        thing.trouble("late", Trouble::new(State::Warn, text, "Look at it", link));
        thing.lines.push(format!("the oldest waits for {}", span(oldest)));
    }
    thing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(depth: QueueDepth) -> Seen {
        let poller = PollerStatus { running: true, succeeded: 7, ..PollerStatus::default() };
        Seen { name: "index".to_owned(), depth: Some(depth), before_ms: None, poller: Some(poller) }
    }

    #[test]
    fn an_empty_queue_is_well_and_a_full_one_says_how_full() {
        let empty = thing(&seen(QueueDepth::default()));
        assert_eq!((empty.state, empty.label.as_str(), empty.reading), (State::Up, "empty", Reading::Level(Some(0.0))));
        let depth = QueueDepth { ready: 1, in_flight: 2, oldest_ms: Some(200), ..QueueDepth::default() };
        let full = thing(&seen(depth));
        assert_eq!((full.state, full.label.as_str()), (State::Up, "3 messages"));
        assert_eq!(full.lines, ["1 ready, 2 in flight, 0 delayed", "7 done, 0 tried again"]);
    }

    #[test]
    fn dead_letters_age_and_a_poller_that_does_not_run_are_troubles() {
        let late = QueueDepth { ready: 1, dead: 1, oldest_ms: Some(40_000), ..QueueDepth::default() };
        let mut seen = seen(late);
        seen.before_ms = Some(38_000);
        let told = thing(&seen);
        assert_eq!((told.state, told.label.as_str()), (State::Down, "1 dead"));
        let texts: Vec<&str> = told.troubles.iter().map(|trouble| trouble.text.as_str()).collect();
        assert!(texts[0].contains("1 dead letter:") && texts[1].ends_with("for 40.0 s, and it grows."), "{texts:?}");
        assert!(told.troubles.iter().all(|trouble| trouble.link == "#queues/index"));
        seen.poller = Some(PollerStatus::default());
        assert_eq!(thing(&seen).label, "not polled");
    }

    #[test]
    fn what_will_be_tried_again_is_told() {
        let told = thing(&seen(QueueDepth { delayed: 1, ..QueueDepth::default() }));
        assert_eq!((told.state, told.label.as_str()), (State::Warn, "1 tried again"));
        assert_eq!(told.troubles[0].text, "1 message of the queue index was not done and will be tried again.");
        let two = thing(&seen(QueueDepth { delayed: 2, ..QueueDepth::default() }));
        assert!(two.troubles[0].text.starts_with("2 messages of the queue index were"), "{}", two.troubles[0].text);
    }

    #[test]
    fn what_nobody_can_count_is_unknown_and_told_of_the_engine() {
        let told = thing(&Seen { depth: None, ..seen(QueueDepth::default()) });
        assert_eq!((told.state, told.label.as_str(), told.troubles.len()), (State::Warn, "unknown", 0));
        assert_eq!(told.reading, Reading::Level(None));
    }
}
