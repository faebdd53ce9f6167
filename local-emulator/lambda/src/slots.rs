//! What a sandbox is doing, as a rule: each `GET /next` that it holds open is a slot that takes one job.
//!
//! Knows no process, no lock and no clock. A sandbox of one slot is the classic Lambda function, which alternates between
//! asking and running; more than one is what AWS calls Lambda Managed Instances.

use crate::invocation::{Job, Reply, Work};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// An invocation that a sandbox runs.
pub(crate) struct Running {
    pub(crate) request_id: String,
    /// Taken when the answer begins.
    pub(crate) reply: Option<oneshot::Sender<Reply>>,
    pub(crate) deadline: Instant,
    /// Where in the sandbox's log it began.
    pub(crate) log_from: u64,
    /// Whether it is the sandbox's first.
    pub(crate) cold: bool,
}

/// A held-open `GET /next`.
struct Asking {
    taker: oneshot::Sender<Work>,
    since: Instant,
}

/// What came of an invocation that has passed its deadline.
pub(crate) enum Expiry {
    /// It is over already.
    Over,
    /// Nothing else runs: the sandbox is to be killed, and the invocation fails with it.
    Only,
    /// Others run: it is out, and to be failed by itself.
    Dropped(Running),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Takes jobs.
    Open,
    /// Is being killed: takes none, and keeps its place until it has ended.
    Doomed,
    /// Takes none, and is to be killed when it runs none. Its place is another's already.
    Draining,
    /// Ended, or about to.
    Dead,
}

pub(crate) struct Slots {
    concurrency: usize,
    stage: Stage,
    asking: Vec<Asking>,
    running: Vec<Running>,
    /// Since when slots have answered and not asked for the next job yet, oldest first.
    lingering: Vec<Instant>,
    /// When it asked for a job the first time.
    ready: Option<Instant>,
    served: u64,
}

impl Slots {
    /// Of a sandbox that takes up to `concurrency` jobs at a time.
    pub(crate) fn new(concurrency: usize) -> Self {
        Self {
            concurrency: concurrency.max(1),
            stage: Stage::Open,
            asking: Vec::new(),
            running: Vec::new(),
            lingering: Vec::new(),
            ready: None,
            served: 0,
        }
    }

    /// Notes that a slot asks for a job; true the first time. To be followed by [`Self::begin`] or [`Self::hold`].
    pub(crate) fn ask(&mut self, now: Instant) -> bool {
        if !self.lingering.is_empty() {
            self.lingering.remove(0);
        }
        // A runtime that asks more often than it has slots has lost a request: the one before is nobody's any more.
        while self.asking.len() + self.running.len() >= self.concurrency {
            if !self.asking.is_empty() {
                self.asking.remove(0);
            } else {
                self.running.remove(0);
            }
        }
        let first = self.ready.is_none();
        self.ready.get_or_insert(now);
        first
    }

    /// Lets the asking slot wait until a job comes through the receiver; it breaks off when the sandbox ends.
    pub(crate) fn hold(&mut self, now: Instant) -> oneshot::Receiver<Work> {
        let (taker, taken) = oneshot::channel();
        self.asking.push(Asking { taker, since: now });
        taken
    }

    /// Makes `job` one that runs. Its deadline is `timeout` after `now`, which is `now_ms` since 1970.
    pub(crate) fn begin(&mut self, job: Job, log: u64, now: Instant, now_ms: i64, timeout: Duration) -> Work {
        let (work, reply) = job.begun(now_ms, timeout);
        self.run(work.request_id.clone(), reply, log, now + timeout);
        work
    }

    /// Gives `job` to the slot that asked last; gives it back where there is none.
    pub(crate) fn give(
        &mut self,
        mut job: Job,
        log: u64,
        now: Instant,
        now_ms: i64,
        timeout: Duration,
    ) -> Result<(), Job> {
        while self.takes_jobs()
            && let Some(asking) = self.asking.pop()
        {
            let request_id = job.request_id.clone();
            let (work, reply) = job.begun(now_ms, timeout);
            match asking.taker.send(work) {
                Ok(()) => {
                    self.run(request_id, reply, log, now + timeout);
                    return Ok(());
                }
                // The connection has gone.
                Err(work) => job = work.undone(reply),
            }
        }
        Err(job)
    }

    fn run(&mut self, request_id: String, reply: oneshot::Sender<Reply>, log: u64, deadline: Instant) {
        let cold = self.served == 0;
        self.served += 1;
        // What it wrote while it started belongs to the first.
        let log_from = if cold { 0 } else { log };
        self.running.push(Running { request_id, reply: Some(reply), deadline, log_from, cold });
    }

    fn position(&self, request_id: &str) -> Option<usize> {
        self.running.iter().position(|running| running.request_id == request_id)
    }

