//! Makes template, index and aliases, if they are not there.

use crate::engine::Engine;
use crate::schema::{SCHEMA_VERSION, index};
use crate::vectors::put_template;
use crate::{Options, error};
use bytes::Bytes;
use elasticsearch::http::Method;
use octavo_domain_kernel::{PortError, PortErrorKind};
use serde_json::{Value, json};
use std::time::Duration;

/// Making an index waits for its shards on every node.
const ENSURE_TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) async fn ensure(engine: &Engine, options: &Options) -> Result<(), PortError> {
    if aliased(engine, options).await? {
        return Ok(());
    }
    let put = |path: String, body: Value| async move {
        engine.send(Method::Put, &path, &[], Some(Bytes::from(body.to_string())), ENSURE_TIMEOUT).await
    };
    put_template(engine, options, ENSURE_TIMEOUT).await?;
    // Index and aliases come into being together: whoever sees the one sees the others.
    let name = format!("{}-v{SCHEMA_VERSION}", options.name);
    let made = put(format!("/{name}"), index(options)).await?;
    if made.is_success() {
        tracing::info!(index = name, "made the search index");
        return Ok(());
    }
    if made.error_type().as_deref() != Some("resource_already_exists_exception") {
        return Err(made.error());
    }
    // Somebody else was first; or an index was left without its aliases, by hand.
    if aliased(engine, options).await? {
        return Ok(());
    }
    let actions = json!({"actions": [
        {"add": {"index": name, "alias": options.read_alias()}},
        {"add": {"index": name, "alias": options.write_alias(), "is_write_index": true}}
    ]});
    engine.json::<Value>(Method::Post, "/_aliases", Some(&actions), ENSURE_TIMEOUT).await?;
    Ok(())
}

async fn aliased(engine: &Engine, options: &Options) -> Result<bool, PortError> {
    for alias in [options.read_alias(), options.write_alias()] {
        let answer = engine.send(Method::Head, &format!("/_alias/{alias}"), &[], None, ENSURE_TIMEOUT).await?;
        match answer.status {
            200 => {}
            404 => return Ok(false),
            status => {
                return Err(PortError::new(error::kind(status), format!("status {status} when looking for {alias}")));
            }
        }
    }
    Ok(true)
}

/// Whether an error says that the index is not there.
pub(crate) fn is_missing(error: &PortError) -> bool {
    error.kind == PortErrorKind::NotFound
}
