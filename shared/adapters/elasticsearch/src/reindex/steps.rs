//! What each phase does.

use super::aliases::{Wanted, set};
use super::call::Caller;
use super::compare::compare;
use super::copy::copy;
use super::entry::Between;
use super::error::ReindexError;
use super::run::Ran;
use super::settings::{Event, ReindexSettings, Step, Watch};
use super::state::{Held, Phase, State};
use crate::Options;
use crate::form::Form;
use crate::schema::{META_SCHEMA, SCHEMA_VERSION};
use crate::targets::{aliases, written};
use crate::vectors::{Held as Vectors, Mappings, VectorForm, mappings, put_template};
use crate::write::Sender;
use chrono::{DateTime, TimeDelta, Utc};
use elasticsearch::http::Method;
use octavo_domain_kernel::{Clock, PortError, TenantId};
use octavo_domain_search::{SearchGenerations, SearchTruth, TRUTH_MAX};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// Making an index waits for its shards on every node.
const MAKE_TIMEOUT: Duration = Duration::from_secs(30);

/// What the steps work with.
pub(super) struct Work<'a> {
    pub(super) caller: Caller<'a>,
    pub(super) sender: Sender<'a>,
    pub(super) options: &'a Options,
    pub(super) settings: &'a ReindexSettings,
    pub(super) clock: &'a dyn Clock,
    pub(super) generations: Option<&'a dyn SearchGenerations>,
    pub(super) truth: Option<&'a dyn SearchTruth>,
    pub(super) watch: Watch<'a>,
    pub(super) source: String,
    pub(super) target: String,
}

/// The state of a reindex that begins now.
pub(super) async fn begun(caller: Caller<'_>, options: &Options, now: DateTime<Utc>) -> Result<State, ReindexError> {
    let present = aliases(caller.engine, &format!("{}-*", options.name)).await?;
    let read: Vec<&String> =
        present.iter().filter(|(_, of)| of.aliases.contains_key(&options.read_alias())).map(|(name, _)| name).collect();
    let source = match (written(&present, &options.write_alias()), read.as_slice()) {
        (Some(source), [read]) if source == *read => source.to_owned(),
        (None, []) => return Err(ReindexError::NotNow(format!("there is no index {} yet", options.name))),
        _ => {
            let aliases = (options.read_alias(), options.write_alias());
            let reason = format!("{} and {} do not name one and the same index", aliases.0, aliases.1);
            return Err(ReindexError::NotNow(reason));
        }
    };
    let path = format!("/{}-v*/_alias", options.name);
    let names: BTreeMap<String, Value> = caller.send(Method::Get, &path, &[], None).await?.json()?;
    let target = format!("{}-v{}", options.name, next_number(names.keys(), &options.name));
    Ok(State {
        source,
        target,
        begun_at: now,
        phase: Phase::Making,
        position: None,
        copied: 0,
        compared: None,
        vectors_asked: 0,
        held: None,
    })
}

/// The number after the highest; at least that of the schema, by which releases before the first reindex go.
fn next_number<'a>(names: impl Iterator<Item = &'a String>, name: &str) -> u32 {
    let number = |index: &'a String| index.strip_prefix(name)?.strip_prefix("-v")?.parse::<u32>().ok();
    names.filter_map(number).max().map_or(SCHEMA_VERSION, |highest| (highest + 1).max(SCHEMA_VERSION))
}

