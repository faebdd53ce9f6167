//! What becomes of a message while it is delivered: after a death, after an attempt, after what a provider says later.

mod after;
mod resume;
mod settle;

pub use after::{Next, Step, Try, after};
pub use resume::{Resume, resume};
pub use settle::{attempt_settled, message_settled};
