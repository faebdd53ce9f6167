//! PostgreSQL behind the document store, the search state, the AI gateway's ledger, policies and keys, rooms that are
//! edited together, comments, inboxes, executions of workflows, and the outbox.
//! Owns the schema and its migrations.
//!
//! [`Postgres`] is what functions use: [`DocumentStore`](octavo_domain_documents::DocumentStore),
//! [`SearchStateStore`](octavo_domain_search::SearchStateStore), [`Ledger`](octavo_domain_ai::ports::Ledger) and the
//! other stores of [`octavo_domain_ai::ports`], one tenant a transaction. [`Relay`] is what publishes:
//! [`Outbox`](octavo_domain_kernel::Outbox), across tenants and only that. Both connect when they are first used.
//! [`Rooms`] is both: [`RoomStore`](octavo_domain_collaboration::RoomStore). Executions of workflows, too, are of both:
//! [`ExecutionStore`](octavo_domain_workflow::engine::ports::ExecutionStore) and
//! [`ExecutionReads`](octavo_domain_workflow::engine::ports::ExecutionReads) of a tenant,
//! [`DueWork`](octavo_domain_kernel::DueWork) across tenants.
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
//! | `search_synonyms` | what means the same | tenant |
//! | `search_saved`, `search_told` | what somebody looks for again and again; a document that it told of | tenant, id; these, document |
//! | `search_query_day` | how often a text was looked for on a day | tenant, day, text |
//! | `search_click` | a hit that was opened | tenant, day, search, document |
//! | `ai_call`, a partition a month | a call of the AI gateway | tenant, id |
//! | `ai_usage_day` | totals of a day, model, feature, user and API key | these |
//! | `ai_policy`, `ai_policy_history` | a policy as it is now, as it was | tenant; tenant, revision |
//! | `api_key` | a key that callers have, as a hash | tenant, id |
//! | `ai_provider_key` | a tenant's own key with a provider, sealed | tenant, provider |
//! | `ai_transcript` | a prompt and its answer in full, sealed, where the tenant asks for it | tenant, call |
//! | `ai_alert` | a budget reached a share of its sum | tenant, budget, percent |
//! | `generation` | a generated document in the making | tenant, id |
//! | `generation_section` | one of its sections | tenant, generation, place |
//! | `room` | a document that is edited together: which version it has, since when it waits to be written | tenant, document |
//! | `room_snapshot` | its compacted state | tenant, document |
//! | `room_update` | what was typed after that | tenant, document, number |
//! | `document_comment` | a remark on a document, or an answer | tenant, document, id |
//! | `notification` | something in a person's inbox | tenant, user, id |
//! | `workflow_running` | an execution of a workflow that runs | tenant, id |
//! | `workflow_ended`, a partition a month | one that has ended | tenant, id |
//! | `workflow_history`, a partition a month | the events of a wake | tenant, execution, first event |
//! | `workflow_attribute`, a partition a month | a search attribute | tenant, name, value, execution |
//! | `workflow_name` | whose an execution's ARN is | tenant, ARN |
//! | `workflow_frame` | a path of an execution that advances on its own | tenant, execution, frame |
//! | `workflow_task` | something to be done outside | tenant, execution, frame, turn |
//! | `workflow_signal` | what an execution is told at its moment | tenant, execution, id |
//! | `workflow_map_run` | a run of a distributed map | tenant, ARN |
//! | `workflow_dead` | an execution that could not be advanced | tenant, execution |
//! | `workflow_machine` | a state machine, with its tags | tenant, ARN |
//! | `workflow_revision` | a definition with its role and configuration; never changes | tenant, id |
//! | `workflow_version`, `workflow_alias` | a number, a name for revisions of a machine | tenant, machine, number or name |
//! | `workflow_activity` | a name that workers take tasks under, with its tags | tenant, ARN |
//! | `workflow_access_key` | what a stock client signs with, sealed | id |
//! | `workflow_connection` | what HTTP tasks prove themselves with, sealed | tenant, name |
//! | `approval` | an approval as it is now | tenant, id |
//! | `approval_seat` | who may decide it now, and who has claimed that | tenant, approval, candidate, holder |
//! | `approval_part` | who decided, delegated or commented | tenant, user, moment, approval |
//! | `approval_event` | what happened to it; never changes | tenant, approval, number |
//! | `approval_link` | a link that was used | tenant, nonce |
//! | `substitution` | who decides for whom, from when to when | tenant, id |
//! | `calendar` | business hours and holidays | tenant, name |
//! | `person`, `person_group` | where and how somebody is reached; who is in a group | tenant, user; tenant, group, user |
//! | `notify_event` | something of which somebody is to be told | tenant, id |
//! | `notify_message` | an event, or a digest of several, to one recipient by one channel | tenant, id |
//! | `notify_attempt` | a try to deliver it | tenant, message, number |
//! | `notify_digest` | a digest that is open | tenant, channel, recipient, key |
//! | `notify_digest_item` | an event that a digest gathered | tenant, digest, event |
//! | `notify_suppression` | an address that is not to be told anything | tenant, channel, address, category |
//! | `notify_preference`, `notify_settings` | what a person, a tenant chose | tenant, user; tenant |
//! | `notify_template` | a text of the tenant's, in one language | tenant, name, language |
//! | `notify_target` | a webhook, a Slack channel, a pager, sealed | tenant, name |
//!
//! Every table has row-level security enabled and forced, with policies for two group roles that cannot log in:
//! `octavo_app` sees the tenant that its transaction named, `octavo_relay` sees the outbox and what has expired. A login
//! is a member of one of them and of nothing else ([`ensure_login`] makes one); membership is enough, nothing is SET in
//! a session. A superuser passes all policies over: never give its URL to a function. A migration that must change rows
//! of all tenants takes `force` off the table and puts it back within its transaction, as the table's owner.
//!
//! `document_tenants` names those who have documents, for the relay, as the owner: whoever compares the index with the database
//! reads the documents of each as that tenant. `search_generations_bump` counts the generations of all tenants, for the relay, as the owner: the index was made anew.
//!
//! Times are kept to the microsecond; what is finer is cut off.
//!
//! # Rooms
//!
//! [`Rooms`] needs both logins: what is in a room is read and written in its tenant, and the relay learns the names (no
//! more) of the rooms that wait to be written, of all tenants. A compaction must merge everything that one load brought:
//! then two that loaded at different times have an update in common, and the second is told. A room is written when an
//! update was appended (by the database's clock) after the time of its last save (by the caller's): whoever finds nothing
//! to write says `room_saved` again, or the room is named again. When a document's row is deleted, a trigger deletes its
//! room and its comments, with the rights of whoever deletes.
//!
//! # Limits
//!
//! Every round trip ends (`transaction.rs`, where all statements pass): a statement by the server's own `statement_timeout`, and
//! where the server says nothing for a second longer, on this side. Such a connection is closed and never used again. Before a
//! commit that is `Unavailable`: nothing took effect. At a commit, or in a call that is its own transaction, it is `Timeout`:
//! nobody knows. Every write can be made again after it: its compare or its key says that it was made. Whatever runs for longer
//! (migrations, months that a person moves) has a connection of its own.
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
//! # Executions of workflows
//!
//! Commit, load, claim and answer are functions in the database, one round trip each; they name the tenant themselves and
//! run with the rights of whoever calls. The fence is `workflow_running.seq`. When an execution ends its row moves to
//! `workflow_ended`, from where a redrive takes it back. Months are kept as the ledger's are
//! (`workflow_partitions_ensure`), and dropped when none of their executions runs and none ended within 90 days
//! (`workflow_partitions_drop`). What is due (`DueWork`) is found by [`Relay`]; what it costs while nothing is due are
//! looks at the left edges of two indexes. Operators read `infra/runbooks/workflow-database.md`.
//!
//! [`Postgres::with_replica`] sends lists and counts that need not be of this moment to a streaming replica, where it has
//! replayed what the primary had written less than a second ago, and what the caller has written.
//!
//! # Approvals
//!
//! A commit is a function in the database, one round trip. The fence is `approval.seq`; the workflow's task is answered in
//! the same transaction, and locked before the approval. When a task that has a token goes away otherwise, a trigger makes
//! its approval due at once: [`DueApprovals`] finds it, and whoever looks after it learns that it is awaited no more.
//! Nobody may change or delete an event.
//!
//! # Notifications
//!
//! Plan, claim, the start of an attempt, close and what providers say are functions in the database, one round trip each. A
//! message is leased: whoever writes under a lease that is another's by now changes nothing. It is found
//! ([`DueNotifications`]) when it is due, and when nobody can be working on it any more. An attempt is on the disk before it is
//! made, and a message with all that belongs to it before it is left, except by channels that bear being told twice: of
//! those a crash of the server may forget what was done in its last moments, and it is done again. A digest is open while its
//! row of `notify_digest` is there; whoever leases its message deletes the row. Events are known by their keys, and messages
//! kept with their attempts, for 90 days after they were over.
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
mod approvals;
mod budget_alert;
mod call_insert;
mod call_list;
mod comments;
mod document_commit;
mod document_get;
mod document_list;
mod document_scan;
mod document_versions;
mod error;
mod generation_change;
mod generation_create;
mod generation_get;
mod generation_list;
mod generation_store;
mod idempotency;
mod inbox;
mod logins;
mod migrate;
mod notify;
mod outbox;
mod partitions;
mod policy;
mod pool;
mod provider_key;
mod rooms;
mod row;
mod search;
mod search_state;
mod store;
mod store_ai;
mod sweep;
mod transaction;
mod transcript;
mod usage;
mod workflow;
mod workflow_catalogue;

pub use approvals::DueApprovals;
pub use logins::{
    Group, TEST_APP_LOGIN, TEST_PASSWORD, TEST_RELAY_LOGIN, ensure_login, options_for_tests, prepare_for_tests,
};
pub use migrate::{MIGRATOR, migrate};
pub use notify::DueNotifications;
pub use pool::{InvalidUrl, PoolOptions, StatementCache};
pub use rooms::Rooms;
pub use search::DueSavedSearches;
pub use store::{Postgres, Relay};
