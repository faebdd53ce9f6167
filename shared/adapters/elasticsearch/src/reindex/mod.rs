//! A new version of the index, made beside the old one while documents are written, searched, shared and deleted.
//!
//! # What is under way
//!
//! | phase | `docs-read` | `docs-write` | `docs-write-old` | `docs-write-new` |
//! |---|---|---|---|---|
//! | none | old | old | takes no writes | takes no writes |
//! | from `doubling` on: two are written | old | takes no writes | old | new |
//! | from `swapping` on: the new one is read | new | takes no writes | old | new |
//! | `ending` | new | new | takes no writes | takes no writes |
//!
//! An alias takes no writes if it stands on the index that is read with `is_write_index: false`. Every step from one line to the next is one request to `_aliases`, which takes effect as a whole. The state stands in a
//! document of the index `docs-reindex`, written with `if_seq_no`: each step can be done again, so whoever finds the state
//! goes on where it stood.
//!
//! # Why nothing is lost
//!
//! 1. *No write reaches only one index once two are written.* A writer that has not looked writes by `docs-write`, and the
//!    engine refuses that. The refusal makes the writer look ([`crate::targets`]), and send the same again to both. It does
//!    not matter how long ago it looked, nor how long it slept.
//! 2. *What was accepted before is in the old index when the copy begins.* A request that the engine had begun before the
//!    alias was changed may still end after it. Its sender waits [`write_timeout`](crate::Options::write_timeout) at most; one
//!    that gave up has told its queue that the write failed, and it comes again, to both. So the copy waits for
//!    [`writers_within`](ReindexSettings::writers_within), refreshes the old index and then reads it.
//! 3. *Nothing that is older takes the place of what is newer.* Every write carries the document's revision as external
//!    version, the copy too; the engine refuses what is not newer.
//! 4. *What was deleted does not come back.* A deletion goes to both indices and leaves its version behind in the new one for
//!    `gc_deletes` (an hour). The copy writes what it read a few minutes ago at most ([`PAGE_AGE_MAX`]), from an index
//!    that it refreshes every minute, so what it brings of a deleted document meets that version. Should it come later
//!    all the same (a machine that slept), the comparison finds a document that the old index has not, and removes it.
//! 5. *The new index has nothing that the old one did not have before.* Writers send to the old one first, and to the new one
//!    what the old one took. So what only the new one has was deleted, and what is newer in the old one is on its way.
//! 6. *A write is accepted when both took it.* Where the new index refuses one or is away, the write has failed, although the
//!    old one has it: the queue delivers it again until both have it. Search shows it from the old one meanwhile. If the new
//!    index stays broken, documents wait in the queue and then among the dead letters: abort the reindex.
//! 7. *A writer that believes that there is one index takes the right one for it.* It believes for [`Options::believed`], which is less
//!    than a reindex lasts: if it looked before, it is refused during the reindex or has to look again after it. What it
//!    believed during the reindex names aliases that take no writes after it, and for a while before the next one.
//!
//! After the swap both are written still, so that going back by alias loses nothing and shows nobody what they lost since,
//! until the time to keep the old one is over.
//!
//! [`Options::believed`]: crate::Options::believed
//! [`PAGE_AGE_MAX`]: copy::PAGE_AGE_MAX
//!
//! # How long it waits
//!
//! [`ReindexSettings::waits_for`] derives it from what it stands for, half as much again: from how long a writer believes what it
//! saw (7), and from how long a write that was sent before may still be accepted (2). That is a writer's timeout where the
//! engine changes aliases while bulk requests run. Where it answers a change of aliases only when those that had begun are
//! over, as the embedded engine does, none is accepted after the answer that was decided before it, and that part is nothing.
//!
//! # Another model
//!
//! Vectors of one model say nothing to another, so a new index of another model begins without. When it is read, and before
//! the reindex says that it is, the vectors of every tenant's documents are asked for ([`SearchTruth::vectors_wanted`]): a
//! message a tenant, whose work the `index` function does a hundred documents at a time, each batch asking for the next. A
//! killed reindex asks again, which makes nothing twice. Until a document has its vector it is found by its words.
//!
//! [`SearchTruth::vectors_wanted`]: octavo_domain_search::SearchTruth::vectors_wanted
//!
//! To carry over one more field: `entry.rs`.

mod aliases;
mod call;
mod compare;
mod copy;
mod entry;
mod error;
mod read;
mod run;
mod settings;
mod state;
mod steps;

pub use compare::Compared;
pub use error::ReindexError;
pub use run::{Ran, Reindex};
pub use settings::{Aliasing, Event, ReindexSettings, Step, Watch};
pub use state::{Phase, State};

pub(crate) use call::Caller;
pub(crate) use entry::{is_alike, removal, replacement};
pub(crate) use read::{Place, Read, What, Which, bodies, read, send};
