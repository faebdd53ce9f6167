//! `_cat`: tables for people, or JSON with `format=json`.

use serde_json::{Map, Value};

use super::serve::App;
use super::{Reply, Request};
use crate::CLUSTER_NAME;
use crate::catalog::Lenience;
use crate::error::{Error, Result};
use crate::wildcard;

const CAT: &[&str] = &[
    "v",
    "h",
    "s",
    "help",
    "bytes",
    "time",
    "local",
    "health",
    "pri",
    "expand_wildcards",
    "include_unloaded_segments",
];

struct Table {
    columns: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn reply(mut self, request: &Request) -> Result<Reply> {
        request.allow(CAT)?;
        if let Some(wanted) = request.param("h") {
            let mut picked = Vec::new();
            for name in wanted.split(',') {
                let at = self
                    .columns
                    .iter()
                    .position(|column| *column == name)
                    .ok_or_else(|| Error::unsupported(&format!("column [{name}]")))?;
                picked.push(at);
            }
            self.rows = self.rows.iter().map(|row| picked.iter().map(|&at| row[at].clone()).collect()).collect();
            self.columns = picked.iter().map(|&at| self.columns[at]).collect();
        }
        if request.param("format") == Some("json") {
            let rows: Vec<Value> = self
                .rows
                .into_iter()
                .map(|row| {
                    let columns = self.columns.iter().map(|column| (*column).to_owned());
                    Value::Object(columns.zip(row.into_iter().map(Value::from)).collect::<Map<_, _>>())
                })
                .collect();
            return Ok(Reply::ok(rows.into()));
        }
        if request.flag("v", false)? {
            self.rows.insert(0, self.columns.iter().map(|column| (*column).to_owned()).collect());
        }
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|at| self.rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0))
            .collect();
        let mut text = String::new();
        for row in &self.rows {
            let line: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            text.push_str(line.join(" ").trim_end());
            text.push('\n');
        }
        Ok(Reply::text(text))
    }
}

#[expect(clippy::cast_precision_loss, reason = "a size for people")]
fn size(bytes: u64, unit: Option<&str>) -> String {
    if unit == Some("b") {
        return bytes.to_string();
    }
    let mut amount = bytes as f64;
    for unit in ["b", "kb", "mb", "gb"] {
        if amount < 1024.0 {
            return if unit == "b" { format!("{bytes}b") } else { format!("{amount:.1}{unit}") };
        }
        amount /= 1024.0;
    }
    format!("{amount:.1}tb")
}

pub(super) fn indices(app: &App, request: &Request, expression: &str) -> Result<Reply> {
    let mut rows = Vec::new();
    for index in app.catalog.resolve(expression, Lenience::default())? {
        let settings = index.settings();
        let bytes = size(index.store_bytes(), request.param("bytes"));
        rows.push(vec![
            "green".to_owned(),
            "open".to_owned(),
            index.name.clone(),
            index.uuid.clone(),
            settings.shards().to_string(),
            settings.replicas().to_string(),
            index.document_count().to_string(),
            index.deleted_count().to_string(),
            bytes.clone(),
            bytes.clone(),
            bytes,
        ]);
    }
    let columns = vec![
        "health",
        "status",
        "index",
        "uuid",
        "pri",
        "rep",
        "docs.count",
        "docs.deleted",
        "store.size",
        "pri.store.size",
        "dataset.size",
    ];
    Table { columns, rows }.reply(request)
}

fn clock(now_ms: i64) -> Vec<String> {
    let printed = crate::mapping::date::print(now_ms);
    vec![(now_ms / 1_000).to_string(), printed.get(11..19).unwrap_or_default().to_owned()]
}

pub(super) fn count(app: &App, request: &Request, expression: &str) -> Result<Reply> {
    let indices = app.catalog.resolve(expression, Lenience::default())?;
    let mut row = clock(request.now_ms);
    row.push(indices.iter().map(|index| index.document_count()).sum::<u64>().to_string());
    Table { columns: vec!["epoch", "timestamp", "count"], rows: vec![row] }.reply(request)
}

pub(super) fn health(app: &App, request: &Request) -> Result<Reply> {
    let shards: u64 = app.catalog.all().iter().map(|index| index.settings().shards()).sum();
    let mut row = clock(request.now_ms);
    row.extend([
        CLUSTER_NAME.to_owned(),
        "green".to_owned(),
        "1".to_owned(),
        "1".to_owned(),
        shards.to_string(),
        shards.to_string(),
    ]);
    row.extend(["0", "0", "0", "0", "-", "100.0%"].map(str::to_owned));
    let columns = vec![
        "epoch",
        "timestamp",
        "cluster",
        "status",
        "node.total",
        "node.data",
        "shards",
        "pri",
        "relo",
        "init",
        "unassign",
        "pending_tasks",
        "max_task_wait_time",
        "active_shards_percent",
    ];
    Table { columns, rows: vec![row] }.reply(request)
}

pub(super) fn aliases(app: &App, request: &Request, pattern: &str) -> Result<Reply> {
    let mut rows = Vec::new();
    for index in app.catalog.all() {
        for (alias, options) in app.catalog.aliases_of(&index.name) {
            if wildcard::matches(pattern, &alias) {
                let write = options.is_write_index.map_or_else(|| "-".to_owned(), |write| write.to_string());
                let row = [alias.as_str(), &index.name, "-", "-", "-", &write];
                rows.push(row.map(str::to_owned).to_vec());
            }
        }
    }
    let columns = vec!["alias", "index", "filter", "routing.index", "routing.search", "is_write_index"];
    Table { columns, rows }.reply(request)
}
