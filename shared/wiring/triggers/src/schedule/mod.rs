//! Schedules: what is due, and who sees to it.

mod cron;
mod expression;
mod field;
mod run;

pub use expression::{Expression, InvalidExpression};
pub use run::{Schedule, ScheduleStatus, Scheduler, SchedulerPorts, SchedulerStatus};
