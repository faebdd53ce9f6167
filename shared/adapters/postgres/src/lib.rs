//! PostgreSQL behind the document store, the search state, the AI gateway's ledger, policies and keys, and the outbox.
//! Owns the schema and its migrations.
//!
//! [`Postgres`] is what functions use: [`DocumentStore`](octavo_domain_documents::DocumentStore),
//! [`SearchStateStore`](octavo_domain_search::SearchStateStore), [`Ledger`](octavo_domain_ai::ports::Ledger) and the
//! other stores of [`octavo_domain_ai::ports`], one tenant a transaction. [`Relay`] is what publishes:
//! [`Outbox`](octavo_domain_kernel::Outbox), across tenants and only that. Both connect when they are first used.
//! Decides nothing: what a change means was decided before it came here. Knows nothing of HTTP, queues or blobs.
//!
//! # Schema
//!
//! | table | a row is | key |
//! |---|---|---|
//! | `document` | a document as it is now | tenant, id |
//! | `document_version` | one of its bodies | tenant, document, number |
//! | `document_grant` | one with whom it is shared | tenant, document, reader |
//! | `idempotency` | what was answered to a request | tenant, user, key |
//! | `outbox` | a message to be published | message id |
//! | `search_generation` | how often what searches find has changed | tenant |
//! | `search_hidden` | somebody lost a document and the index does not know | tenant, reader, document |
//! | `ai_call`, a partition a month | a call of the AI gateway | tenant, id |
//! | `ai_usage_day` | totals of a day, model, feature, user and API key | these |
//! | `ai_policy`, `ai_policy_history` | a policy as it is now, as it was | tenant; tenant, revision |
//! | `api_key` | a key that callers have, as a hash | tenant, id |
//! | `ai_provider_key` | a tenant's own key with a provider, sealed | tenant, provider |
//! | `ai_transcript` | a prompt and its answer in full, sealed, where the tenant asks for it | tenant, call |
//! | `ai_alert` | a budget reached a share of its sum | tenant, budget, percent |
//! | `generation` | a generated document in the making | tenant, id |
//! | `generation_section` | one of its sections | tenant, generation, place |
//!
//! Every table has row-level security enabled and forced, with policies for two group roles that cannot log in:
//! `octavo_app` sees the tenant that its transaction named, `octavo_relay` sees the outbox and what has expired. A login
//! is a member of one of them and of nothing else ([`ensure_login`] makes one); membership is enough, nothing is SET in
//! a session. A superuser passes all policies over: never give its URL to a function. A migration that must change rows
//! of all tenants takes `force` off the table and puts it back within its transaction, as the table's owner.
//!
//! Times are kept to the microsecond; what is finer is cut off.
//!
//! # The ledger
//!
//! `ai_call` is partitioned by its id, whose first bits are the month. The relay's sweep makes the months before they
//! begin and drops those that ended 84 months ago, once a day at most, by functions that run as the owner
//! (`ai_partitions_ensure`, `ai_partitions_drop`); the migration made four. A call of a month that is not there goes to
//! `ai_call_default` and is moved when its month is made, if there are at most 10,000 of them; else a warning is logged
//! and a person moves them: `select ai_partitions_ensure(now(), 3, 100000000)` as a login of the relay, with a long
//! `statement_timeout`. A call that is written again, by whomever, changes nothing: not the row, not the totals.
//! Totals are kept for ever. The owner of the tables must be the owner of the functions, and must be allowed to create
//! tables in the schema.
//!
//! Messages to the audit trail are written only after [`Postgres::with_audit`]: nothing consumes the queue `audit` yet.
//!
//! # Behind PgBouncer
//!
//! Everything happens in transactions that name their settings themselves, so transaction pooling works. From version
//! 1.21 on with `max_prepared_statements` nothing is to be done; before that set [`StatementCache::Off`]. Migrations go
//! to the server itself, because they hold a session lock against each other.
//!
//! # To add a migration
//!
//! A new file in `migrations/`, numbered on; a file that was released never changes. Old and new programs run side by
//! side during a deployment, so in three releases: *expand* (add the column, nullable or with a default; write both),
//! *migrate* (fill it, in batches, outside of the schema change; read the new), *contract* (drop the old). A new table
//! has a `tenant`, forced row-level security with the policy `own_tenant`, and the grants it needs; a test checks that.
//! An index on a large table is made by `create index concurrently`, alone in its file, which begins with
//! `-- no-transaction`.
//!
//! # To add a port
//!
//! One file a method, or a few that belong together, a thin `impl` in `store.rs` or `store_ai.rs`; begin with `Pool::begin`, which names the tenant.
//!
//! # In tests
//!
//! ```ignore
//! let database = local_emulator_postgres::testing::database("octavo", |url| async move {
//!     octavo_adapters_postgres::prepare_for_tests(&url).await
//! }).await;
//! let store = Postgres::connect_lazy(&database.url_as(TEST_APP_LOGIN, TEST_PASSWORD), &PoolOptions::default())?;
//! ```
#![warn(missing_docs)]

mod api_key;
mod budget_alert;
mod call_insert;
mod call_list;
mod document_commit;
mod document_get;
mod document_list;
mod document_versions;
mod error;
mod generation_change;
mod generation_create;
mod generation_get;
mod generation_list;
mod generation_store;
mod idempotency;
mod logins;
mod migrate;
mod outbox;
mod partitions;
mod policy;
mod pool;
mod provider_key;
mod row;
mod search_state;
mod store;
mod store_ai;
mod sweep;
mod transcript;
mod usage;

pub use logins::{Group, TEST_APP_LOGIN, TEST_PASSWORD, TEST_RELAY_LOGIN, ensure_login, prepare_for_tests};
pub use migrate::{MIGRATOR, migrate};
pub use pool::{InvalidUrl, PoolOptions, StatementCache};
pub use store::{Postgres, Relay};
