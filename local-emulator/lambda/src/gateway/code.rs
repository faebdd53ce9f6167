//! The gateway's stable error codes. Each has a page below `infra/errors`.

/// A code and what it stands for, the same each time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Code {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
}

impl Code {
    const fn new(name: &'static str, title: &'static str) -> Self {
        Self { name, title }
    }
}

pub(super) const TOO_LARGE: Code = Code::new("GATEWAY_0001", "The request is too large");
pub(super) const BROKEN: Code = Code::new("GATEWAY_0002", "The request ended early");
pub(super) const METHOD: Code = Code::new("GATEWAY_0003", "The path does not take this method");
pub(super) const FAILED: Code = Code::new("GATEWAY_0004", "The function failed");
pub(super) const TIMED_OUT: Code = Code::new("GATEWAY_0005", "The function did not answer in time");
pub(super) const THROTTLED: Code = Code::new("GATEWAY_0006", "Too many requests at once");
pub(super) const STOPPING: Code = Code::new("GATEWAY_0007", "The gateway is stopping");
pub(super) const BAD_ANSWER: Code = Code::new("GATEWAY_0008", "The function's answer is no HTTP answer");
