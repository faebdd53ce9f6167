//! What an engine's answer means.

use super::thing::{Group, Reading, State, Thing, Trouble, span};
use crate::relays;
use local_emulator_relay::Mode;
use std::time::Duration;

/// An engine that takes longer for a health check, which is next to nothing for it, is slow.
const SLOW: Duration = Duration::from_millis(250);

/// What was seen of an engine.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// `embedded`, `supervised` or `external`.
    pub(super) kind: &'static str,
    /// Without credentials.
    pub(super) address: String,
    /// How long it took to answer, or why it did not.
    pub(super) answer: Result<Duration, String>,
    /// What the relay in front of it does; none where there is none.
    pub(super) mode: Option<Mode>,
}

pub(super) fn thing(seen: &Seen) -> Thing {
    let ms = seen.answer.as_ref().ok().map(|took| took.as_secs_f64() * 1_000.0);
    let mut thing = Thing::new(Group::Engine, seen.name, ("answer", "ms"), Reading::Level(ms));
    thing.title = seen.title.to_owned();
    thing.lines = vec![format!("{}, {}", seen.kind, seen.address)];
    let title = seen.title;
    let (kind, _) = relays::name(seen.mode.unwrap_or(Mode::Pass));
    let faults = || "#faults".to_owned();
    let switched = match (kind, seen.mode) {
        ("away", _) => Some((State::Down, "is switched away: nobody reaches it".to_owned())),
        ("hang", _) => Some((State::Down, "is switched to hang: it takes everything and answers nothing".to_owned())),
        (_, Some(Mode::Delay(by))) => {
            let ms = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
            Some((State::Warn, format!("is switched to be slow: {} later, each way", span(ms))))
        }
        _ => None,
    };
    if let Some((state, text)) = switched {
        thing.trouble(kind, Trouble::new(state, format!("{title} {text}."), "Switch it back", faults()));
    }
    match &seen.answer {
        Err(error) => {
            thing.lines.push(error.clone());
            if kind == "on" {
                let again = if seen.kind == "supervised" { "; it is started again by itself" } else { "" };
                let text = format!("{title} does not answer: {error}{again}.");
                thing.trouble("down", Trouble::new(State::Down, text, "See what is switched", faults()));
            }
        }
        Ok(took) => {
            let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            if *took > SLOW && kind == "on" {
                let text = format!("{title} is slow: it took {} for a health check.", span(ms));
                thing.trouble("slow", Trouble::new(State::Warn, text, "See what is switched", faults()));
            }
        }
    }
    thing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(answer: Result<Duration, String>, mode: Option<Mode>) -> Thing {
        let address = "127.0.0.1:6379".to_owned();
        thing(&Seen { name: "redis", title: "Redis", kind: "embedded", address, answer, mode })
    }

    #[test]
    fn what_answers_is_up_and_its_time_is_the_reading() {
        let up = seen(Ok(Duration::from_micros(1_500)), Some(Mode::Pass));
        assert_eq!((up.state, up.label.as_str(), up.reading), (State::Up, "up", Reading::Level(Some(1.5))));
        assert!(up.troubles.is_empty());
        let slow = seen(Ok(Duration::from_millis(400)), None);
        assert_eq!((slow.state, slow.label.as_str(), slow.troubles.len()), (State::Warn, "slow", 1));
    }

    #[test]
    fn what_was_switched_is_told_once_and_with_where_it_is_switched_back() {
        for (mode, label, state) in [
            (Mode::Refuse, "away", State::Down),
            (Mode::BlackHole, "hang", State::Down),
            (Mode::Delay(Duration::from_millis(300)), "slow", State::Warn),
        ] {
            let answer =
                if state == State::Down { Err("no answer".to_owned()) } else { Ok(Duration::from_millis(600)) };
            let thing = seen(answer, Some(mode));
            assert_eq!((thing.state, thing.label.as_str()), (state, label));
            let [trouble] = &thing.troubles[..] else { panic!("{:?}", thing.troubles) };
            assert_eq!((trouble.link.as_str(), trouble.mend), ("#faults", "Switch it back"));
        }
        let down = seen(Err("refused".to_owned()), Some(Mode::Pass));
        assert!(down.troubles[0].text.contains("refused"), "{:?}", down.troubles);
        assert_eq!(down.reading, Reading::Level(None));
    }
}
