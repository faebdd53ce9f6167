//! Whether the index that is read holds what the database holds, looked at while people write.
//!
//! Both are read side by side in the order of tenants and ids: every document by its revision and its readers, some by all
//! that is indexed of them. Changes nothing, unless it is told to mend.
//!
//! # Why writers give no false alarm
//!
//! The index follows the database by seconds, so at any moment some documents differ. What differs is looked at again and
//! again ([`CheckSettings::settle`]): it is a difference only if one and the same difference, at one and the same revision in
//! both, was seen all that time, or if the index has not come by then to the revision that the database had when the two were
//! first compared. At each look the index is refreshed and read before the database: what the index shows was committed, so
//! what it shows beyond the database is no write on its way.
//!
//! # Mending
//!
//! A document that is missing, older, or of the same revision and otherwise is written once more as it is now, over what is
//! not newer (`external_gte`), to where writers write: both indices during a reindex. What is there alone is removed the same
//! way. A write that comes meanwhile is newer, and stays. What has later revisions than the database ever gave out (a database
//! that was restored from a backup) takes no write by version: it is told, and left. Vectors that the index has of the very
//! text are kept; those that are lacking are asked for, a message a tenant, and made by the `index` function.
//!
//! To compare one more thing: a [`Difference`], and where it is seen in `look.rs`.

mod found;
mod lacking;
mod look;
mod mend;
mod run;
mod scan;
mod settings;
mod side;

pub use found::{Difference, Found, Report};
pub use run::Check;
pub use settings::{CheckSettings, Stage, Watching};

pub(crate) use lacking::lacking;
