//! Azure's keys (`api-key`, or a Bearer token) and the api-version of the path with deployments.

use hyper::Uri;
use hyper::header::HeaderMap;

use super::error::{denied, no_such_path};
use crate::failure::Failure;
use crate::models::MISSING;
use crate::openai;
use crate::provider::Target;

pub(crate) fn authorise(headers: &HeaderMap, uri: &Uri, target: &Target) -> Result<(), Failure> {
    let key = headers.get("api-key").and_then(|key| key.to_str().ok()).filter(|key| !key.is_empty());
    match key {
        Some(key) if key.starts_with("bad") => return Err(denied()),
        Some(_) => {}
        None => openai::authorise(headers).map_err(|_| denied())?,
    }
    let Some(deployment) = &target.deployment else { return Ok(()) };
    let version =
        uri.query().into_iter().flat_map(|query| query.split('&')).find_map(|pair| pair.strip_prefix("api-version="));
    if !version.is_some_and(is_version) {
        return Err(no_such_path());
    }
    if deployment.starts_with(MISSING) {
        return Err(Failure::new(
            404,
            "The API deployment for this resource does not exist. If you created the deployment within the last 5 \
             minutes, please wait a moment and try again.",
        )
        .code("DeploymentNotFound"));
    }
    Ok(())
}

/// `2024-10-21`, with `-preview` or without.
fn is_version(version: &str) -> bool {
    let date = version.strip_suffix("-preview").unwrap_or(version);
    date.len() == 10
        && date
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() })
}
