//! Collections in the adapter's own index.

use crate::collection::Collection;
use crate::measure::DEPTH;
use crate::variants::index_name;
use anyhow::Context;
use futures::StreamExt;
use octavo_adapters_elasticsearch::{Analysis, ElasticsearchIndex, Options, Ranking};
use octavo_adapters_system::SystemIds;
use octavo_domain_kernel::{DocumentId, Reader};
use octavo_domain_search::{Alternative, IndexWrite, Scope, SearchIndex, SearchRequest, WriteOutcome};
use std::sync::Arc;
use std::time::Duration;

/// Documents of one write.
const DOCUMENTS_AT_ONCE: usize = 500;
/// Queries under way at a time.
const QUERIES_AT_ONCE: usize = 2;

/// The adapter, as one configuration makes it.
pub(crate) struct Indexed {
    pub(crate) index: ElasticsearchIndex,
}

/// A query and what may be said otherwise in it.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) text: String,
    pub(crate) alternatives: Vec<Alternative>,
}

impl Indexed {
    pub(crate) fn new(url: &str, prefix: &str, analysis: Analysis, ranking: Ranking) -> anyhow::Result<Self> {
        let options = Options {
            name: format!("{prefix}{}", index_name(&ranking)),
            shards: 1,
            replicas: 0,
            refresh_interval: Duration::from_secs(3600),
            search_timeout: Duration::from_secs(60),
            write_timeout: Duration::from_secs(120),
            analysis,
            ranking,
            ..Options::new(url.parse()?)
        };
        Ok(Self { index: ElasticsearchIndex::new(options, Arc::new(SystemIds)) })
    }

    /// Writes all of `collection` and makes it visible.
    pub(crate) async fn fill(&self, collection: &Collection) -> anyhow::Result<()> {
        let entries = collection.entries()?;
        for chunk in entries.chunks(DOCUMENTS_AT_ONCE) {
            let writes = chunk.iter().cloned().map(|entry| IndexWrite::Put(Box::new(entry))).collect();
            for outcome in self.index.write(writes).await {
                anyhow::ensure!(outcome? == WriteOutcome::Applied, "the index is not a new one");
            }
        }
        self.index.refresh().await?;
        let count = self.index.count(&collection.tenant()?).await?;
        anyhow::ensure!(count == collection.items.len() as u64, "{count} of {} were indexed", collection.items.len());
        Ok(())
    }

    /// The first ten of each query, in the order of `queries`.
    pub(crate) async fn ask(&self, collection: &Collection, queries: &[Asked]) -> anyhow::Result<Vec<Vec<DocumentId>>> {
        let scope = scope(collection)?;
        let one = |asked: &Asked| {
            let (asked, scope) = (asked.clone(), scope.clone());
            async move {
                let text: String = asked.text.chars().take(1000).collect();
                let text = text.split_whitespace().take(64).collect::<Vec<_>>().join(" ");
                let size = u16::try_from(DEPTH).ok();
                let request = SearchRequest { text: Some(text), size, ..SearchRequest::default() };
                let mut query = request.validate().map_err(|faults| anyhow::anyhow!("{}: {faults:?}", asked.text))?;
                query.alternatives = asked.alternatives;
                let found = self.index.search(&scope, &query).await.with_context(|| asked.text.clone())?;
                anyhow::Ok(found.hits.into_iter().map(|hit| hit.id).collect())
            }
        };
        let mut answers = futures::stream::iter(queries.iter().map(one)).buffered(QUERIES_AT_ONCE);
        let mut all = Vec::with_capacity(queries.len());
        while let Some(answer) = answers.next().await {
            all.push(answer?);
        }
        Ok(all)
    }
}

/// Somebody who may read all of a collection.
pub(crate) fn scope(collection: &Collection) -> anyhow::Result<Scope> {
    Ok(Scope {
        tenant: collection.tenant()?,
        user: "reader".parse()?,
        readers: vec![Reader::User("reader".parse()?)],
        hidden: Vec::new(),
    })
}
