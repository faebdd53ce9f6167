//! All circles of a server by their channels, and what of them the backplane is asked for.

use crate::circle::{Circle, Seat};
use crate::connection::Connection;
use foldhash::fast::RandomState;
use octavo_domain_realtime::{Backplane, Channel};
use parking_lot::{Mutex, RwLock};
use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Parts of the map, each under its own lock.
const SHARDS: usize = 64;

type Shard = RwLock<HashMap<Channel, Arc<Circle>, RandomState>>;

/// Circles whose history nobody has looked at since they are subscribed.
#[derive(Default)]
pub(crate) struct Unnoted {
    pub(crate) new: Vec<Arc<Circle>>,
    /// Those of a time when the backplane was away: something may have been missed.
    pub(crate) late: Vec<Arc<Circle>>,
}

/// The circle holds as many as it may.
pub(crate) struct Full;

/// All circles.
pub(crate) struct Circles {
    shards: Vec<Shard>,
    hasher: RandomState,
    backplane: Arc<dyn Backplane>,
    // Channels whose last member has left since the wheel turned: most are joined again soon, by a page that was reloaded.
    left: Mutex<Vec<Channel>>,
    new: Mutex<Unnoted>,
    away: AtomicBool,
}

impl Circles {
    pub(crate) fn new(backplane: Arc<dyn Backplane>) -> Self {
        let shards = (0..SHARDS).map(|_| Shard::default()).collect();
        Self {
            shards,
            hasher: RandomState::default(),
            backplane,
            left: Mutex::default(),
            new: Mutex::default(),
            away: AtomicBool::new(false),
        }
    }

    fn shard(&self, channel: &Channel) -> &Shard {
        &self.shards[self.hasher.hash_one(channel) as usize % SHARDS]
    }

    pub(crate) fn get(&self, channel: &Channel) -> Option<Arc<Circle>> {
        self.shard(channel).read().get(channel).cloned()
    }

    /// Joins, if the circle has fewer than `limit`. The first member subscribes.
    pub(crate) fn join(&self, channel: &Channel, connection: &Arc<Connection>, limit: usize) -> Result<Seat, Full> {
        let shard = self.shard(channel);
        {
            // Under the lock, so that the circle is not dropped meanwhile as an empty one.
            let circles = shard.read();
            if let Some(circle) = circles.get(channel) {
                let place = circle.take(connection, limit).ok_or(Full)?;
                return Ok(Seat { circle: circle.clone(), place });
            }
        }
        let mut circles = shard.write();
        let circle = circles.entry(channel.clone()).or_insert_with(|| {
            // Asked for under the lock: it must not overtake an unsubscription of before.
            self.backplane.subscribe(std::slice::from_ref(channel));
            let circle = Arc::new(Circle::new(channel.clone()));
            let mut unnoted = self.new.lock();
            let list = if self.away.load(Ordering::Relaxed) { &mut unnoted.late } else { &mut unnoted.new };
            list.push(circle.clone());
            drop(unnoted);
            circle
        });
        let place = circle.take(connection, limit).ok_or(Full)?;
        Ok(Seat { circle: circle.clone(), place })
    }

    pub(crate) fn leave(&self, seat: &Seat) {
        seat.circle.give_back(seat.place);
        if seat.circle.len() == 0 {
            self.left.lock().push(seat.circle.channel.clone());
        }
    }

    /// Drops the circles that have stayed empty, and unsubscribes them.
    pub(crate) fn sweep(&self) {
        let left = std::mem::take(&mut *self.left.lock());
        for channel in left {
            let mut circles = self.shard(&channel).write();
            if circles.get(&channel).is_some_and(|circle| circle.len() == 0) {
                circles.remove(&channel);
                self.backplane.unsubscribe(std::slice::from_ref(&channel));
            }
        }
    }

    /// Those that are new since this was last asked, and those whose history could not be looked at then.
    pub(crate) fn take_unnoted(&self) -> Unnoted {
        std::mem::take(&mut *self.new.lock())
    }

    /// The backplane came or went.
    pub(crate) fn backplane_is_away(&self, away: bool) {
        let mut unnoted = self.new.lock();
        self.away.store(away, Ordering::Relaxed);
        if away {
            let new = std::mem::take(&mut unnoted.new);
            unnoted.late.extend(new);
        }
    }

    /// The history of these could not be looked at.
    pub(crate) fn ask_again(&self, circles: Vec<Arc<Circle>>) {
        // Those that nobody is in any more are forgotten.
        self.new.lock().late.extend(circles.into_iter().filter(|circle| circle.len() > 0));
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<Arc<Circle>> {
        let mut all = Vec::new();
        for shard in &self.shards {
            all.extend(shard.read().values().cloned());
        }
        all
    }

    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.read().len()).sum()
    }
}
