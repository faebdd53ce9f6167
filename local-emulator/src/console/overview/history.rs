//! What each thing counted lately, for its chart.

use super::thing::{Group, Reading, Thing};
use std::collections::{BTreeMap, VecDeque};

/// Points of a chart: at a look every two seconds, three minutes.
pub(super) const POINTS_MAX: usize = 90;
/// Things that are kept track of; there are some dozens.
const TRACKS_MAX: usize = 1_000;

#[derive(Debug, Default)]
struct Track {
    /// The sum of the look before.
    total: Option<f64>,
    /// Oldest first; none where nobody knew.
    points: VecDeque<Option<f64>>,
}

/// The charts of all things.
#[derive(Debug, Default)]
pub(super) struct History(BTreeMap<(Group, String), Track>);

impl History {
    /// Adds what a look saw of all things; forgets what is there no more.
    pub(super) fn add(&mut self, things: &[Thing]) {
        self.0.retain(|(group, name), _| things.iter().any(|thing| thing.group == *group && thing.name == *name));
        for thing in things {
            let key = (thing.group, thing.name.clone());
            if self.0.len() >= TRACKS_MAX && !self.0.contains_key(&key) {
                continue;
            }
            let track = self.0.entry(key).or_default();
            let point = match thing.reading {
                Reading::Level(level) => level,
                Reading::Total(total) => {
                    // What was reset counts from nothing.
                    let more = track.total.map(|before| if total < before { total } else { total - before });
                    track.total = Some(total);
                    more
                }
            };
            if track.points.len() == POINTS_MAX {
                track.points.pop_front();
            }
            track.points.push_back(point.map(rounded));
        }
    }

    /// The points of one, oldest first.
    pub(super) fn points(&self, group: Group, name: &str) -> Vec<Option<f64>> {
        let track = self.0.get(&(group, name.to_owned()));
        track.map(|track| track.points.iter().copied().collect()).unwrap_or_default()
    }
}

/// Two digits behind the point are more than a chart shows.
fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thing(name: &str, reading: Reading) -> Thing {
        Thing::new(Group::Queue, name, ("messages", ""), reading)
    }

    fn points(history: &History, name: &str) -> Vec<Option<f64>> {
        history.points(Group::Queue, name)
    }

    #[test]
    fn sums_become_what_came_since_and_levels_stay() {
        let mut history = History::default();
        for (total, level) in [(5.0, Some(1.006)), (7.0, None), (1.0, Some(0.0))] {
            history.add(&[thing("sum", Reading::Total(total)), thing("level", Reading::Level(level))]);
        }
        assert_eq!(points(&history, "sum"), [None, Some(2.0), Some(1.0)]);
        assert_eq!(points(&history, "level"), [Some(1.01), None, Some(0.0)]);
    }

    #[test]
    fn it_is_bounded_and_forgets_what_is_gone() {
        let mut history = History::default();
        for at in 0..POINTS_MAX + 3 {
            history.add(&[thing("one", Reading::Level(Some(at as f64)))]);
        }
        let kept = points(&history, "one");
        assert_eq!((kept.len(), kept[0]), (POINTS_MAX, Some(3.0)));
        history.add(&[]);
        assert!(points(&history, "one").is_empty());
        let many: Vec<Thing> =
            (0..TRACKS_MAX + 5).map(|at| thing(&at.to_string(), Reading::Level(Some(0.0)))).collect();
        history.add(&many);
        assert_eq!(history.0.len(), TRACKS_MAX);
    }
}
