//! Advances one execution for as long as there is something that this worker can do.

use crate::answers::{Answer, Begins, Sorted};
use crate::awake::Turn;
use crate::held::Held;
use crate::invocation::Invocation;
use crate::leases::RENEWED_EVERY;
use crate::memory::Memory;
use crate::tasks::{self, Facts};
use crate::wake::{LEASE, Settled, TaskKey, Telling, Woken, wake};
use crate::{Deps, StepFault};
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::engine::ports::Claimed;
use octavo_domain_workflow::engine::{Draw, ExecutionId, Kept, Posted, STEP_QUEUE, Work, wake_message};
use octavo_domain_workflow::machine::Event;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until, timeout};
use tracing::Instrument;

/// The share of its time in which an invocation takes new tasks: the rest is for those that it has.
const TAKES_FOR: u32 = 16;
/// How often a wake that others overtook is tried again.
const TRIES_MAX: u32 = 10;
/// How long an answer is offered to a store that is away or to an execution that keeps changing, if the invocation's time is
/// not shorter than usual.
const ANSWER_OFFERED_FOR: Duration = Duration::from_secs(30);
/// The pause before the first new try; doubled each time, drawn evenly below that.
const PAUSE_FIRST: Duration = Duration::from_millis(8);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// Beyond a task's deadline, before it is looked at: the signal that tells of it must be due by then.
const AFTER_DEADLINE: Duration = Duration::from_millis(5);

/// Where [`advance`] left an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// It has ended, or there is none.
    Ended,
    /// It waits for something outside: a moment, an answer, another execution.
    Waiting,
    /// Others were rung for: the time of this worker is over.
    ToOthers,
    /// Somebody else in this process advances it, and was told.
    Merged,
}

/// Advances an execution until it has ended, or waits for something that this worker does not do, or the worker's time
/// ([`Deps::time`]) is over. May be called by many at once, for the same execution too.
pub async fn advance(deps: &Deps, tenant: &TenantId, execution: ExecutionId) -> Result<Left, StepFault> {
    advance_in(deps, tenant, execution, &Invocation::default()).await
}

pub(crate) async fn advance_in(
    deps: &Deps,
    tenant: &TenantId,
    id: ExecutionId,
    invocation: &Invocation,
) -> Result<Left, StepFault> {
    let Some(mut turn) = deps.awake.enter(tenant, id) else { return Ok(Left::Merged) };
    invocation.counts.executions.add(1);
    let begun = Instant::now();
    let span = tracing::info_span!("advance", %tenant, execution = %id);
    let work = async {
        loop {
            let mut run = Run {
                deps,
                tenant,
                id,
                invocation,
                begun,
                held: Held::default(),
                memory: Memory::default(),
                waiting: false,
            };
            let left = run.go(&turn).await?;
            if left == Left::ToOthers || turn.leave() {
                return Ok(left);
            }
        }
    };
    work.instrument(span).await
}

struct Run<'a> {
    deps: &'a Deps,
    tenant: &'a TenantId,
    id: ExecutionId,
    invocation: &'a Invocation,
    begun: Instant,
    held: Held<'a>,
    memory: Memory,
    /// Whether tasks may wait that nobody has taken.
    waiting: bool,
}

impl<'a> Run<'a> {
    async fn go(&mut self, turn: &Turn<'_>) -> Result<Left, StepFault> {
        let mut renewal = interval_at(Instant::now() + RENEWED_EVERY, RENEWED_EVERY);
        renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let over = self.begun + self.deps.time;
        let mut telling = Some(Telling::default());
        let pump = self.held.pump();
        loop {
            if let Some(telling) = telling.take() {
                // Whoever rang until now is answered by a load: what is remembered does not know of what they told.
                if turn.take_rung() {
                    self.memory.take();
                }
                if !pump.beside(self.step(&telling)).await? {
                    self.held.stop();
                    return Ok(Left::Ended);
                }
            }
            if self.held.is_empty() {
                if !self.waiting {
                    return Ok(Left::Waiting);
                }
                self.ring().await;
                return Ok(Left::ToOthers);
            }
            let told_at = self.held.told_at().unwrap_or(over);
            tokio::select! {
                answers = self.held.answers() => telling = Some(pump.beside(self.answered(answers)).await?),
                () = turn.rung() => telling = Some(Telling::default()),
                () = sleep_until(told_at), if told_at < over => telling = Some(self.started()),
                _ = renewal.tick() => pump.beside(self.renew()).await,
                () = sleep_until(over) => {
                    self.give_back(&self.held.leased()).await;
                    self.held.stop();
                    self.ring().await;
                    return Ok(Left::ToOthers);
                }
            }
        }
    }

