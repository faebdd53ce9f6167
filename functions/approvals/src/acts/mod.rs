//! What people do to approvals: an operation a file. Each is decided by the rules, and again while others are faster.

pub(crate) mod bulk;
pub(crate) mod claim;
pub(crate) mod comment;
pub(crate) mod decide;
pub(crate) mod delegate;
pub(crate) mod input;
pub(crate) mod release;
pub(crate) mod withdraw;
