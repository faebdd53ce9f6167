//! The page, with what is read when it is asked for.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use std::fmt;

/// OpenMetrics 1.0, as Prometheus asks for it.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Read = Box<dyn Fn() -> f64 + Send + Sync>;

/// Gauges that are asked when the page is.
#[derive(Default)]
pub(crate) struct Gauges(Vec<(&'static str, &'static str, Read)>);

impl fmt::Debug for Gauges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, ..)| name)).finish()
    }
}

impl Gauges {
    /// The same with one more: its name, what it is, and how it is read.
    #[must_use]
    pub(crate) fn with(
        mut self,
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> f64 + Send + Sync + 'static,
    ) -> Self {
        self.0.push((name, help, Box::new(read)));
        self
    }
}

struct Value(f64);

impl EncodeMetric for Value {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        encoder.encode_gauge(&self.0)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Gauge
    }
}

impl Collector for Gauges {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for (name, help, read) in &self.0 {
            let value = Value(read());
            value.encode(encoder.encode_descriptor(name, help, None, value.metric_type())?)?;
        }
        Ok(())
    }
}
