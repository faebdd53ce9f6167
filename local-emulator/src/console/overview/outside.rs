//! What is known of other people's services means: AI providers and notification channels, fakes or real.

use super::thing::{Group, Reading, State, Thing, Trouble, counted};

/// A breaker that lets no calls through, or only a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Breaker {
    pub(super) provider: String,
    pub(super) model: String,
    /// `open` or `half_open`.
    pub(super) phase: &'static str,
}

/// What was seen of a service.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Seen {
    pub(super) name: String,
    /// `AI provider`, `channel`.
    pub(super) kind: &'static str,
    pub(super) address: String,
    /// Only a fake's requests are counted, and only a fake fails on demand.
    pub(super) fake: bool,
    /// Requests or messages since the start.
    pub(super) requests: u64,
    /// Refused or unanswered ones among them.
    pub(super) failed: u64,
    /// What a switch did to it: `away`, `hang`, `slow`.
    pub(super) switched: Option<&'static str>,
    /// Further faults that are on.
    pub(super) faults: usize,
}

pub(super) fn thing(seen: &Seen, breakers: &[Breaker]) -> Thing {
    let reading = if seen.fake { Reading::Total(seen.requests as f64) } else { Reading::Level(None) };
    let mut thing = Thing::new(Group::Outside, &seen.name, ("requests", ""), reading);
    let channel = seen.kind == "channel";
    let page = if channel { "#mailbox" } else { "#providers" };
    thing.link = Some(page.to_owned());
    thing.label = if seen.fake { "up (fake)".to_owned() } else { "real".to_owned() };
    thing.lines = vec![format!("{}, {}", seen.kind, seen.address)];
    if seen.fake {
        let requests = counted(seen.requests, if channel { "message" } else { "request" });
        thing.lines.push(format!("{requests}, {} failed", seen.failed));
    }
    let name = &seen.name;
    if let Some(switched) = seen.switched {
        let (state, text) = match switched {
            "slow" => (State::Warn, format!("{name} is switched to be slow.")),
            "hang" => (State::Down, format!("{name} is switched to hang: it never answers.")),
            _ => (State::Down, format!("{name} is switched away: its connections are closed.")),
        };
        thing.trouble(switched, Trouble::new(state, text, "Switch it back", "#faults".to_owned()));
    }
    if seen.faults > 0 {
        let text = format!("{name} has {} on.", counted(seen.faults as u64, "fault"));
        thing.trouble("fault", Trouble::new(State::Warn, text, "Look at them", page.to_owned()));
    }
    for breaker in breakers.iter().filter(|breaker| breaker.provider == *name && !channel) {
        let model = &breaker.model;
        let text = match breaker.phase {
            "open" => format!("The breaker of {model} at {name} is open: no call goes there."),
            _ => format!(
                "The breaker of {model} at {name} is half open: one call at a time finds out whether it is well."
            ),
        };
        thing.trouble("breaker", Trouble::new(State::Warn, text, "Look at it", "#providers".to_owned()));
    }
    thing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen() -> Seen {
        Seen { name: "openai".to_owned(), kind: "AI provider", fake: true, requests: 3, failed: 1, ..Seen::default() }
    }

    #[test]
    fn a_fake_counts_and_a_real_one_is_only_named() {
        let fake = thing(&seen(), &[]);
        assert_eq!((fake.state, fake.label.as_str(), fake.reading), (State::Up, "up (fake)", Reading::Total(3.0)));
        assert_eq!(fake.lines[1], "3 requests, 1 failed");
        let real = thing(&Seen { fake: false, ..seen() }, &[]);
        assert_eq!((real.label.as_str(), real.reading, real.lines.len()), ("real", Reading::Level(None), 1));
    }

    #[test]
    fn switches_faults_and_breakers_are_troubles_of_their_own() {
        let breaker = |provider: &str, phase| Breaker { provider: provider.to_owned(), model: "gpt".to_owned(), phase };
        let breakers = [breaker("openai", "open"), breaker("azure", "open"), breaker("openai", "half_open")];
        let told = thing(&Seen { switched: Some("away"), faults: 2, ..seen() }, &breakers);
        assert_eq!((told.state, told.label.as_str(), told.troubles.len()), (State::Down, "away", 4));
        let links: Vec<&str> = told.troubles.iter().map(|trouble| trouble.link.as_str()).collect();
        assert_eq!(links, ["#faults", "#providers", "#providers", "#providers"]);
        let mail = Seen { name: "smtp".to_owned(), kind: "channel", faults: 1, ..seen() };
        assert_eq!(thing(&mail, &[breaker("smtp", "open")]).troubles[0].link, "#mailbox");
    }
}
