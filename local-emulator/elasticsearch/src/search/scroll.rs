//! Scrolls: a search whose pages are asked for one after another, over what it saw when it began.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::Value;

use super::pit::{missing, new_id};
use super::request::SearchRequest;
use super::run::{Context, search};
use crate::error::{Error, Result};
use crate::index::View;

/// The most scrolls open at once (`search.max_open_scroll_context`).
const SCROLLS_MAX: usize = 500;

struct Open {
    views: Vec<View>,
    /// `from` is how far it has come.
    request: SearchRequest,
    keep_alive: Duration,
}

struct Entry {
    expires: Instant,
    /// One page at a time.
    open: Arc<Mutex<Open>>,
}

#[derive(Default)]
pub(crate) struct Scrolls(Mutex<HashMap<String, Entry>>);

fn page(id: &str, open: &mut Open, context: &Context<'_>) -> Result<Value> {
    let answer = search(&open.request, open.views.clone(), &Context { scroll: Some(id), ..*context })?;
    open.request.from += open.request.size;
    // The first page has told them.
    open.request.aggregations.clear();
    open.request.suggest.clear();
    Ok(answer)
}

impl Scrolls {
    /// The first page, and the scroll's id in it.
    ///
    /// # Errors
    /// For what no scroll can have; 429 where too many are open.
    pub(crate) fn open(
        &self,
        request: SearchRequest,
        views: Vec<View>,
        keep_alive: Duration,
        context: &Context<'_>,
    ) -> Result<Value> {
        if request.size == 0 {
            return Err(Error::validation("[size] cannot be [0] in a scroll context"));
        }
        if request.from > 0 {
            return Err(Error::validation("using [from] is not allowed in a scroll context"));
        }
        if request.search_after.is_some() {
            return Err(Error::validation("`search_after` cannot be used in a scroll context."));
        }
        if request.pit.is_some() {
            return Err(Error::validation("using [point in time] is not allowed in a scroll context"));
        }
        let window = views.iter().map(|view| view.max_result_window).min().unwrap_or(usize::MAX);
        if request.size > window {
            return Err(Error::shard_argument(format!(
                "Batch size is too large, size must be less than or equal to: [{window}] but was [{}]. Scroll batch sizes cost as much memory as result windows so they are controlled by the [index.max_result_window] index level setting.",
                request.size
            )));
        }
        let id = new_id();
        let mut open = Open { views, request, keep_alive };
        let answer = page(&id, &mut open, context)?;
        let now = Instant::now();
        let mut scrolls = self.0.lock();
        scrolls.retain(|_, entry| entry.expires > now);
        if scrolls.len() >= SCROLLS_MAX {
            return Err(Error::new(
                429,
                "es_rejected_execution_exception",
                format!("Trying to create too many scroll contexts. Must be less than or equal to: [{SCROLLS_MAX}]."),
            ));
        }
        scrolls.insert(id, Entry { expires: now + keep_alive, open: Arc::new(Mutex::new(open)) });
        Ok(answer)
    }

    /// The next page; asking for it keeps the scroll alive.
    ///
    /// # Errors
    /// 404 `search_context_missing_exception` where it has expired or never was.
    pub(crate) fn next(&self, id: &str, keep_alive: Option<Duration>, context: &Context<'_>) -> Result<Value> {
        let open = {
            let scrolls = self.0.lock();
            let entry = scrolls.get(id).filter(|entry| entry.expires > Instant::now());
            Arc::clone(&entry.ok_or_else(|| missing(id))?.open)
        };
        let mut open = open.lock();
        open.keep_alive = keep_alive.unwrap_or(open.keep_alive);
        let answer = page(id, &mut open, context)?;
        if let Some(entry) = self.0.lock().get_mut(id) {
            entry.expires = Instant::now() + open.keep_alive;
        }
        Ok(answer)
    }

    pub(crate) fn close(&self, id: &str) -> bool {
        self.0.lock().remove(id).is_some()
    }

    /// Closes all of them; how many there were.
    pub(crate) fn close_all(&self) -> u64 {
        self.0.lock().drain().count() as u64
    }

    /// Forgets what has expired, so that its files can go.
    pub(crate) fn sweep(&self) {
        let now = Instant::now();
        self.0.lock().retain(|_, entry| entry.expires > now);
    }
}
