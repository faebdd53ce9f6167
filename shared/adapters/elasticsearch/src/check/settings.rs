//! How a comparison is made, and what it tells while it is.

use std::time::Duration;

/// How a comparison is made.
#[derive(Debug, Clone)]
pub struct CheckSettings {
    /// What differs for so long is a difference: more than a change takes on its way into the index. A document that is
    /// changed all the time is looked at for three times as long at most.
    pub settle: Duration,
    /// Of each tenant the first document and then one of so many is compared in full, the others by revision and readers.
    /// 1: all.
    pub compare_each: u32,
    /// Documents that are read at a time, 1 to 1,000.
    pub page_documents: u16,
    /// Ids of each kind of difference that are told.
    pub ids_max: usize,
}

impl Default for CheckSettings {
    fn default() -> Self {
        Self { settle: Duration::from_secs(30), compare_each: 100, page_documents: 1000, ids_max: 20 }
    }
}

/// What it is doing, with how many documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// So many were compared.
    Compared(u64),
    /// So many look different and are looked at again.
    Settling(usize),
    /// So many were sent again.
    Mended(u64),
}

/// Is told what it is doing, to show it.
pub type Watching<'a> = &'a (dyn Fn(Stage) + Send + Sync);