    /// Takes the way back of an invocation that was not answered yet, with where its log begins and whether it was the
    /// first. A streamed one runs on until [`Self::stream_ended`].
    pub(crate) fn answer(
        &mut self,
        request_id: &str,
        streamed: bool,
        now: Instant,
    ) -> Option<(oneshot::Sender<Reply>, u64, bool)> {
        let position = self.position(request_id)?;
        let running = &mut self.running[position];
        let answer = (running.reply.take()?, running.log_from, running.cold);
        if !streamed {
            self.running.swap_remove(position);
            self.lingering.push(now);
        }
        Some(answer)
    }

    /// Ends a streamed invocation.
    pub(crate) fn stream_ended(&mut self, request_id: &str, now: Instant) {
        if let Some(position) = self.position(request_id) {
            self.running.swap_remove(position);
            self.lingering.push(now);
        }
    }

    /// Notes that an invocation has passed its deadline, and takes no more jobs: what runs it may never be done.
    pub(crate) fn expire(&mut self, request_id: &str) -> Expiry {
        let Some(position) = self.position(request_id) else { return Expiry::Over };
        if self.running.len() == 1 {
            self.doom();
            return Expiry::Only;
        }
        self.drain();
        Expiry::Dropped(self.running.swap_remove(position))
    }

    /// Takes no more jobs; [`Self::is_done`] when none runs any more.
    pub(crate) fn drain(&mut self) {
        if self.stage == Stage::Open {
            self.stage = Stage::Draining;
        }
    }

    /// Takes no more jobs because it is being killed.
    pub(crate) fn doom(&mut self) {
        if self.stage == Stage::Open {
            self.stage = Stage::Doomed;
        }
    }

    /// Forgets everything; what ran is handed out to be failed, and what asked breaks off.
    pub(crate) fn end(&mut self) -> Vec<Running> {
        self.stage = Stage::Dead;
        self.asking.clear();
        self.lingering.clear();
        std::mem::take(&mut self.running)
    }

    pub(crate) fn takes_jobs(&self) -> bool {
        self.stage == Stage::Open
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.stage == Stage::Dead
    }

    /// Whether it counts among the function's sandboxes.
    pub(crate) fn has_place(&self) -> bool {
        matches!(self.stage, Stage::Open | Stage::Doomed)
    }

    /// Whether it drains and runs nothing any more.
    pub(crate) fn is_done(&self) -> bool {
        self.stage == Stage::Draining && self.running.is_empty()
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.ready.is_some()
    }

    pub(crate) fn is_asking(&self) -> bool {
        !self.asking.is_empty()
    }

    /// Jobs that it took since it started.
    pub(crate) fn served(&self) -> u64 {
        self.served
    }

    /// Invocations under way, answered or not.
    pub(crate) fn running(&self) -> &[Running] {
        &self.running
    }

    /// Whether it runs `request_id` and has not answered it yet.
    pub(crate) fn is_unanswered(&self, request_id: &str) -> bool {
        self.position(request_id).is_some_and(|position| self.running[position].reply.is_some())
    }

    /// Slots that are about to ask: they have just answered, or the sandbox has just started. `breath` is how long that is
    /// believed.
    pub(crate) fn soon_asking(&self, now: Instant, breath: Duration) -> usize {
        if !self.takes_jobs() {
            return 0;
        }
        let fresh = |since: &Instant| now.duration_since(*since) < breath;
        let answered = self.lingering.iter().filter(|since| fresh(since)).count();
        let known = self.asking.len() + self.running.len() + self.lingering.len();
        let opening = if self.ready.as_ref().is_some_and(fresh) { self.concurrency.saturating_sub(known) } else { 0 };
        answered + opening
    }

    /// How long a slot has not asked since it answered; the longest.
    pub(crate) fn lingers(&self, now: Instant) -> Option<Duration> {
        self.lingering.first().map(|since| now.duration_since(*since))
    }

