//! `_search/scroll`: the pages after the first, and the end.

use serde_json::{Value, json};

use super::searches::context;
use super::serve::App;
use super::{Reply, Request};
use crate::body::Body;
use crate::error::{Error, Result};
use crate::search;

/// What the body says of a scroll; it comes before the address.
struct Asked {
    ids: Vec<String>,
    keep_alive: Option<String>,
}

fn asked(request: &Request, in_path: Option<&str>) -> Result<Asked> {
    let json = request.json()?;
    let mut ids: Vec<String> = in_path.or(request.param("scroll_id")).map(named).unwrap_or_default();
    let mut keep_alive = request.param("scroll").map(str::to_owned);
    if !json.is_null() {
        let mut body = Body::new(&json, "scroll")?;
        ids = body.texts("scroll_id")?.unwrap_or(ids);
        keep_alive = body.text("scroll")?.map(str::to_owned).or(keep_alive);
        body.finish().map_err(|error| {
            let key = error.reason.rsplit_once("support ").map_or("", |(_, key)| key).to_owned();
            Error::illegal(format!("Unknown parameter {key} in request body or parameter is of the wrong type"))
        })?;
    }
    Ok(Asked { ids, keep_alive })
}

fn named(list: &str) -> Vec<String> {
    list.split(',').map(str::to_owned).collect()
}

pub(super) fn next(app: &App, request: &Request, in_path: Option<&str>) -> Result<Reply> {
    request.allow(&["scroll", "scroll_id", "rest_total_hits_as_int", "typed_keys"])?;
    let Asked { ids, keep_alive } = asked(request, in_path)?;
    let [id] = ids.as_slice() else { return Err(Error::validation("scrollId is missing")) };
    let keep_alive = keep_alive.as_deref().map(search::keep_alive).transpose()?;
    Ok(Reply::ok(app.scrolls.next(id, keep_alive, &context(app, request)?)?))
}

pub(super) fn close(app: &App, request: &Request, in_path: Option<&str>) -> Result<Reply> {
    request.allow(&["scroll_id"])?;
    let Asked { ids, .. } = asked(request, in_path)?;
    let freed = match ids.as_slice() {
        [] => return Err(Error::validation("no scroll ids specified")),
        [all] if all == "_all" => app.scrolls.close_all(),
        ids => ids.iter().filter(|id| app.scrolls.close(id)).count() as u64,
    };
    let all = ids == ["_all"];
    let answer: Value = json!({ "succeeded": true, "num_freed": freed });
    Ok(Reply::status(if freed > 0 || all { 200 } else { 404 }, answer))
}
