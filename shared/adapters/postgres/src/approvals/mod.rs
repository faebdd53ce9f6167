//! Approvals: [`ApprovalStore`](octavo_domain_approvals::ApprovalStore) of [`Postgres`](crate::Postgres),
//! [`DueApprovals`].
//!
//! A commit is a function in the database, one round trip; it answers the workflow's task in the same transaction, by the
//! function that answers tasks. Tasks are locked before approvals, everywhere. A trigger on tasks makes an approval due
//! whose task went away without its answer, so that it is ended.

mod calendars;
mod columns;
mod commit;
mod counts;
mod due;
mod get;
mod list;
mod store;
mod substitutions;

pub use due::DueApprovals;