    /// How long it has been without work; none while it has some.
    pub(crate) fn idles(&self, now: Instant) -> Option<Duration> {
        if !self.running.is_empty() || !self.lingering.is_empty() {
            return None;
        }
        self.asking.iter().map(|asking| now.duration_since(asking.since)).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicI64;

    const TIMEOUT: Duration = Duration::from_secs(3);
    const BREATH: Duration = Duration::from_millis(50);

    fn job(id: &str) -> (Job, oneshot::Receiver<Reply>) {
        let (reply, replied) = oneshot::channel();
        let job = Job {
            request_id: id.to_owned(),
            trace_id: String::new(),
            client_context: None,
            payload: bytes::Bytes::new(),
            taken_ms: Arc::new(AtomicI64::new(0)),
            reply,
        };
        (job, replied)
    }

    fn asked(slots: &mut Slots, now: Instant) -> oneshot::Receiver<Work> {
        slots.ask(now);
        slots.hold(now)
    }

    #[test]
    fn each_slot_that_asks_takes_one_job_and_a_lost_one_is_passed_over() {
        let now = Instant::now();
        let mut slots = Slots::new(3);
        let (mut first, second, third) = (asked(&mut slots, now), asked(&mut slots, now), asked(&mut slots, now));
        drop(third);
        for id in ["a", "b"] {
            assert!(slots.give(job(id).0, 0, now, 5_000, TIMEOUT).is_ok());
        }
        let returned = slots.give(job("c").0, 0, now, 5_000, TIMEOUT).err().unwrap();
        assert_eq!((returned.request_id.as_str(), slots.running().len(), slots.is_asking()), ("c", 2, false));
        let mut second = second;
        assert_eq!(second.try_recv().unwrap().request_id, "a");
        let work = first.try_recv().unwrap();
        assert_eq!((work.request_id.as_str(), work.deadline_ms), ("b", 8_000));
        assert_eq!((slots.running()[0].cold, slots.running()[1].cold), (true, false));
    }

    #[test]
    fn a_deadline_drains_what_runs_others_and_leaves_a_single_one_to_be_killed() {
        let now = Instant::now();
        let mut slots = Slots::new(2);
        let held = [asked(&mut slots, now), asked(&mut slots, now)];
        for id in ["a", "b"] {
            assert!(slots.give(job(id).0, 7, now, 0, TIMEOUT).is_ok());
        }
        assert!(slots.has_place() && slots.takes_jobs());
        assert!(matches!(slots.expire("a"), Expiry::Dropped(running) if running.reply.is_some()));
        assert!(!slots.has_place() && !slots.takes_jobs() && !slots.is_done());
        assert!(matches!(slots.expire("a"), Expiry::Over));
        // Its slot may ask again: it is held, and gets nothing.
        let mut waits = asked(&mut slots, now);
        assert!(slots.give(job("c").0, 0, now, 0, TIMEOUT).is_err());
        assert!(waits.try_recv().is_err());
        assert!(matches!(slots.expire("b"), Expiry::Only));
        assert_eq!(slots.answer("b", false, now).unwrap().1, 7);
        assert!(slots.is_done());
        drop(held);
    }

    #[test]
    fn a_stream_keeps_its_slot_until_its_end() {
        let now = Instant::now();
        let mut slots = Slots::new(1);
        let _held = asked(&mut slots, now);
        assert!(slots.give(job("a").0, 0, now, 0, TIMEOUT).is_ok());
        assert!(slots.answer("a", true, now).is_some());
        assert!(slots.answer("a", true, now).is_none(), "an answer begins once");
        assert_eq!((slots.running().len(), slots.is_unanswered("a")), (1, false));
        slots.stream_ended("a", now);
        assert_eq!((slots.running().len(), slots.lingers(now)), (0, Some(Duration::ZERO)));
    }

    #[test]
    fn what_is_about_to_ask_is_counted_for_a_moment() {
        let now = Instant::now();
        let (mut one, mut many) = (Slots::new(1), Slots::new(4));
        assert_eq!((one.soon_asking(now, BREATH), many.soon_asking(now, BREATH)), (0, 0), "not ready yet");
        let _held = [asked(&mut one, now), asked(&mut many, now)];
        assert_eq!((one.soon_asking(now, BREATH), many.soon_asking(now, BREATH)), (0, 3));
        assert_eq!(many.soon_asking(now + BREATH, BREATH), 0);
        assert!(one.give(job("a").0, 0, now, 0, TIMEOUT).is_ok());
        one.answer("a", false, now);
        assert_eq!((one.soon_asking(now, BREATH), one.soon_asking(now + BREATH, BREATH)), (1, 0));
    }

    #[test]
    fn it_idles_since_its_last_slot_came_back() {
        let now = Instant::now();
        let mut slots = Slots::new(2);
        let second = Duration::from_secs(1);
        let _first = asked(&mut slots, now);
        let _second = asked(&mut slots, now + second);
        assert_eq!(slots.idles(now + 3 * second), Some(2 * second));
        assert!(slots.give(job("a").0, 0, now, 0, TIMEOUT).is_ok());
        assert_eq!(slots.idles(now + 3 * second), None);
    }

    #[test]
    fn a_runtime_that_asks_too_often_has_lost_what_it_had() {
        let now = Instant::now();
        let mut slots = Slots::new(1);
        let mut first = asked(&mut slots, now);
        let _second = asked(&mut slots, now);
        assert!(first.try_recv().is_err());
        let (job, mut replied) = job("a");
        assert!(slots.give(job, 0, now, 0, TIMEOUT).is_ok());
        let _third = asked(&mut slots, now);
        assert!(matches!(replied.try_recv(), Err(oneshot::error::TryRecvError::Closed)), "who waits is told");
        assert!(slots.running().is_empty());
    }
}
