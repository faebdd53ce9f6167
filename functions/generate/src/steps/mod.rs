//! What is done at a step, a file each. A step decides nothing about what comes next: that is the domain's.

mod assemble;
mod gather;
mod outline;
mod run;
mod write;

pub(crate) use assemble::role;
pub(crate) use run::run;
