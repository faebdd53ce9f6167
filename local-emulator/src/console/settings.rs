//! What the emulator runs with: `GET /_octavo/settings`. Whoever asks owns the machine, and yet a password is not shown: pages
//! are looked at together.

use crate::emulator::Parts;
use crate::options::{Functions, Options};
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// An engine that takes longer to say what it is says nothing.
const WITHIN: Duration = Duration::from_secs(2);

/// How it was started, as names and values to show.
pub(crate) fn shown(options: &Options) -> Vec<(&'static str, String)> {
    let path = |path: &Path| path.display().to_string();
    let engine = |address: Option<&String>| {
        address.map_or_else(|| "the emulator's own".to_owned(), |address| without_password(address))
    };
    let switch = |on: bool| if on { "on" } else { "off" }.to_owned();
    let own = options.own_functions.iter().map(|(name, program)| format!("{name}={}", path(program)));
    let variables = options.variables.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
    let functions = match &options.functions {
        Functions::Build => "built by cargo".to_owned(),
        Functions::Folder(folder) => path(folder),
    };
    [
        ("Data", options.data.as_deref().map_or_else(|| "nothing is kept".to_owned(), path)),
        ("Functions", functions),
        ("Functions of one's own", own.collect::<Vec<_>>().join(", ")),
        ("Rebuilt when saved", switch(options.watch)),
        ("Sandboxes a function may have", options.sandboxes_max.to_string()),
        ("A sandbox ends after", format!("{} s without work", options.sandbox_idle.as_secs())),
        ("The index shows what is new after", format!("{} ms", options.refresh.as_millis())),
        ("PostgreSQL", engine(options.postgres.as_ref())),
        ("Redis", engine(options.redis.as_ref())),
        ("Elasticsearch", engine(options.elasticsearch.as_ref())),
        ("S3", engine(options.s3.as_ref().map(|s3| &s3.endpoint))),
        ("AI providers that are real", real_providers(options)),
        ("Variables that are set for functions", variables),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .collect()
}

fn real_providers(options: &Options) -> String {
    // Its debug form is made to tell the names and not the keys.
    let names = format!("{:?}", options.ai).replace(['[', ']', '"'], "");
    if names.is_empty() { "none".to_owned() } else { names }
}

pub(super) async fn show(State(parts): State<Arc<Parts>>) -> Json<Value> {
    let addresses = &parts.addresses;
    let line = |name: &str, value: &str| json!({ "name": name, "value": value });
    let mut places = vec![line("Lambda (Invoke API)", &format!("http://{}", parts.lambda.address()))];
    if let Some(url) = parts.realtime_url.get() {
        places.push(line("Realtime node", url));
    }
    places.extend([
        line("PostgreSQL", &addresses.database_shown),
        line("Redis", &without_password(&addresses.redis)),
        line("Elasticsearch", &without_password(addresses.elasticsearch.as_str())),
        line("S3", &without_password(&addresses.s3.endpoint)),
        line("S3 bucket", &addresses.s3.bucket),
    ]);
    if let Some(notify) = parts.notify.get() {
        places.push(line("Fake notification providers", &notify.fakes.url()));
    }
    places.push(line("Fake AI providers", &parts.providers.fakes.url()));
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    let mut versions = vec![line("Octavo", &format!("{} ({profile})", env!("CARGO_PKG_VERSION")))];
    versions.extend(engine_version(&parts).await.map(|version| line("Search engine", &version)));
    let options: Vec<Value> = parts.shown.iter().map(|(name, value)| line(name, value)).collect();
    Json(json!({ "addresses": places, "options": options, "versions": versions }))
}

/// What the search engine says it is.
async fn engine_version(parts: &Parts) -> Option<String> {
    let client = reqwest::Client::builder().timeout(WITHIN).no_proxy().build().ok()?;
    let answer: Value = client.get(parts.addresses.elasticsearch.clone()).send().await.ok()?.json().await.ok()?;
    let version = &answer["version"];
    let name = version["distribution"].as_str().unwrap_or("Elasticsearch");
    Some(format!("{name} {}", version["number"].as_str()?))
}

/// An address without what would let others in.
fn without_password(address: &str) -> String {
    match address.parse::<url::Url>() {
        Ok(mut url) if url.password().is_some() => match url.set_password(None) {
            Ok(()) => url.to_string(),
            Err(()) => "an address with a password".to_owned(),
        },
        Ok(_) => address.to_owned(),
        // A connection string of another form may hold one anywhere.
        Err(_) => "an address of its own form".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown() {
        let options = Options {
            postgres: Some("postgres://ada:secret@db.example/x".to_owned()),
            redis: Some("host=redis password=secret".to_owned()),
            variables: vec![("OCTAVO_AI_TIMEOUT_MS".to_owned(), "secret".to_owned())],
            ..Options::default()
        };
        let all = format!("{:?}", shown(&options));
        assert!(!all.contains("secret"), "{all}");
        for there in ["postgres://ada@db.example/x", "OCTAVO_AI_TIMEOUT_MS", "built by cargo"] {
            assert!(all.contains(there), "{there}: {all}");
        }
    }
}
