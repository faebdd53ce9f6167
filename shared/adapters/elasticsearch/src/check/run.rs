//! A comparison from its beginning to its end.

use super::found::{Difference, Differing, Report, Suspect};
use super::lacking::lacking;
use super::look::{look, settle};
use super::mend::{is_mendable, mend};
use super::scan::Scan;
use super::settings::{CheckSettings, Watching};
use crate::Options;
use crate::engine::Engine;
use crate::form::Shape;
use crate::reindex::{Caller, ReindexError};
use crate::vectors::{Held, Mappings, mappings};
use crate::write::{self, Sender};
use octavo_domain_kernel::{Ids, PortErrorKind};
use octavo_domain_search::{SearchGenerations, SearchTruth};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// How often vectors that were asked for are looked for.
const VECTORS_LOOKED_FOR: Duration = Duration::from_millis(500);

/// Compares the index that is read with the database; see the module's text for how.
pub struct Check {
    engine: Engine,
    options: Options,
    settings: CheckSettings,
    truth: Arc<dyn SearchTruth>,
    generations: Arc<dyn SearchGenerations>,
    ids: Arc<dyn Ids>,
    permits: Semaphore,
}

/// What the parts of a comparison work with.
pub(super) struct Looking<'a> {
    pub(super) caller: Caller<'a>,
    pub(super) sender: Sender<'a>,
    pub(super) options: &'a Options,
    pub(super) settings: &'a CheckSettings,
    pub(super) truth: &'a dyn SearchTruth,
    pub(super) watching: Watching<'a>,
    /// The index that is read, by its alias.
    pub(super) index: String,
    /// What it takes of a document, but for vectors.
    pub(super) shape: Shape,
    /// The vectors that it holds.
    pub(super) held: Option<Held>,
}

impl Check {
    /// Connects to nothing yet. `generations` are told when something was mended: what was found before is not served any more.
    pub fn new(
        options: Options,
        settings: CheckSettings,
        truth: Arc<dyn SearchTruth>,
        generations: Arc<dyn SearchGenerations>,
        ids: Arc<dyn Ids>,
    ) -> Self {
        let engine = Engine::new(options.url.clone());
        Self { engine, options, settings, truth, generations, ids, permits: write::permits() }
    }

    /// Compares, and sends again what differs if `mending` says so. May be called at any time, also during a reindex.
    ///
    /// # Errors
    /// [`ReindexError::NotNow`] where there is no index; [`ReindexError::Port`] where engine, database or object storage do
    /// not answer. What was mended until then stays.
    pub async fn run(&self, mending: bool, watching: Watching<'_>) -> Result<Report, ReindexError> {
        let (options, timeout) = (&self.options, self.options.write_timeout);
        let index = options.read_alias();
        let mapped = match mappings(&self.engine, &index).await {
            Err(error) if error.kind == PortErrorKind::NotFound => {
                return Err(ReindexError::NotNow(format!("there is no index {} yet", options.name)));
            }
            mapped => mapped?,
        };
        let none = (options.name.clone(), Mappings::default());
        let (name, mapped) = mapped.into_iter().next().unwrap_or(none);
        let looking = Looking {
            caller: Caller { engine: &self.engine, ids: &*self.ids, timeout },
            sender: Sender { engine: &self.engine, timeout, ids: &*self.ids, permits: &self.permits },
            options,
            settings: &self.settings,
            truth: &*self.truth,
            watching,
            index,
            shape: Shape::of(&name, &mapped, None),
            held: Held::of(&mapped),
        };
        looking.caller.refresh(&looking.index).await?;
        let mut scan = Scan::new(&looking);
        scan.run().await?;
        let mut differing = settle(&looking, std::mem::take(&mut scan.suspects)).await?;
        if mending {
            let (mendable, rest): (Vec<_>, Vec<_>) = differing.into_iter().partition(|one| is_mendable(one.difference));
            differing = rest;
            let left = self.mended(&looking, &mendable).await?;
            scan.report.mended = (mendable.len() - left.len()) as u64;
            differing.extend(left);
        }
        for Differing { suspect, difference } in differing {
            scan.report.add(difference, suspect.place.engine_id(), self.settings.ids_max);
        }
        let tenants = scan.lacking(&looking).await?;
        if mending && !tenants.is_empty() {
            for tenant in &tenants {
                self.truth.vectors_wanted(tenant).await?;
            }
            scan.report.vectors_asked = tenants.len() as u64;
            self.wait_for_vectors(&looking).await?;
            scan.report.differing.remove(&Difference::Unvectored);
            scan.lacking(&looking).await?;
        }
        Ok(scan.report)
    }

    /// A few are there within the settling time; who has many does not wait for them.
    async fn wait_for_vectors(&self, looking: &Looking<'_>) -> Result<(), ReindexError> {
        let begun = Instant::now();
        while begun.elapsed() < self.settings.settle {
            tokio::time::sleep(VECTORS_LOOKED_FOR.min(self.settings.settle)).await;
            looking.caller.refresh(&looking.index).await?;
            if lacking(&self.engine, &self.options).await? == Some(0) {
                break;
            }
        }
        Ok(())
    }

    /// Those that differ still after they were sent again.
    async fn mended(&self, looking: &Looking<'_>, differing: &[Differing]) -> Result<Vec<Differing>, ReindexError> {
        if differing.is_empty() {
            return Ok(Vec::new());
        }
        mend(looking, differing).await?;
        let suspects: Vec<&Suspect> = differing.iter().map(|one| &one.suspect).collect();
        let seen = look(looking, &suspects).await?;
        self.generations.generations_bump().await?;
        let seen: BTreeSet<_> = seen.into_keys().collect();
        Ok(differing.iter().filter(|one| seen.contains(&one.suspect.place)).cloned().collect())
    }
}