    /// One wake, with all that follows from it at once, and its new tasks begun. False if the execution has ended.
    async fn step(&mut self, telling: &Telling) -> Result<bool, StepFault> {
        let mut settled = match self.tell(telling).await? {
            Woken::Settled(settled) => settled,
            _ => return Ok(false),
        };
        loop {
            self.held.stop_over(&settled);
            self.take(&settled).await?;
            if !settled.goes_on {
                return Ok(true);
            }
            if self.begun.elapsed() >= self.deps.time {
                self.waiting = true;
                return Ok(true);
            }
            settled = match self.tell(&Telling::default()).await? {
                Woken::Settled(settled) => settled,
                _ => return Ok(false),
            };
        }
    }

    /// Begins new tasks, and tasks that nobody holds, while there are places and time.
    async fn take(&mut self, settled: &Settled) -> Result<(), StepFault> {
        let mut left = Vec::new();
        for task in &settled.tasks {
            let claimed = Claimed { task: task.clone(), claims: 1 };
            if !self.begin(&settled.facts, claimed) {
                left.push((task.frame, task.turn));
            }
        }
        if !left.is_empty() {
            self.give_back(&left).await;
            self.ring().await;
        }
        self.waiting |= settled.tasks_wait || !left.is_empty();
        let free = self.invocation.free();
        if !self.takes() || !self.waiting || free == 0 {
            return Ok(());
        }
        let (now, limit) = (self.deps.now(), u32::try_from(free).unwrap_or(u32::MAX));
        let store = &self.deps.executions;
        let claimed = store.tasks_claim(self.tenant, self.id, &self.deps.worker, now, now + LEASE, limit).await?;
        // As many as there was room for: there may be more.
        self.waiting = claimed.len() >= free;
        for claimed in claimed {
            if !self.begin(&settled.facts, claimed.clone()) {
                self.give_back(&[(claimed.task.frame, claimed.task.turn)]).await;
                self.waiting = true;
            }
        }
        Ok(())
    }

    fn takes(&self) -> bool {
        self.begun.elapsed() < self.deps.time / TAKES_FOR
    }

    /// False if there is no place for it.
    fn begin(&mut self, facts: &Arc<Facts>, claimed: Claimed) -> bool {
        let Some(place) = self.invocation.place() else { return false };
        self.invocation.counts.tasks.add(1);
        let (deps, tenant, facts) = (self.deps, self.tenant, facts.clone());
        let time = deps.time.saturating_sub(self.begun.elapsed()).saturating_sub(deps.time / TAKES_FOR);
        let task = claimed.task.clone();
        let deadline = match &task.work {
            Work::Do(order) => order.timeout_seconds.map(Duration::from_secs),
            _ => None,
        };
        let work = async move {
            let _place = place;
            let done = tasks::perform(deps, tenant, &facts, &claimed, time);
            let done = match deadline {
                Some(deadline) => timeout(deadline + AFTER_DEADLINE, done).await,
                None => Ok(done.await),
            };
            match done {
                Ok(Ok(done)) => Answer::Done(done),
                Ok(Err(error)) => Answer::Away(error),
                Err(_) => Answer::Late,
            }
        };
        let lease = deps.awake.leases.hold(tenant, (self.id, task.frame, task.turn));
        self.held.begin(&task, lease, Box::pin(work));
        true
    }

    /// What answers tell; those that need a commit of their own are told here.
    async fn answered(&mut self, answers: Vec<(TaskKey, Answer)>) -> Result<Telling, StepFault> {
        let Sorted { telling, begins, away, failed } = Sorted::of(answers);
        self.invocation.counts.tasks_failed.add(failed);
        for (key, begins) in begins {
            if !self.begin_execution(key, &begins).await? {
                return Ok(telling);
            }
        }
        if let Some((_, error)) = away.first() {
            // They are due again at the end of their leases: a pause, while what they need is away.
            tracing::warn!(%error, tasks = away.len(), "tasks are done again later: something that they need is away");
        }
        Ok(telling)
    }

