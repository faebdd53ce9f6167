//! Against the real server: always the one that the tests start, and the one of `OCTAVO_TEST_POSTGRES_URL` if it is set.
//! One program, so that its tests share one server.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure")]

mod ai_fixture;
mod ai_isolation;
mod ai_keys;
mod ai_policy;
mod ai_records;
mod commit;
mod fixture;
mod generations;
mod isolation;
mod ledger;
mod ledger_list;
mod ledger_months;
mod ledger_plans;
mod ledger_totals;
mod list;
mod outbox;
mod pgbouncer;
mod races;
mod recovery;
mod schema;
mod search_state;
