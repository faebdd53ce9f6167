//! What relay, bells, schedules and the realtime node say of themselves means.

use super::thing::{Group, Reading, State, Thing, Trouble, counted};
use chrono::{DateTime, Utc};
use octavo_wiring_triggers::{BellStatus, LastError, RelayStatus, ScheduleStatus};
use std::time::Duration;

/// The outbox relay.
pub(super) fn relay(status: &RelayStatus) -> Thing {
    let mut thing = Thing::new(Group::Worker, "relay", ("published", ""), Reading::Total(status.published as f64));
    "Outbox relay".clone_into(&mut thing.title);
    let published = counted(status.published, "message");
    thing.lines = vec![format!("{published} published that a function did not live to send")];
    works(&mut thing, status.running, status.last_error.as_ref(), status.last_pass_at);
    thing
}

/// One of the bells.
pub(super) fn bell(work: &str, status: &BellStatus) -> Thing {
    let mut thing = Thing::new(Group::Worker, work, ("rung", ""), Reading::Total(status.rung as f64));
    thing.title = format!("Bell: {work}");
    thing.lines =
        vec![format!("rang {}", if status.rung == 1 { "once".to_owned() } else { format!("{} times", status.rung) })];
    works(&mut thing, status.running, status.last_error.as_ref(), status.last_pass_at);
    thing
}

/// Something that looks again and again: it fails if its last pass did.
fn works(thing: &mut Thing, running: bool, error: Option<&LastError>, passed: Option<DateTime<Utc>>) {
    let title = thing.title.clone();
    let faults = || "#faults".to_owned();
    if !running {
        let trouble = Trouble::new(State::Down, format!("{title} does not run."), "See what is switched", faults());
        thing.trouble("stopped", trouble);
    }
    if let Some(last) = error.filter(|last| passed.is_none_or(|passed| passed < last.at)) {
        let text = format!("{title} cannot do its work: {}", last.error);
        thing.trouble("fails", Trouble::new(State::Warn, text, "See what is switched", faults()));
    }
}

/// A schedule.
pub(super) fn schedule(name: &str, status: &ScheduleStatus, function: Option<&str>) -> Thing {
    let mut thing = Thing::new(Group::Schedule, name, ("fired", ""), Reading::Total(status.fired as f64));
    thing.link = function.map(|function| format!("#functions/{function}"));
    if status.running {
        "running".clone_into(&mut thing.label);
    } else if let Some(next) = status.next_due {
        thing.label = format!("next {} UTC", next.format("%H:%M"));
    }
    let times = if status.fired == 1 { "once".to_owned() } else { format!("{} times", status.fired) };
    thing.lines = vec![format!("fired {times}, {} failed", status.failed)];
    if let Some(last) = status.last_due {
        thing.lines.push(format!("last {} UTC", last.format("%Y-%m-%d %H:%M:%S")));
    }
    // Single failures are told of the function; a schedule that never goes well would be told by nobody.
    if status.failed > 0 && status.failed == status.fired {
        let text = format!("The schedule {name} fired {times}, and its function failed each time.");
        let link = thing.link.clone().unwrap_or_else(|| "#functions".to_owned());
        thing.trouble("failed", Trouble::new(State::Warn, text, "Look at its function", link));
    }
    thing
}

/// The realtime node: its answer to the readiness check and how long that took, or why there was none.
pub(super) fn node(address: &str, answer: &Result<(u16, Duration), String>) -> Thing {
    let ms = answer.as_ref().ok().map(|(_, took)| took.as_secs_f64() * 1_000.0);
    let mut thing = Thing::new(Group::Worker, "realtime", ("answer", "ms"), Reading::Level(ms));
    "Realtime node".clone_into(&mut thing.title);
    thing.link = Some("#realtime".to_owned());
    thing.lines = vec![address.to_owned()];
    let why = match answer {
        Ok((200, _)) => return thing,
        Ok((status, _)) => format!("it is not ready ({status}): an engine that it works on is away"),
        Err(error) => error.clone(),
    };
    let text = format!("The realtime node is not well: {why}.");
    thing.trouble("not ready", Trouble::new(State::Down, text, "Look at it", "#realtime".to_owned()));
    thing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0)
    }

    fn error(seconds: i64) -> Option<LastError> {
        Some(LastError { at: at(seconds).unwrap(), error: "no connection".to_owned() })
    }

    #[test]
    fn a_worker_fails_until_a_pass_after_its_error_went_well() {
        let status = |last_error, last_pass_at| RelayStatus {
            running: true,
            last_error,
            last_pass_at,
            ..RelayStatus::default()
        };
        assert_eq!(relay(&status(None, None)).state, State::Up);
        assert_eq!(relay(&status(error(5), at(9))).state, State::Up);
        let fails = relay(&status(error(9), at(5)));
        assert_eq!((fails.state, fails.label.as_str()), (State::Warn, "fails"));
        assert!(fails.troubles[0].text.ends_with("no connection"));
        let stopped = bell("workflows", &BellStatus::default());
        assert_eq!((stopped.state, stopped.title.as_str()), (State::Down, "Bell: workflows"));
    }

    #[test]
    fn a_schedule_tells_when_it_is_next_and_what_failed() {
        let mut status = ScheduleStatus { next_due: at(0), fired: 2, ..ScheduleStatus::default() };
        let well = schedule("ai-nightly", &status, Some("ai"));
        assert_eq!((well.state, well.label.as_str()), (State::Up, "next 08:00 UTC"));
        status.failed = 1;
        assert!(schedule("ai-nightly", &status, Some("ai")).troubles.is_empty());
        status.failed = 2;
        let failed = schedule("ai-nightly", &status, Some("ai"));
        assert_eq!((failed.state, failed.troubles[0].link.as_str()), (State::Warn, "#functions/ai"));
    }

    #[test]
    fn a_node_that_is_not_ready_says_so() {
        let answer = |status| Ok((status, Duration::from_millis(2)));
        assert!(node("http://127.0.0.1:1", &answer(200)).troubles.is_empty());
        let unready = node("http://127.0.0.1:1", &answer(503));
        assert_eq!((unready.state, unready.reading), (State::Down, Reading::Level(Some(2.0))));
        assert!(node("x", &Err("refused".to_owned())).troubles[0].text.contains("refused"));
    }
}
