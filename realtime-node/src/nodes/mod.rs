//! The other nodes: which there are, what is asked of them, and what is passed on to them.

mod cluster;
mod elsewhere;
mod forward;
mod membership;
mod seal;

pub(crate) use cluster::{Cluster, MEMBERS_PATH, Member, QUESTION_BYTES_MAX, Question, answer as members};
pub(crate) use elsewhere::Elsewhere;
pub(crate) use forward::{FORWARDED, Forwarder};
pub(crate) use membership::Membership;
pub(crate) use seal::Seal;
