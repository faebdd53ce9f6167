//! A reindex as it is begun, gone on with and ended.

use super::call::Caller;
use super::error::ReindexError;
use super::settings::{ReindexSettings, Step, Watch};
use super::state::{self, Held, Phase, State};
use super::steps::{Work, begun};
use crate::Options;
use crate::check::lacking;
use crate::engine::Engine;
use crate::write::{self, Sender};
use octavo_domain_kernel::{Clock, Ids, PortErrorKind};
use octavo_domain_search::{SearchGenerations, SearchTruth};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Makes a new version of the index beside the old one; see the module's text for how, and for why nothing is lost.
pub struct Reindex {
    engine: Engine,
    /// What the new index is like, and where.
    options: Options,
    settings: ReindexSettings,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    generations: Option<Arc<dyn SearchGenerations>>,
    truth: Option<Arc<dyn SearchTruth>>,
    permits: Semaphore,
}

/// How far it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ran {
    /// Both indices are written. The new one is read, or the old one again after a roll back.
    Kept(State),
    /// One index is left.
    Ended {
        /// The one that is left.
        index: String,
        /// As it was at last.
        state: State,
    },
}

impl Reindex {
    /// Connects to nothing yet. Without `generations` results that are kept elsewhere are served until they expire (15
    /// minutes).
    pub fn new(
        options: Options,
        settings: ReindexSettings,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        generations: Option<Arc<dyn SearchGenerations>>,
    ) -> Self {
        Self {
            engine: Engine::new(options.url.clone()),
            options,
            settings,
            clock,
            ids,
            generations,
            truth: None,
            permits: write::permits(),
        }
    }

    /// The same, that has missing vectors made where the new index is of another model. Without it documents have none until
    /// they are changed.
    #[must_use]
    pub fn with_truth(self, truth: Arc<dyn SearchTruth>) -> Self {
        Self { truth: Some(truth), ..self }
    }

    /// How many documents of the index that is read have no vector; none where it holds none of the settings' model.
    ///
    /// # Errors
    /// [`ReindexError::Port`].
    pub async fn lacking(&self) -> Result<Option<u64>, ReindexError> {
        match lacking(&self.engine, &self.options).await {
            Err(error) if error.kind == PortErrorKind::NotFound => Ok(None),
            answer => Ok(answer?),
        }
    }

    /// What is under way.
    ///
    /// # Errors
    /// [`ReindexError::Port`].
    pub async fn status(&self) -> Result<Option<State>, ReindexError> {
        Ok(state::read(self.caller(), &self.options).await?)
    }

    /// Begins, or goes on with what is under way, to where the new index is read and the old one kept; and ends it if the time
    /// to keep it is over.
    ///
    /// # Errors
    /// [`ReindexError`]: after each of them it may be called again, and goes on.
    pub async fn run(&self, watch: Watch<'_>) -> Result<Ran, ReindexError> {
        let caller = self.caller();
        let me = self.ids.next();
        let mut held = match state::take(caller, &self.options, me, self.settings.lease).await? {
            Some(held) => held,
            None => {
                let state = begun(caller, &self.options, self.clock.now()).await?;
                let held = state::begin(caller, &self.options, me, state).await?;
                self.work(&held.state, watch).reached(Step::Begun, 0)?;
                held
            }
        };
        let next = match &held.state.phase {
            Phase::Kept { until } if *until <= self.clock.now() => Some(ending(&held.state, true)),
            Phase::RolledBack => Some(Phase::Comparing),
            _ => None,
        };
        if let Some(next) = next {
            held.enter(next).await?;
        }
        self.advance(held, watch).await
    }

