//! The embedded search engine beside a real one: the same documents, the same queries, in turns, by one client.

use crate::figures::Figures;
use anyhow::Context;
use local_emulator_elasticsearch::{Options, Server};
use reqwest::Client;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The most of one document's text that is indexed, in bytes.
const TEXT_BYTES_MAX: usize = 256 * 1024;
/// A bulk request is sent when it is this large, in bytes.
const BULK_BYTES: usize = 5 * 1024 * 1024;
/// Rounds before those that count: the real engine's compiler needs them, and both get them.
const WARM_ROUNDS: usize = 30;
const INDEX: &str = "bench-beside";

/// Words of the Rust documentation: common and rare, alone and together, one misspelt.
const WORDS: [&str; 14] = [
    "iterator",
    "vec push",
    "hash map entry",
    "borrow checker",
    "unsafe pointer",
    "trait object",
    "lifetime",
    "mutex poison",
    "string slice",
    "pattern matching",
    "thread spawn join",
    "itrator",
    "error handling",
    "range inclusive",
];

/// What is measured.
pub(crate) struct Wanted {
    /// HTML files below this folder.
    pub(crate) folder: PathBuf,
    /// The real engine.
    pub(crate) beside: Option<String>,
    /// An embedded engine that runs already; one of this process if there is none.
    pub(crate) embedded: Option<String>,
    pub(crate) documents: usize,
    pub(crate) rounds: usize,
}

struct Document {
    id: usize,
    folder: String,
    title: String,
    text: String,
}

/// The text of a page: what is between its tags, without scripts and styles.
fn text_of(html: &str) -> String {
    let mut text = String::with_capacity(html.len() / 2);
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        rest = &rest[start..];
        let closing = ["script", "style"].into_iter().find(|name| rest[1..].starts_with(name));
        let end = match closing {
            Some(name) => rest.find(&format!("</{name}>")).map(|at| at + name.len() + 3),
            None => rest.find('>').map(|at| at + 1),
        };
        text.push(' ');
        rest = end.map_or("", |end| &rest[end..]);
    }
    text.push_str(rest);
    let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

fn documents(folder: &Path, limit: usize) -> anyhow::Result<Vec<Document>> {
    let mut folders = vec![folder.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "html") {
                files.push(path);
            }
        }
    }
    files.sort();
    files.truncate(limit);
    let mut all = Vec::with_capacity(files.len());
    for (id, path) in files.iter().enumerate() {
        let html = String::from_utf8_lossy(&std::fs::read(path)?).into_owned();
        let title =
            html.split_once("<title>").and_then(|(_, rest)| rest.split_once('<')).map_or("", |(title, _)| title);
        let parent = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
        all.push(Document { id, folder: parent, title: title.to_owned(), text: text_of(&html) });
    }
    Ok(all)
}

/// Kinds of searches, and the body of each for some words.
fn searches(words: &str) -> Vec<(&'static str, Value)> {
    let fields = json!(["title^3", "text"]);
    let hit = json!(["title"]);
    let any = json!({ "multi_match": { "query": words, "fields": fields } });
    vec![
        ("any word, two fields", json!({ "query": any, "_source": hit })),
        (
            "all words, filtered",
            json!({ "query": { "bool": {
                "must": [{ "multi_match": { "query": words, "fields": fields, "operator": "and" } }],
                "filter": [{ "terms": { "folder": ["std", "core", "alloc", "vec", "collections", "sync", "string"] } }],
            } }, "_source": hit }),
        ),
        ("phrase", json!({ "query": { "match_phrase": { "text": words } }, "_source": hit })),
        (
            "fuzzy",
            json!({ "query": { "multi_match": { "query": words, "fields": fields, "fuzziness": "AUTO" } }, "_source": hit }),
        ),
        ("prefix while typing", json!({ "query": { "match_bool_prefix": { "title": words } }, "_source": hit })),
        ("highlighted", json!({ "query": any, "_source": hit, "highlight": { "fields": { "text": {} } } })),
        (
            "facets",
            json!({ "query": any, "_source": hit, "aggs": { "folders": { "terms": { "field": "folder", "size": 20 } } } }),
        ),
        ("sorted by a field", json!({ "query": any, "_source": hit, "sort": [{ "size": "desc" }] })),
    ]
}

struct Engine {
    name: &'static str,
    url: String,
    /// By kind of search, in their order.
    figures: Vec<Figures>,
}

async fn ok(request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
    let response = request.send().await?;
    let status = response.status();
    let value: Value = response.json().await?;
    anyhow::ensure!(status.is_success(), "{status}: {value}");
    Ok(value)
}

