//! Executions of workflows: [`ExecutionStore`](octavo_domain_workflow::engine::ports::ExecutionStore) and
//! [`ExecutionReads`](octavo_domain_workflow::engine::ports::ExecutionReads) of [`Postgres`](crate::Postgres),
//! [`DueWork`](octavo_domain_kernel::DueWork) of [`Relay`](crate::Relay).
//!
//! What happens at every wake (commit, load, claim, answer) is a function in the database: one round trip, where a
//! transaction with its settings would be four. The functions are in the migration; here are their arguments and
//! answers. What is rare is statements in a transaction, and so is what people look at.
//!
//! Payloads are JSON as text, because the database's own types would change them (`jsonb` orders members and has no
//! U+0000). Of what is a column of its own, U+0000 becomes U+FFFD.

mod activity;
mod answer;
mod beside;
mod columns;
mod commit;
mod counts;
mod dead;
mod due;
mod filter;
mod find;
mod get;
mod history;
mod list;
mod load;
mod map_run;
mod map_run_read;
mod post;
mod replica;
mod row;
mod store;
mod tasks;
pub(crate) mod text;
mod waiting;

pub(crate) use replica::Replica;
