//! What `/metrics` tells Prometheus: the functions' metrics added up, and gauges of the emulator itself.
//!
//! Functions write lines of the CloudWatch embedded metric format to their standard output. On AWS these become metrics by
//! themselves; here [`Metrics::take`] takes them out of the log and adds them up, so that nothing in a function knows where
//! it runs. The gauges are read when somebody asks.
//!
//! The exposition is written here rather than by `prometheus-client`: that crate speaks OpenMetrics only, and registers its
//! families before they are used, while ours are whatever the functions tell.
//!
//! To add a gauge of the emulator: `gauges.rs`. A metric of a function needs nothing here.

mod embedded;
mod exposition;
mod gauges;
mod series;
mod totals;

pub(crate) use exposition::CONTENT_TYPE;
pub(crate) use gauges::BreakerGauges;
pub(crate) use totals::Metrics;
