//! Definitions: what a text in Amazon States Language says, and everything that is wrong with it, with its place.
//!
//! [`parse`] either answers a [`Definition`] that the interpreter can run, or all findings. To add a field: name it in
//! `fields.rs`, read it in `read.rs`, keep it in `types.rs`.

mod attributes;
mod check;
mod fields;
mod finding;
mod position;
mod read;
mod references;
mod states;
mod types;

pub use attributes::SEARCH_ATTRIBUTES_MAX;
pub use finding::{Code, Finding, refusal};
pub use position::{Position, locate};
pub use read::{ALONE, DEFINITION_BYTES_MAX, parse, parse_state};
pub use references::variable_references;
pub use types::{
    Body, Catcher, ChoiceRule, Condition, Count, Definition, Failing, Language, Mapping, Selected, State, StateList,
    StateType, Until,
};
