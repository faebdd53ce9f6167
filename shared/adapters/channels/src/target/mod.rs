//! What tenants name themselves: webhooks, Slack, PagerDuty.

mod hosts;
mod pagerduty;
mod slack;
mod webhook;

pub use hosts::{InvalidTargetHosts, TargetHosts};
pub(crate) use pagerduty::Pagerduty;
pub(crate) use slack::Slack;
pub(crate) use webhook::Webhook;
