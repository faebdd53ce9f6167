//! What the function needs from outside.

use crate::answer_cache::AnswerCache;
use octavo_domain_kernel::{Cache, Clock};
use octavo_domain_search::{CursorKey, SearchIndex, SearchStateStore};
use std::sync::Arc;

/// The ports of the function. One for the life of the process.
pub struct Deps {
    /// The engine.
    pub index: Arc<dyn SearchIndex>,
    /// What may be seen, and how old a kept answer may be.
    pub state: Arc<dyn SearchStateStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Signs cursors; the same in every process of the function.
    pub cursor_key: CursorKey,
    pub(crate) answers: AnswerCache,
}

impl Deps {
    /// All of them.
    pub fn new(
        index: Arc<dyn SearchIndex>,
        state: Arc<dyn SearchStateStore>,
        cache: Arc<dyn Cache>,
        clock: Arc<dyn Clock>,
        cursor_key: CursorKey,
    ) -> Self {
        let answers = AnswerCache::new(cache, clock.clone());
        Self { index, state, clock, cursor_key, answers }
    }
}
