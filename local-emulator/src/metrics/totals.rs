//! Where metrics come together.

use super::embedded::{self, BEGINS};
use super::exposition::{Kind, Page};
use super::series::Series;
use parking_lot::Mutex;

/// The functions' metrics since the emulator started.
#[derive(Debug, Default)]
pub(crate) struct Metrics(Mutex<Totals>);

#[derive(Debug, Default)]
struct Totals {
    series: Series,
    refused: u64,
}

impl Metrics {
    /// Takes a line of a function's standard output if it is one of metrics. One that begins so and is not understood is
    /// left in the log, and counted.
    pub(crate) fn take(&self, line: &str) -> bool {
        if !line.starts_with(BEGINS) {
            return false;
        }
        let readings = embedded::read(line);
        let mut totals = self.0.lock();
        match readings {
            Some(readings) => {
                readings.into_iter().for_each(|reading| totals.series.add(reading));
                true
            }
            None => {
                totals.refused += 1;
                false
            }
        }
    }

    /// Writes all of it.
    pub(super) fn write(&self, page: &mut Page) {
        let totals = self.0.lock();
        totals.series.write(page);
        let name = "octavo_emulator_series_dropped_total";
        page.family(name, Kind::Counter, "Readings of functions that were dropped because there were too many series.");
        page.sample(name, [], totals.series.dropped() as f64);
        let name = "octavo_emulator_metric_lines_refused_total";
        page.family(name, Kind::Counter, "Lines of functions that begin as metrics and cannot be read as such.");
        page.sample(name, [], totals.refused as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_of_metrics_are_taken() {
        let metrics = Metrics::default();
        assert!(!metrics.take("something happened"));
        assert!(!metrics.take(r#"{"_aws":{"CloudWatchMetrics":[{"Metrics":[{"Name":"a","#));
        assert!(metrics.take(
            r#"{"_aws":{"CloudWatchMetrics":[{"Dimensions":[[]],"Metrics":[{"Name":"a","Unit":"Count"}]}]},"a":2}"#
        ));
        let mut page = Page::default();
        metrics.write(&mut page);
        let page = page.finish();
        assert!(page.contains("\na_total 2\n"), "{page}");
        assert!(page.contains("\noctavo_emulator_metric_lines_refused_total 1\n"), "{page}");
    }
}