/// Makes the index anew and fills it; how long it took until everything can be found.
async fn fill(client: &Client, url: &str, bulks: &[String]) -> anyhow::Result<Duration> {
    client.delete(format!("{url}/{INDEX}")).send().await?;
    let body = json!({
        "settings": { "number_of_shards": 1, "number_of_replicas": 0 },
        "mappings": { "properties": {
            "title": { "type": "text" }, "text": { "type": "text" },
            "folder": { "type": "keyword" }, "size": { "type": "long" },
        } },
    });
    ok(client.put(format!("{url}/{INDEX}")).json(&body)).await?;
    let started = Instant::now();
    for bulk in bulks {
        let request = client.post(format!("{url}/{INDEX}/_bulk")).header("content-type", "application/x-ndjson");
        let answer = ok(request.body(bulk.clone())).await?;
        anyhow::ensure!(answer["errors"] == false, "a document was refused: {answer}");
    }
    ok(client.post(format!("{url}/{INDEX}/_refresh"))).await?;
    Ok(started.elapsed())
}

pub(crate) async fn measure(wanted: Wanted) -> anyhow::Result<()> {
    let documents = documents(&wanted.folder, wanted.documents)?;
    let bytes: usize = documents.iter().map(|document| document.text.len() + document.title.len()).sum();
    println!("{} documents, {:.1} MiB of text", documents.len(), bytes as f64 / f64::from(1 << 20));
    let mut bulks = vec![String::new()];
    for document in &documents {
        let last = bulks.last_mut().context("there is one")?;
        *last += &format!("{}\n", json!({ "index": { "_id": document.id.to_string() } }));
        let size = document.text.len();
        let Document { folder, title, text, .. } = document;
        *last += &format!("{}\n", json!({ "title": title, "text": text, "folder": folder, "size": size }));
        if last.len() > BULK_BYTES {
            bulks.push(String::new());
        }
    }
    bulks.retain(|bulk| !bulk.is_empty());

    let own = if wanted.embedded.is_some() { None } else { Some(Server::start(Options::default()).await?) };
    let url = wanted.embedded.or_else(|| own.as_ref().map(Server::url)).context("one of them is")?;
    let kinds = searches("");
    let engine = |name, url: String| Engine { name, url, figures: kinds.iter().map(|_| Figures::new()).collect() };
    let mut engines = vec![engine("embedded", url)];
    engines.extend(wanted.beside.map(|url| engine("beside", url.trim_end_matches('/').to_owned())));

    let client = Client::new();
    for engine in &engines {
        // Once to warm, then what counts.
        fill(&client, &engine.url, &bulks).await?;
        let took = fill(&client, &engine.url, &bulks).await?.as_secs_f64();
        println!(
            "index rate, {}: {:.0} documents/s, {:.1} MiB/s",
            engine.name,
            documents.len() as f64 / took,
            bytes as f64 / f64::from(1 << 20) / took
        );
    }
    for round in 0..WARM_ROUNDS + wanted.rounds {
        for words in WORDS {
            for (kind, (name, body)) in searches(words).iter().enumerate() {
                let mut totals = Vec::new();
                for engine in &mut engines {
                    let request = client.post(format!("{}/{INDEX}/_search", engine.url)).json(body);
                    let started = Instant::now();
                    let answer = ok(request).await?;
                    if round >= WARM_ROUNDS {
                        engine.figures[kind].add(started.elapsed());
                    }
                    totals.push(answer["hits"]["total"]["value"].clone());
                }
                if round == 0 && totals.windows(2).any(|pair| pair[0] != pair[1]) {
                    println!("they find different numbers for {name} [{words}]: {totals:?}");
                }
            }
        }
    }
    println!(
        "\n| search | n | {} |",
        engines.iter().map(|engine| format!("{} p50 | p99", engine.name)).collect::<Vec<_>>().join(" | ")
    );
    println!("|---|---|{}", "---|---|".repeat(engines.len()));
    for (kind, (name, _)) in kinds.iter().enumerate() {
        row(name, &engines.iter().map(|engine| &engine.figures[kind]).collect::<Vec<_>>());
    }
    let all: Vec<Figures> = engines
        .iter()
        .map(|engine| {
            let mut all = Figures::new();
            engine.figures.iter().for_each(|figures| all.merge(figures));
            all
        })
        .collect();
    row("all", &all.iter().collect::<Vec<_>>());
    for engine in &engines {
        client.delete(format!("{}/{INDEX}", engine.url)).send().await?;
    }
    if let Some(server) = own {
        server.shutdown().await;
    }
    Ok(())
}

fn row(name: &str, figures: &[&Figures]) {
    let cells: Vec<String> =
        figures.iter().map(|one| format!("{:.2} ms | {:.2} ms", one.ms(0.5), one.ms(0.99))).collect();
    println!("| {name} | {} | {} |", figures.first().map_or(0, |one| one.count()), cells.join(" | "));
}