    /// Tells a task's execution that another one began, in the commit in which it does. False if the execution has ended.
    async fn begin_execution(&mut self, key: TaskKey, begins: &Begins) -> Result<bool, StepFault> {
        let telling = begins.telling(key);
        let woken = match self.tell(&telling).await? {
            Woken::NameTaken(other) => {
                let mut telling = Telling::default();
                telling.add(key, tasks::name_taken(self.deps, self.tenant, begins, other).await?);
                self.tell(&telling).await?
            }
            woken => woken,
        };
        let Woken::Settled(settled) = woken else { return Ok(false) };
        self.held.stop_over(&settled);
        self.take(&settled).await?;
        self.waiting |= settled.goes_on;
        Ok(true)
    }

    fn started(&mut self) -> Telling {
        let mut telling = Telling::default();
        for key in self.held.take_untold(Instant::now()) {
            telling.add(key, vec![Event::TaskStarted { worker: None }]);
        }
        telling
    }

    /// A wake that is tried again while others overtake it, or while the store is away. Answers that cannot be told are kept
    /// in the inbox.
    async fn tell(&mut self, telling: &Telling) -> Result<Woken, StepFault> {
        let (begun, mut tries) = (Instant::now(), 0);
        let offered_for = ANSWER_OFFERED_FOR.min(self.deps.time / TAKES_FOR);
        loop {
            let takes = self.takes() && self.invocation.free() > 0;
            let fault = match wake(self.deps, self.tenant, self.id, telling, takes, &mut self.memory).await {
                Ok(Woken::Stale) => {
                    self.invocation.counts.overtaken.add(1);
                    StepFault::Contended(self.id)
                }
                Ok(woken) => {
                    self.invocation.counts.wakes.add(1);
                    return Ok(woken);
                }
                Err(fault) if fault.is_final() => return Err(fault),
                Err(fault) => fault,
            };
            tries += 1;
            let offered = tries < TRIES_MAX || (!telling.is_empty() && begun.elapsed() < offered_for);
            if !offered {
                if telling.signals.is_empty() || telling.child.is_some() {
                    return Err(fault);
                }
                tracing::warn!(%fault, tries, "answers go to the inbox");
                self.post(telling).await?;
                return Err(fault);
            }
            sleep(self.pause(tries)).await;
        }
    }

    /// Keeps answers for the execution's next wake.
    async fn post(&self, telling: &Telling) -> Result<(), PortError> {
        let at = self.deps.now();
        let kept = |signal| Kept { id: self.deps.ids.next(), at, signal };
        let posted = telling.signals.iter().cloned().map(|signal| Posted { to: self.id, kept: kept(signal) });
        let posted: Vec<Posted> = posted.collect();
        self.deps.executions.signals_post(self.tenant, &posted).await
    }

    fn pause(&self, tries: u32) -> Duration {
        let most = PAUSE_FIRST.saturating_mul(1 << tries.min(16)).min(PAUSE_MAX);
        let draw = Draw(&*self.deps.ids).number() % u64::try_from(most.as_micros()).unwrap_or(u64::MAX).max(1);
        Duration::from_micros(draw)
    }

    /// Looks after the leases of this process.
    async fn renew(&self) {
        let lost = self.deps.awake.leases.renew(self.deps).await;
        self.invocation.counts.leases_lost.add(lost);
        if lost > 0 {
            tracing::info!(lost, "tasks are over, or somebody else's by now");
        }
    }

    /// Gives tasks back, so that others may begin them at once. Where that fails their leases end.
    async fn give_back(&self, tasks: &[TaskKey]) {
        if let Err(error) = self.deps.executions.tasks_release(self.tenant, self.id, &self.deps.worker, tasks).await {
            tracing::warn!(%error, "tasks were not given back; their leases end");
        }
    }

    async fn ring(&self) {
        let message = wake_message(self.deps.ids.next(), self.tenant, self.id, self.deps.now()).message;
        let queue = STEP_QUEUE.parse().expect("the constant is a queue name");
        if let Err(error) = self.deps.queue.send(&queue, &[message]).await {
            tracing::warn!(%error, "the doorbell was not rung; the due rows are found later");
        }
    }
}
