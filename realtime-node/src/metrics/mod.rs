//! `GET /metrics`: what the node does, in Prometheus' OpenMetrics text form.
//!
//! To add a figure: a member of [`Metrics`] with its line in `new`, and who counts it. What is read at the moment of the
//! question (connections, rooms, memory) is a gauge in `page`.

mod observed;
mod page;
mod rooms;

pub(crate) use observed::Metrics;
pub(crate) use page::{CONTENT_TYPE, Gauges};
pub(crate) use rooms::RoomMetrics;
