//! `GET /_octavo/overview`: what needs attention, then everything with its chart.

use super::thing::{Group, State, Thing, Trouble};
use super::watch::{INTERVAL, Seen};
use crate::emulator::Parts;
use axum::Json;
use axum::extract::State as Of;
use serde_json::{Value, json};
use std::sync::Arc;

/// Troubles that are shown; of more than these nobody reads the rest.
const TROUBLES_MAX: usize = 50;

pub(in crate::console) async fn overview(Of(parts): Of<Arc<Parts>>) -> Json<Value> {
    Json(parts.watch.last(shown))
}

fn shown(seen: &Seen) -> Value {
    let groups = Group::ALL.iter().map(|(group, title)| {
        let things = seen.things.iter().filter(|thing| thing.group == *group);
        let things: Vec<Value> = things.map(|thing| with_chart(seen, thing)).collect();
        json!({ "name": group, "title": title, "things": things })
    });
    json!({
        "at": seen.at,
        "interval_ms": u64::try_from(INTERVAL.as_millis()).unwrap_or(u64::MAX),
        "attention": attention(&seen.things),
        "groups": groups.collect::<Vec<_>>(),
    })
}

/// The troubles of all things: what is down first, then in the order of the groups.
fn attention(things: &[Thing]) -> Vec<&Trouble> {
    let mut troubles: Vec<(State, Group, &Trouble)> = things
        .iter()
        .flat_map(|thing| thing.troubles.iter().map(|trouble| (trouble.state, thing.group, trouble)))
        .collect();
    troubles.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
    troubles.into_iter().map(|(.., trouble)| trouble).take(TROUBLES_MAX).collect()
}

fn with_chart(seen: &Seen, thing: &Thing) -> Value {
    let mut shown = json!(thing);
    if let Some(members) = shown.as_object_mut() {
        let (what, unit) = thing.measure;
        let points = seen.history.points(thing.group, &thing.name);
        members.insert("measure".to_owned(), json!({ "what": what, "unit": unit, "points": points }));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::super::thing::Reading;
    use super::*;

    fn thing(group: Group, name: &str, troubles: &[State]) -> Thing {
        let mut thing = Thing::new(group, name, ("messages", ""), Reading::Level(Some(1.0)));
        for (at, state) in troubles.iter().enumerate() {
            thing.trouble("bad", Trouble::new(*state, format!("{name} {at}"), "Look", "#faults".to_owned()));
        }
        thing
    }

    #[test]
    fn what_is_down_comes_first_then_engines_before_queues() {
        let things = [
            thing(Group::Queue, "index", &[State::Warn, State::Down]),
            thing(Group::Engine, "redis", &[State::Warn]),
            thing(Group::Engine, "s3", &[State::Down]),
        ];
        let texts: Vec<&str> = attention(&things).iter().map(|trouble| trouble.text.as_str()).collect();
        assert_eq!(texts, ["s3 0", "index 1", "redis 0", "index 0"]);
    }

    #[test]
    fn every_group_is_there_and_each_thing_has_its_chart() {
        let mut seen = Seen { things: vec![thing(Group::Queue, "index", &[])], ..Seen::default() };
        seen.history.add(&seen.things);
        let shown = shown(&seen);
        assert_eq!(shown["groups"].as_array().unwrap().len(), Group::ALL.len());
        let queue = &shown["groups"][2];
        assert_eq!((queue["name"].as_str(), queue["things"][0]["state"].as_str()), (Some("queue"), Some("up")));
        assert_eq!(queue["things"][0]["measure"], json!({ "what": "messages", "unit": "", "points": [1.0] }));
        assert_eq!(shown["attention"], json!([]));
    }
}
