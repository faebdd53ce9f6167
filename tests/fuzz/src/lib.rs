//! What every program of libFuzzer here does: hold one property against what it is given.
#![warn(missing_docs)]

mod program;

pub use program::{begin, run};
