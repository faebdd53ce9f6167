//! Executions whose tasks are answered from a file, in the format of the service's local tool: so that a workflow is tried
//! out without what it calls.
//!
//! ```json
//! {
//!   "StateMachines": { "orders": { "TestCases": { "declined": { "Charge": "CardDeclined" } } } },
//!   "MockedResponses": { "CardDeclined": { "0-1": { "Throw": { "Error": "Card.Declined", "Cause": "no funds" } },
//!                                          "2": { "Return": { "status": "paid" } } } }
//! }
//! ```
//!
//! A test case says which states are answered, and by which response; a response says what each call of its state is told,
//! counted from 0 over the whole execution, tries included. States that the case does not name do what they do otherwise.
//! An execution that is started with a [`MockCase`] carries it ([`Execution::mocked`](crate::machine::Execution::mocked)).

mod case;
mod file;

pub use case::{MockAnswer, MockCase};
pub use file::{MOCKS_BYTES_MAX, Mocks};