impl Work<'_> {
    /// Tells whoever watches.
    pub(super) fn reached(&self, step: Step, documents: u64) -> Result<(), ReindexError> {
        if (self.watch)(Event { step, documents }).is_break() { Err(ReindexError::Stopped) } else { Ok(()) }
    }

    /// Between which forms documents are carried.
    pub(super) async fn between(&self) -> Result<Between, PortError> {
        let mapped = mappings(self.caller.engine, &format!("{},{}", self.source, self.target)).await?;
        let none = Mappings::default();
        let of = |index: &String| mapped.get(index).unwrap_or(&none);
        let (source, target) = (of(&self.source), of(&self.target));
        let (held, taken) = (Vectors::of(source), Vectors::of(target));
        Ok(Between {
            old: Form::of(&self.source, source),
            new: Form::of(&self.target, target),
            // Of two models they have nothing to do with each other.
            vectors: held.is_some() && held == taken,
            apart: held.is_some_and(|held| held.form == VectorForm::Dense),
            languages: self.options.ranking.language,
        })
    }

    /// Does what is to be done, phase by phase, to where it rests.
    pub(super) async fn advance(&self, mut held: Held<'_>) -> Result<Ran, ReindexError> {
        loop {
            let copied = held.state.copied;
            let both = Some((self.source.as_str(), self.target.as_str()));
            let next = match held.state.phase.clone() {
                Phase::Making => {
                    self.make().await?;
                    self.reached(Step::Made, 0)?;
                    Phase::Doubling
                }
                Phase::Doubling => {
                    set(self.caller, self.options, Wanted { read: &self.source, both }).await?;
                    self.reached(Step::Doubled, 0)?;
                    Phase::Settling
                }
                Phase::Settling => {
                    self.wait(&mut held).await?;
                    self.caller.refresh(&self.source).await?;
                    self.reached(Step::Settled, 0)?;
                    Phase::Copying
                }
                Phase::Copying => {
                    copy(self, &mut held).await?;
                    self.reached(Step::Copied, held.state.copied)?;
                    Phase::Comparing
                }
                Phase::Comparing => {
                    let compared = compare(self, &mut held).await?;
                    self.reached(Step::Compared, compared.documents)?;
                    held.state.compared = Some(compared);
                    Phase::Swapping
                }
                Phase::Swapping => {
                    self.caller.refresh(&self.target).await?;
                    set(self.caller, self.options, Wanted { read: &self.target, both }).await?;
                    self.reached(Step::Swapped, copied)?;
                    Phase::Telling
                }
                Phase::Telling => {
                    self.tell().await?;
                    self.reached(Step::Told, copied)?;
                    held.state.vectors_asked = self.want_vectors(&mut held).await?;
                    self.reached(Step::VectorsAsked, held.state.vectors_asked)?;
                    if self.settings.keep.is_zero() {
                        Phase::Ending { keep: self.target.clone(), drop: self.source.clone() }
                    } else {
                        let keep = TimeDelta::from_std(self.settings.keep).unwrap_or(TimeDelta::MAX);
                        let until = self.clock.now().checked_add_signed(keep).unwrap_or(DateTime::<Utc>::MAX_UTC);
                        Phase::Kept { until }
                    }
                }
                Phase::RollingBack => {
                    set(self.caller, self.options, Wanted { read: &self.source, both }).await?;
                    self.reached(Step::SwappedBack, copied)?;
                    self.tell().await?;
                    self.reached(Step::Told, copied)?;
                    Phase::RolledBack
                }
                Phase::Kept { .. } | Phase::RolledBack => {
                    let state = held.state.clone();
                    held.release().await?;
                    return Ok(Ran::Kept(State { held: None, ..state }));
                }
                Phase::Ending { keep, drop } => {
                    self.end(&mut held, &keep, &drop).await?;
                    let state = held.state.clone();
                    held.remove().await?;
                    return Ok(Ran::Ended { index: keep, state });
                }
            };
            held.enter(next).await?;
        }
    }

    async fn make(&self) -> Result<(), ReindexError> {
        put_template(self.caller.engine, self.options, MAKE_TIMEOUT).await?;
        let path = format!("/{}", self.target);
        let made = self.caller.send(Method::Put, &path, &[], Some(&json!({}))).await?;
        // It is there already where an attempt before this one was killed.
        if !made.is_success() && made.error_type().as_deref() != Some("resource_already_exists_exception") {
            return Err(made.error().into());
        }
        let mapped = mappings(self.caller.engine, &self.target).await?;
        let schema = mapped.get(&self.target).and_then(|mappings| mappings.meta.get(META_SCHEMA)?.as_u64());
        if schema != Some(u64::from(SCHEMA_VERSION)) {
            let reason =
                format!("{} does not have the present schema: does another template fit its name?", self.target);
            return Err(PortError::corrupt(reason).into());
        }
        Ok(())
    }

    /// Waits until nothing is accepted any more that was sent by the aliases of before.
    async fn wait(&self, held: &mut Held<'_>) -> Result<(), ReindexError> {
        let begun = Instant::now();
        loop {
            let left = self.settings.writers_within.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Ok(());
            }
            tokio::time::sleep(left.min(self.settings.lease / 4)).await;
            held.beat(self.settings.lease).await?;
        }
    }

    async fn tell(&self) -> Result<(), ReindexError> {
        if let Some(generations) = self.generations {
            generations.generations_bump().await?;
        }
        Ok(())
    }

    /// Has the vectors made that the new index could not take over; of how many tenants.
    async fn want_vectors(&self, held: &mut Held<'_>) -> Result<u64, ReindexError> {
        if self.options.vectors.is_none() || self.between().await?.vectors {
            return Ok(0);
        }
        let Some(truth) = self.truth else {
            tracing::warn!("documents have no vectors of the new model until they are changed");
            return Ok(0);
        };
        let (mut last, mut asked): (Option<TenantId>, u64) = (None, 0);
        loop {
            let tenants = truth.tenants(last.as_ref(), TRUTH_MAX).await?;
            let Some(end) = tenants.last() else { return Ok(asked) };
            last = Some(end.clone());
            for tenant in &tenants {
                truth.vectors_wanted(tenant).await?;
                held.beat(self.settings.lease).await?;
            }
            asked += tenants.len() as u64;
        }
    }

    async fn end(&self, held: &mut Held<'_>, keep: &str, drop: &str) -> Result<(), ReindexError> {
        set(self.caller, self.options, Wanted { read: keep, both: None }).await?;
        self.reached(Step::Single, 0)?;
        if keep == self.source {
            // It may have been swapped already when it was aborted.
            self.tell().await?;
        }
        // The next reindex begins when nobody takes its aliases for those of this one.
        self.wait(held).await?;
        let gone = self.caller.send(Method::Delete, &format!("/{drop}"), &[], None).await?;
        if !gone.is_success() && gone.status != 404 {
            return Err(gone.error().into());
        }
        self.reached(Step::Deleted, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_numbered_after_the_highest() {
        let number =
            |names: &[&str]| next_number(names.iter().map(ToString::to_string).collect::<Vec<_>>().iter(), "docs");
        assert_eq!(number(&["docs-v1"]), SCHEMA_VERSION);
        assert_eq!(number(&["docs-v9", "docs-v10", "docs-v2"]), 11);
        assert_eq!(number(&["docs-v2", "docs-v2-by-hand", "docs-very"]), 3);
        assert_eq!(number(&["by-hand"]), SCHEMA_VERSION);
    }
}
