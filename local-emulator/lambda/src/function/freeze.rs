//! A function that is frozen: its sandboxes go on with what they run and get nothing new, and what is asked waits.

use super::{Function, next_wanted};
use std::sync::Arc;

impl Function {
    /// Whether its sandboxes get no work.
    pub(crate) fn is_frozen(&self) -> bool {
        self.inner.lock().frozen
    }

    /// Gives its sandboxes no more work until [`Self::thaw`].
    pub(crate) fn freeze(&self) {
        self.inner.lock().frozen = true;
    }

    /// Gives work again, first to who waits.
    pub(crate) fn thaw(self: &Arc<Self>) {
        let mut inner = self.inner.lock();
        inner.frozen = false;
        while !inner.open.is_empty()
            && let Some(job) = next_wanted(&mut inner.waiting)
        {
            if let Err(returned) = self.give(&mut inner, job) {
                inner.waiting.push_front(returned);
                break;
            }
        }
        // One call may start one sandbox: as many as would have been started meanwhile.
        for _ in 0..inner.waiting.len().min(self.config.sandboxes_max) {
            self.grow(&mut inner);
        }
    }
}
