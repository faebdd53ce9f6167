//! Sums and distributions of what functions told.

use super::embedded::{Reading, Unit};
use super::exposition::{Kind, Page, number, plain};
use std::collections::BTreeMap;

/// Lines of the exposition that are kept at most; a further series is dropped and counted as such.
pub(super) const SERIES_MAX: usize = 10_000;
/// Upper bounds of a distribution's buckets, in seconds. 2 is a goal: time to the first token.
const BUCKETS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0];
/// Lines of one distribution: its buckets, `+Inf`, sum and count.
const LINES_OF_A_HISTOGRAM: usize = BUCKETS.len() + 3;

type Labels = Vec<(String, String)>;

#[derive(Debug, Default)]
struct Histogram {
    buckets: [u64; BUCKETS.len()],
    sum: f64,
    count: u64,
}

#[derive(Debug)]
enum Family {
    Counter(BTreeMap<Labels, f64>),
    Histogram(BTreeMap<Labels, Histogram>),
}

/// Everything that was told, by name and labels.
#[derive(Debug, Default)]
pub(super) struct Series {
    /// With the name that the function gave, to show.
    families: BTreeMap<String, (String, Family)>,
    lines: usize,
    dropped: u64,
}

impl Series {
    /// Adds a reading. One whose series would be one too many is counted and dropped.
    pub(super) fn add(&mut self, reading: Reading) {
        let Reading { name, unit, labels, values } = reading;
        let mut labels: Labels = labels.into_iter().map(|(name, value)| (plain(&name), value)).collect();
        labels.sort_unstable();
        let (suffix, lines, empty) = match unit {
            Unit::Count => ("_total", 1, Family::Counter(BTreeMap::new())),
            Unit::Seconds => ("_seconds", LINES_OF_A_HISTOGRAM, Family::Histogram(BTreeMap::new())),
        };
        let full = format!("{}{suffix}", plain(&name));
        let is_known = self.families.get(&full).is_some_and(|(_, family)| match family {
            Family::Counter(all) => all.contains_key(&labels),
            Family::Histogram(all) => all.contains_key(&labels),
        });
        if !is_known {
            if self.lines + lines > SERIES_MAX {
                self.dropped += 1;
                return;
            }
            self.lines += lines;
        }
        match &mut self.families.entry(full).or_insert((name, empty)).1 {
            Family::Counter(all) => *all.entry(labels).or_default() += values.iter().sum::<f64>(),
            Family::Histogram(all) => {
                let histogram = all.entry(labels).or_default();
                for value in values {
                    histogram.sum += value;
                    histogram.count += 1;
                    if let Some(bucket) = BUCKETS.iter().position(|bound| value <= *bound) {
                        histogram.buckets[bucket] += 1;
                    }
                }
            }
        }
    }

    /// Readings that were dropped because there were too many series.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Writes all of it.
    pub(super) fn write(&self, page: &mut Page) {
        for (name, (told, family)) in &self.families {
            match family {
                Family::Counter(all) => {
                    page.family(name, Kind::Counter, &format!("{told}, added up over all functions' sandboxes."));
                    for (labels, sum) in all {
                        page.sample(name, pairs(labels), *sum);
                    }
                }
                Family::Histogram(all) => {
                    page.family(name, Kind::Histogram, &format!("{told}, in seconds."));
                    for (labels, histogram) in all {
                        write_histogram(page, name, labels, histogram);
                    }
                }
            }
        }
    }
}

fn write_histogram(page: &mut Page, name: &str, labels: &Labels, histogram: &Histogram) {
    let bucket = format!("{name}_bucket");
    let mut below = 0;
    for (bound, count) in BUCKETS.iter().zip(histogram.buckets) {
        below += count;
        page.sample(&bucket, pairs(labels).chain([("le", number(*bound).as_str())]), below as f64);
    }
    page.sample(&bucket, pairs(labels).chain([("le", "+Inf")]), histogram.count as f64);
    page.sample(&format!("{name}_sum"), pairs(labels), histogram.sum);
    page.sample(&format!("{name}_count"), pairs(labels), histogram.count as f64);
}

fn pairs(labels: &Labels) -> impl Iterator<Item = (&str, &str)> {
    labels.iter().map(|(name, value)| (name.as_str(), value.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(name: &str, unit: Unit, model: &str, values: &[f64]) -> Reading {
        let labels = vec![("gen_ai.response.model".to_owned(), model.to_owned())];
        Reading { name: name.to_owned(), unit, labels, values: values.to_vec() }
    }

    fn page(series: &Series) -> String {
        let mut page = Page::default();
        series.write(&mut page);
        page.finish()
    }

    #[test]
    fn counts_add_up_by_their_labels() {
        let mut series = Series::default();
        for (model, value) in [("a", 1.0), ("b", 5.0), ("a", 0.5)] {
            series.add(reading("octavo.ai.cost_dollars", Unit::Count, model, &[value]));
        }
        let page = page(&series);
        assert!(page.contains("# TYPE octavo_ai_cost_dollars_total counter\n"), "{page}");
        assert!(page.contains("octavo_ai_cost_dollars_total{gen_ai_response_model=\"a\"} 1.5\n"), "{page}");
        assert!(page.contains("octavo_ai_cost_dollars_total{gen_ai_response_model=\"b\"} 5\n"), "{page}");
    }

    #[test]
    fn times_fall_into_cumulative_buckets() {
        let mut series = Series::default();
        series.add(reading("wait", Unit::Seconds, "a", &[0.005, 0.3, 2.0, 4_000.0]));
        let page = page(&series);
        for line in [
            "# TYPE wait_seconds histogram",
            "wait_seconds_bucket{gen_ai_response_model=\"a\",le=\"0.005\"} 1",
            "wait_seconds_bucket{gen_ai_response_model=\"a\",le=\"0.25\"} 1",
            "wait_seconds_bucket{gen_ai_response_model=\"a\",le=\"2\"} 3",
            "wait_seconds_bucket{gen_ai_response_model=\"a\",le=\"300\"} 3",
            "wait_seconds_bucket{gen_ai_response_model=\"a\",le=\"+Inf\"} 4",
            "wait_seconds_sum{gen_ai_response_model=\"a\"} 4002.305",
            "wait_seconds_count{gen_ai_response_model=\"a\"} 4",
        ] {
            assert!(page.lines().any(|found| found == line), "{line} in\n{page}");
        }
    }

    #[test]
    fn there_are_never_too_many() {
        let mut series = Series::default();
        for number in 0..SERIES_MAX + 5 {
            series.add(reading("calls", Unit::Count, &number.to_string(), &[1.0]));
        }
        series.add(reading("wait", Unit::Seconds, "a", &[1.0]));
        series.add(reading("calls", Unit::Count, "7", &[1.0]));
        assert_eq!(series.dropped(), 6);
        let page = page(&series);
        assert_eq!(page.lines().filter(|line| !line.starts_with('#')).count(), SERIES_MAX);
        assert!(page.contains("calls_total{gen_ai_response_model=\"7\"} 2\n"), "known ones still count");
    }
}
