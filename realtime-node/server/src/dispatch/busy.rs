//! What is under way for a connection.

use crate::call::Uploaded;
use crate::connection::Connection;
use crate::dispatch::Invocation;
use octavo_domain_signalr::Outcome;
use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// What is under way for a connection. Boxed, and dropped when nothing is.
#[derive(Default)]
pub(crate) struct Busy {
    /// Cancelled when the connection ends.
    pub(crate) whole: CancellationToken,
    /// By their ids: what a client can cancel.
    pub(crate) running: HashMap<String, CancellationToken>,
    /// Methods that run without streams.
    pub(crate) turns: usize,
    /// Methods that run with streams.
    pub(crate) streams: usize,
    /// Invocations that wait for their turn.
    pub(crate) waiting: VecDeque<Invocation>,
    /// Told when one of them got it.
    pub(crate) room: Vec<Arc<Notify>>,
    /// By the ids of their streams.
    pub(crate) uploads: HashMap<String, mpsc::Sender<Uploaded>>,
    /// What clients were asked, by its id.
    pub(crate) asked: HashMap<String, oneshot::Sender<Outcome>>,
    /// The places of the hub's own.
    places: Vec<Box<dyn Any + Send>>,
}

impl Busy {
    /// The connection has ended: nothing is begun any more, what runs is told so. The hub's places stay until nobody holds
    /// the connection.
    pub(crate) fn abandon(&mut self) {
        self.whole.cancel();
        self.running.clear();
        self.waiting.clear();
        self.uploads.clear();
        self.asked.clear();
        for room in self.room.drain(..) {
            room.notify_one();
        }
    }

    fn is_idle(&self) -> bool {
        self.turns == 0
            && self.streams == 0
            && self.running.is_empty()
            && self.waiting.is_empty()
            && self.uploads.is_empty()
            && self.asked.is_empty()
            && self.places.is_empty()
            && self.room.is_empty()
    }
}

impl Connection {
    /// What is under way, made where nothing is. None if the connection has ended.
    pub(crate) fn with_busy<R>(&self, work: impl FnOnce(&mut Busy) -> R) -> Option<R> {
        let mut busy = self.busy.lock();
        // Checked under the lock: the end takes it after it has set the phase.
        if self.has_ended() {
            return None;
        }
        Some(work(busy.get_or_insert_default()))
    }

    /// The same where something is; what is idle afterwards is dropped.
    pub(crate) fn with_busy_if_any<R>(&self, work: impl FnOnce(&mut Busy) -> R) -> Option<R> {
        let mut busy = self.busy.lock();
        let result = work(busy.as_mut()?);
        if busy.as_ref().is_some_and(|busy| busy.is_idle()) {
            *busy = None;
        }
        Some(result)
    }

    /// A place for a `T`.
    pub(crate) fn with_state<T: Default + Send + 'static, R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        let mut busy = self.busy.lock();
        let places = &mut busy.get_or_insert_default().places;
        if let Some(place) = places.iter_mut().find_map(|place| place.downcast_mut::<T>()) {
            return work(place);
        }
        let mut place = T::default();
        let result = work(&mut place);
        places.push(Box::new(place));
        result
    }
}
