//! Documents of the index that is read which have no vector of the settings' model.

use super::found::Difference;
use super::run::Looking;
use super::scan::Scan;
use crate::Options;
use crate::engine::Engine;
use crate::near::ranked;
use crate::reindex::{Place, Which, bodies};
use crate::vectors::{FIELD, Held, mappings};
use octavo_domain_kernel::{PortError, TenantId};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Documents that are read at a time.
const AT_ONCE: usize = 1000;

fn without_vector() -> Value {
    json!({"bool": {"must_not": [{"exists": {"field": FIELD}}]}})
}

/// How many documents have no vector in the index that is read; none where it holds none of the settings' model, or the
/// settings name no model.
pub(crate) async fn lacking(engine: &Engine, options: &Options) -> Result<Option<u64>, PortError> {
    let mapped = mappings(engine, &options.read_alias()).await?;
    let held = mapped.values().next().and_then(Held::of);
    if options.vectors.is_none() || held.map(|held| held.model) != options.vectors {
        return Ok(None);
    }
    let body = json!({"size": 0, "track_total_hits": true, "query": without_vector()});
    Ok(Some(ranked(engine, options, &body).await?.total().value))
}

impl Scan<'_> {
    /// Counts documents without a vector; the tenants that they are of.
    pub(super) async fn lacking(&mut self, looking: &Looking<'_>) -> Result<BTreeSet<TenantId>, PortError> {
        let mut tenants = BTreeSet::new();
        let Some(model) = &looking.options.vectors else { return Ok(tenants) };
        let unknown = match &looking.held {
            Some(held) if held.model == *model => None,
            Some(held) => Some(format!("the index holds vectors of {}, and {} is wanted", held.model.name, model.name)),
            None => Some("the index holds no vectors".to_owned()),
        };
        if unknown.is_some() {
            self.report.vectors_unknown = unknown;
            return Ok(tenants);
        }
        let mut last: Option<Place> = None;
        loop {
            let mut body = bodies(Which::After(last.as_ref(), AT_ONCE));
            body["query"] = without_vector();
            let page = crate::reindex::send(looking.caller, &looking.index, &body).await?;
            let Some(end) = page.last() else { return Ok(tenants) };
            last = Some(end.place.clone());
            for document in page {
                tenants.extend(document.place.0.parse::<TenantId>().ok());
                self.report.add(Difference::Unvectored, document.id, looking.settings.ids_max);
            }
        }
    }
}