    /// Has the old index read again, after the swap. Both are written still: nothing is lost by it.
    ///
    /// # Errors
    /// [`ReindexError::NotNow`] where the new index is not read; otherwise as [`Self::run`].
    pub async fn roll_back(&self, watch: Watch<'_>) -> Result<Ran, ReindexError> {
        self.turn(watch, |state| match state.phase {
            Phase::Kept { .. } | Phase::Telling | Phase::RollingBack => Ok(Phase::RollingBack),
            Phase::RolledBack => Ok(Phase::RolledBack),
            Phase::Ending { .. } => Err("it is being ended: there is nothing to go back to"),
            _ => Err("the new index is not read yet: abort it, or go on"),
        })
        .await
    }

    /// Ends it in favour of the new index: the old one is deleted.
    ///
    /// # Errors
    /// [`ReindexError::NotNow`] where the new index is not read; otherwise as [`Self::run`].
    pub async fn finish(&self, watch: Watch<'_>) -> Result<Ran, ReindexError> {
        self.turn(watch, |state| match &state.phase {
            Phase::Kept { .. } => Ok(ending(state, true)),
            Phase::Ending { keep, .. } if *keep == state.target => Ok(state.phase.clone()),
            _ => Err("the new index is not read"),
        })
        .await
    }

    /// Ends it in favour of the old index: the new one is deleted.
    ///
    /// # Errors
    /// [`ReindexError::NotNow`] where the new index is read; otherwise as [`Self::run`].
    pub async fn abort(&self, watch: Watch<'_>) -> Result<Ran, ReindexError> {
        self.turn(watch, |state| match &state.phase {
            Phase::Kept { .. } => Err("the new index is read: roll back first, or finish"),
            Phase::Ending { keep, .. } if *keep == state.target => Err("it is being finished"),
            Phase::Ending { .. } => Ok(state.phase.clone()),
            _ => Ok(ending(state, false)),
        })
        .await
    }

    async fn turn(
        &self,
        watch: Watch<'_>,
        decide: impl FnOnce(&State) -> Result<Phase, &'static str>,
    ) -> Result<Ran, ReindexError> {
        let nothing = || ReindexError::NotNow("no reindex is under way".to_owned());
        let held = state::take(self.caller(), &self.options, self.ids.next(), self.settings.lease).await?;
        let mut held = held.ok_or_else(nothing)?;
        match decide(&held.state) {
            Ok(phase) => {
                held.enter(phase).await?;
                self.advance(held, watch).await
            }
            Err(reason) => {
                held.release().await?;
                Err(ReindexError::NotNow(reason.to_owned()))
            }
        }
    }

    async fn advance(&self, held: Held<'_>, watch: Watch<'_>) -> Result<Ran, ReindexError> {
        let me = held.state.held;
        let outcome = self.work(&held.state, watch).advance(held).await;
        // Whoever comes next need not wait. One that was stopped is as one that was killed: it could not do this either.
        if let Err(error) = &outcome
            && !matches!(error, ReindexError::Stopped | ReindexError::Lost)
            && let Some(me) = me
            && let Err(error) = state::free(self.caller(), &self.options, me).await
        {
            tracing::warn!(%error, "others wait until it is clear that this one has given up");
        }
        outcome
    }

    fn caller(&self) -> Caller<'_> {
        Caller { engine: &self.engine, ids: &*self.ids, timeout: self.options.write_timeout }
    }

    fn work<'a>(&'a self, state: &State, watch: Watch<'a>) -> Work<'a> {
        let timeout = self.options.write_timeout;
        Work {
            caller: self.caller(),
            sender: Sender { engine: &self.engine, timeout, ids: &*self.ids, permits: &self.permits },
            options: &self.options,
            settings: &self.settings,
            clock: &*self.clock,
            generations: self.generations.as_deref(),
            truth: self.truth.as_deref(),
            watch,
            source: state.source.clone(),
            target: state.target.clone(),
        }
    }
}

/// The phase that leaves the new index, or the old one.
fn ending(state: &State, new: bool) -> Phase {
    let (source, target) = (state.source.clone(), state.target.clone());
    if new { Phase::Ending { keep: target, drop: source } } else { Phase::Ending { keep: source, drop: target } }
}
