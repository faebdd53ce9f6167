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
    "ts",
];

/// A column: its name, its short names, what it says.
type Column = (&'static str, &'static [&'static str], &'static str);

struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

/// Numbers by their size where both are, else texts.
fn compare(a: &str, b: &str) -> std::cmp::Ordering {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.total_cmp(&b),
        _ => a.cmp(b),
    }
}

impl Table {
    fn position(&self, name: &str) -> Result<usize> {
        let named = |(column, short, _): &Column| *column == name || short.contains(&name);
        self.columns.iter().position(named).ok_or_else(|| Error::unsupported(&format!("column [{name}]")))
    }

    fn sort(&mut self, orders: &str) -> Result<()> {
        let mut keys = Vec::new();
        for order in orders.split(',') {
            let (name, direction) = order.split_once(':').unwrap_or((order, "asc"));
            keys.push((self.position(name)?, direction == "desc"));
        }
        self.rows.sort_by(|a, b| {
            let one = |&(at, descending): &(usize, bool)| {
                let ordering = compare(&a[at], &b[at]);
                if descending { ordering.reverse() } else { ordering }
            };
            keys.iter().map(one).find(|ordering| ordering.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
        });
        Ok(())
    }

    /// Rows as lines of columns, each as wide as its widest cell.
    fn lines(rows: &[Vec<String>], between: &str) -> String {
        let columns = rows.first().map_or(0, Vec::len);
        let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        for row in rows {
            let line: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            text.push_str(line.join(between).trim_end());
            text.push('\n');
        }
        text
    }

    fn reply(mut self, request: &Request) -> Result<Reply> {
        request.allow(CAT)?;
        if request.flag("help", false)? {
            let line = |(name, short, says): &Column| {
                vec![
                    (*name).to_owned(),
                    if short.is_empty() { "-".to_owned() } else { short.join(",") },
                    (*says).to_owned(),
                ]
            };
            let rows: Vec<Vec<String>> = self.columns.iter().map(line).collect();
            return Ok(Reply::text(Self::lines(&rows, " | ")));
        }
        if let Some(orders) = request.param("s") {
            self.sort(orders)?;
        }
        let mut columns: Vec<String> = self.columns.iter().map(|(name, ..)| (*name).to_owned()).collect();
        if let Some(wanted) = request.param("h") {
            let picked = wanted.split(',').map(|name| self.position(name)).collect::<Result<Vec<_>>>()?;
            self.rows = self.rows.iter().map(|row| picked.iter().map(|&at| row[at].clone()).collect()).collect();
            columns = wanted.split(',').map(str::to_owned).collect();
        }
        if request.param("format") == Some("json") {
            let rows: Vec<Value> = self
                .rows
                .into_iter()
                .map(|row| {
                    let cells = columns.iter().cloned().zip(row.into_iter().map(Value::from));
                    Value::Object(cells.collect::<Map<_, _>>())
                })
                .collect();
            return Ok(Reply::ok(rows.into()));
        }
        if request.flag("v", false)? {
            self.rows.insert(0, columns);
        }
        Ok(Reply::text(Self::lines(&self.rows, " ")))
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
    let healthy = match request.param("health") {
        None | Some("green") => true,
        Some("yellow" | "red") => false,
        Some(other) => return Err(Error::illegal(format!("unknown cluster health status [{other}]"))),
    };
    for index in app.catalog.resolve(expression, request.lenience()?)?.into_iter().filter(|_| healthy) {
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
    let columns: Vec<Column> = vec![
        ("health", &["h"], "current health status"),
        ("status", &["s"], "open/close status"),
        ("index", &["i", "idx"], "index name"),
        ("uuid", &["id"], "index uuid"),
        ("pri", &["p", "shards.primary"], "number of primary shards"),
        ("rep", &["r", "shards.replica"], "number of replica shards"),
        ("docs.count", &["dc", "docsCount"], "available docs"),
        ("docs.deleted", &["dd", "docsDeleted"], "deleted docs"),
        ("store.size", &["ss", "storeSize"], "store size of primaries and replicas"),
        ("pri.store.size", &[], "store size of primaries"),
        ("dataset.size", &[], "total size of dataset"),
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
    Table {
        columns: vec![
            ("epoch", &["t", "time"], "seconds since 1970-01-01 00:00:00"),
            ("timestamp", &["ts", "hms", "hhmmss"], "time in HH:MM:SS"),
            ("count", &["dc", "docs.count", "docsCount"], "the document count"),
        ],
        rows: vec![row],
    }
    .reply(request)
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
    let columns: Vec<Column> = vec![
        ("epoch", &["t", "time"], "seconds since 1970-01-01 00:00:00"),
        ("timestamp", &["ts", "hms", "hhmmss"], "time in HH:MM:SS"),
        ("cluster", &["cl"], "cluster name"),
        ("status", &["st"], "health status"),
        ("node.total", &["nt", "nodeTotal"], "total number of nodes"),
        ("node.data", &["nd", "nodeData"], "number of nodes that can store data"),
        ("shards", &["t", "sh", "shards.total", "shardsTotal"], "total number of shards"),
        ("pri", &["p", "shards.primary", "shardsPrimary"], "number of primary shards"),
        ("relo", &["r", "shards.relocating", "shardsRelocating"], "number of relocating nodes"),
        ("init", &["i", "shards.initializing", "shardsInitializing"], "number of initializing nodes"),
        ("unassign", &["u", "shards.unassigned", "shardsUnassigned"], "number of unassigned shards"),
        ("pending_tasks", &["pt", "pendingTasks"], "number of pending tasks"),
        ("max_task_wait_time", &["mtwt", "maxTaskWaitTime"], "wait time of longest task pending"),
        ("active_shards_percent", &["asp", "activeShardsPercent"], "active number of shards in percent"),
    ];
    // Without the two columns of the time.
    let skipped = if request.flag("ts", true)? { 0 } else { 2 };
    Table { columns: columns[skipped..].to_vec(), rows: vec![row.split_off(skipped)] }.reply(request)
}

pub(super) fn aliases(app: &App, request: &Request, pattern: &str) -> Result<Reply> {
    let mut rows = Vec::new();
    // Here the hidden ones are seen unless the request says which it wants.
    let hidden = request.param("expand_wildcards").is_none() || request.lenience()?.hidden;
    for index in app.catalog.all() {
        for (alias, options) in app.catalog.aliases_of(&index.name) {
            let named = |one: &str| {
                let shown = !one.contains('*')
                    || options.is_hidden != Some(true)
                    || hidden
                    || (one.starts_with('.') && alias.starts_with('.'));
                shown && wildcard::matches(one, &alias)
            };
            if pattern.split(',').any(named) {
                let write = options.is_write_index.map_or_else(|| "-".to_owned(), |write| write.to_string());
                let row = [alias.as_str(), &index.name, "-", "-", "-", &write];
                rows.push(row.map(str::to_owned).to_vec());
            }
        }
    }
    let columns: Vec<Column> = vec![
        ("alias", &["a"], "alias name"),
        ("index", &["i", "idx"], "index the alias points to"),
        ("filter", &["f", "fi"], "filter"),
        ("routing.index", &["ri", "routingIndex"], "index routing"),
        ("routing.search", &["rs", "routingSearch"], "search routing"),
        ("is_write_index", &["w", "isWriteIndex"], "write index"),
    ];
    Table { columns, rows }.reply(request)
}
