//! Trying a state alone.

pub(crate) mod test_state;
