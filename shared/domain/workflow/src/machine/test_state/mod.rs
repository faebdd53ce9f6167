//! One state alone: what it makes of an input, with its task's answer given or got. What the operation `TestState` answers.
//!
//! [`begin`] either has the answer or hands out the task that the caller does; [`Pending::answered`] then has it. The state
//! is evaluated by the interpreter's own rules; what is shown of the way is evaluated once more beside it.

mod inspect;
mod request;
mod shapes;
mod trial;

pub use request::{Configuration, Inspection, Mock, MockError, TestFault, TestRequest, Validation};
pub use trial::{Pending, Place, Tested, begin};
