//! One thing that runs, as the overview shows it.

use serde::Serialize;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Up,
    /// It works, and somebody should look.
    Warn,
    Down,
}

/// What kind of thing it is, in the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Group {
    Engine,
    Function,
    Queue,
    Schedule,
    /// What moves rows to queues: the outbox relay and the bells; and the realtime node.
    Worker,
    /// Services of other people: AI providers, notification channels.
    Outside,
}

impl Group {
    pub(super) const ALL: [(Self, &'static str); 6] = [
        (Self::Engine, "Engines"),
        (Self::Function, "Functions"),
        (Self::Queue, "Queues"),
        (Self::Schedule, "Schedules"),
        (Self::Worker, "Relay, bells and realtime node"),
        (Self::Outside, "Outside services"),
    ];
}

/// What a look gave for the chart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Reading {
    /// As high as it is; none where nobody knows.
    Level(Option<f64>),
    /// Counted since the start: the chart shows how much came since the look before.
    Total(f64),
}

/// Something that somebody should see to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Trouble {
    /// Down, or only a warning.
    pub(super) state: State,
    /// A sentence.
    pub(super) text: String,
    /// What one does about it, as a button says it.
    pub(super) mend: &'static str,
    /// The console's page for that: `#queues/index`.
    pub(super) link: String,
}

impl Trouble {
    pub(super) fn new(state: State, text: String, mend: &'static str, link: String) -> Self {
        Self { state, text, mend, link }
    }
}

/// One thing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Thing {
    #[serde(skip)]
    pub(super) group: Group,
    /// Unique in its group.
    pub(super) name: String,
    /// As people say it.
    pub(super) title: String,
    pub(super) state: State,
    /// The state in a word or two.
    pub(super) label: String,
    /// Small print, a line each.
    pub(super) lines: Vec<String>,
    /// The console's page about it.
    pub(super) link: Option<String>,
    /// What its chart shows: `invocations`, and in what: `ms`; empty for a number of pieces.
    pub(super) measure: (&'static str, &'static str),
    #[serde(skip)]
    pub(super) reading: Reading,
    #[serde(skip)]
    pub(super) troubles: Vec<Trouble>,
}

impl Thing {
    /// One that is well.
    pub(super) fn new(group: Group, name: &str, measure: (&'static str, &'static str), reading: Reading) -> Self {
        Self {
            group,
            name: name.to_owned(),
            title: name.to_owned(),
            state: State::Up,
            label: "up".to_owned(),
            lines: Vec::new(),
            link: None,
            measure,
            reading,
            troubles: Vec::new(),
        }
    }

    /// Adds a trouble; the worst one is its state, and says it in `label`.
    pub(super) fn trouble(&mut self, label: impl Into<String>, trouble: Trouble) {
        if trouble.state > self.state {
            self.state = trouble.state;
            self.label = label.into();
        }
        self.troubles.push(trouble);
    }
}

/// Milliseconds as a person says them.
pub(super) fn span(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{:.1} s", ms as f64 / 1_000.0),
        60_000..3_600_000 => format!("{} min", ms / 60_000),
        _ => format!("{} h {} min", ms / 3_600_000, ms / 60_000 % 60),
    }
}

/// `1 message`, `2 messages`.
pub(super) fn counted(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_trouble_is_its_state_and_all_are_kept() {
        let mut thing = Thing::new(Group::Queue, "index", ("messages", ""), Reading::Level(None));
        let trouble = |state, text: &str| Trouble::new(state, text.to_owned(), "Look", "#queues".to_owned());
        thing.trouble("slow", trouble(State::Warn, "a"));
        thing.trouble("dead", trouble(State::Down, "b"));
        thing.trouble("late", trouble(State::Warn, "c"));
        assert_eq!((thing.state, thing.label.as_str(), thing.troubles.len()), (State::Down, "dead", 3));
    }

    #[test]
    fn times_and_numbers_are_said_as_people_do() {
        let said = [9, 1_500, 61_000, 3_720_000].map(span);
        assert_eq!(said, ["9 ms", "1.5 s", "1 min", "1 h 2 min"]);
        assert_eq!([counted(1, "message"), counted(0, "message")], ["1 message", "0 messages"]);
    }
}
