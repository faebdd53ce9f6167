//! What a wake decides: redrives, child executions, search attributes, mocked tasks; and that it does not matter how signals
//! are spread over wakes.

mod engine {
    pub(crate) mod attributes;
    pub(crate) mod distributed;
    pub(crate) mod mocked;
    pub(crate) mod redrive;
    pub(crate) mod shelf;
    pub(crate) mod signals;
}
