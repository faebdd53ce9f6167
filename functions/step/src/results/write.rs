//! Writes results: the children's records into files, and a manifest that names them.

use super::config::{Place, Transformation, Writer};
use super::files::{Files, put};
use super::record::record;
use crate::Deps;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use octavo_domain_kernel::{BlobKey, PortError, TenantId};
use octavo_domain_workflow::engine::ports::{ExecutionQuery, ExecutionView, Freshness};
use octavo_domain_workflow::engine::{ExecutionId, Status};
use octavo_domain_workflow::machine::Event;
use serde_json::{Value, json};

/// Children that are looked up at a time.
const PAGE: u32 = 500;
/// Children that are read at the same time.
const READS_AT_ONCE: usize = 8;

/// Writes what the children of a map run came to, and says what its state is told. The same run is written to the same
/// files, however often.
pub(crate) async fn write(
    deps: &Deps,
    tenant: &TenantId,
    map_run_arn: &str,
    writer: &Value,
    results: &Value,
) -> Result<Event, PortError> {
    let unwritten = |why: &str| Event::ResultsUnwritten { cause: format!("The results cannot be written: {why}.") };
    let writer = match Writer::parse(writer) {
        Ok(writer) => writer,
        Err(why) => return Ok(unwritten(&why)),
    };
    let Some(place) = &writer.place else {
        let output = match writer.transformation {
            Transformation::Compact => results.clone(),
            Transformation::Flatten => flat(results),
            Transformation::None => {
                let mut records = Vec::new();
                let mut children = Children::new(deps, tenant, map_run_arn);
                while let Some(page) = children.next().await? {
                    records.extend(page.iter().map(record));
                }
                Value::Array(records)
            }
        };
        return Ok(Event::ResultsWritten { output });
    };
    let run = map_run_arn.rsplit(':').next().unwrap_or_default();
    let folder = match place.prefix.as_str() {
        "" => format!("{run}/"),
        prefix => format!("{prefix}/{run}/"),
    };
    let manifest_key = format!("{folder}manifest.json");
    if BlobKey::workflow_file(tenant, &place.bucket, &manifest_key).is_none() {
        let why = format!("'{}' and '{}' are no names of a bucket and a prefix here", place.bucket, place.prefix);
        return Ok(unwritten(&why));
    }
    let manifest = export(deps, tenant, map_run_arn, &writer, place, &folder).await?;
    let bytes = Bytes::from(manifest.to_string());
    put(&*deps.blobs, tenant, place, &manifest_key, bytes, "application/json").await?;
    Ok(Event::ResultsWritten {
        output: json!({
            "MapRunArn": map_run_arn,
            "ResultWriterDetails": { "Bucket": place.bucket, "Key": manifest_key },
        }),
    })
}

async fn export(
    deps: &Deps,
    tenant: &TenantId,
    map_run_arn: &str,
    writer: &Writer,
    place: &Place,
    folder: &str,
) -> Result<Value, PortError> {
    let files = |kind| Files::new(&*deps.blobs, tenant, place, folder, kind, writer.lines);
    let (mut succeeded, mut failed, mut pending) = (files("SUCCEEDED"), files("FAILED"), files("PENDING"));
    let mut children = Children::new(deps, tenant, map_run_arn);
    while let Some(page) = children.next().await? {
        for child in &page {
            match (child.status, writer.transformation) {
                (Status::Succeeded, Transformation::None) => succeeded.push(&record(child)).await?,
                (Status::Succeeded, Transformation::Flatten) if child.output.as_ref().is_some_and(Value::is_array) => {
                    for item in child.output.as_ref().and_then(Value::as_array).into_iter().flatten() {
                        succeeded.push(item).await?;
                    }
                }
                (Status::Succeeded, _) => succeeded.push(child.output.as_ref().unwrap_or(&Value::Null)).await?,
                (Status::Running | Status::PendingRedrive, _) => pending.push(&record(child)).await?,
                (Status::Failed | Status::TimedOut | Status::Aborted, _) => failed.push(&record(child)).await?,
            }
        }
    }
    Ok(json!({
        "DestinationBucket": place.bucket,
        "MapRunArn": map_run_arn,
        "ResultFiles": {
            "FAILED": failed.finish().await?,
            "PENDING": pending.finish().await?,
            "SUCCEEDED": succeeded.finish().await?,
        },
    }))
}

/// One level of lists less.
fn flat(results: &Value) -> Value {
    let mut items = Vec::new();
    for result in results.as_array().into_iter().flatten() {
        match result {
            Value::Array(inner) => items.extend(inner.iter().cloned()),
            other => items.push(other.clone()),
        }
    }
    Value::Array(items)
}

/// The children of a map run in the order in which they began, page by page.
struct Children<'a> {
    deps: &'a Deps,
    tenant: &'a TenantId,
    /// Their ids, last first; none before they were looked up.
    ids: Option<Vec<ExecutionId>>,
    map_run_arn: &'a str,
}

impl<'a> Children<'a> {
    fn new(deps: &'a Deps, tenant: &'a TenantId, map_run_arn: &'a str) -> Self {
        Self { deps, tenant, ids: None, map_run_arn }
    }

    /// The next ones; none after the last.
    async fn next(&mut self) -> Result<Option<Vec<ExecutionView>>, PortError> {
        let mut ids = match self.ids.take() {
            Some(ids) => ids,
            None => self.all().await?,
        };
        let page = ids.split_off(ids.len().saturating_sub(PAGE as usize));
        self.ids = Some(ids);
        if page.is_empty() {
            return Ok(None);
        }
        let reads = page.into_iter().rev().map(|id| self.deps.reads.execution_get(self.tenant, id));
        let found: Vec<Option<ExecutionView>> = stream::iter(reads).buffered(READS_AT_ONCE).try_collect().await?;
        Ok(Some(found.into_iter().flatten().collect()))
    }

    /// The list is newest first, and is read to its end before the oldest is known: ids only, 16 bytes each.
    async fn all(&self) -> Result<Vec<ExecutionId>, PortError> {
        let mut query =
            ExecutionQuery { map_run_arn: Some(self.map_run_arn.to_owned()), limit: PAGE, ..ExecutionQuery::default() };
        let mut ids = Vec::new();
        loop {
            let page = self.deps.reads.execution_list(self.tenant, &query, &Freshness::Latest).await?;
            ids.extend(page.iter().map(|child| child.id));
            match page.last() {
                Some(last) if page.len() >= PAGE as usize => query.after = Some(last.id),
                _ => return Ok(ids),
            }
        }
    }
}
