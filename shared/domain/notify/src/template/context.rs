//! What templates can say.

use super::Render;
use crate::Branding;
use chrono::SecondsFormat;
use minijinja::context;
use minijinja::value::{Serde, Value, merge_maps};
use serde_json::json;

const PRODUCT: &str = "Octavo";
const COLOUR: &str = "#2b5c8a";

/// The event's data, and over it: `data` (all of it), `recipient.name`, `brand`, `link`, `category`, `at`, `language`, `zone`,
/// `unsubscribe_url`.
pub(super) fn values_of(render: &Render<'_>, language: &str) -> Value {
    let data = Value::from(Serde(render.data));
    let ours = json!({
        "recipient": { "name": render.name },
        "brand": brand(render.branding, render.public_url),
        "link": render.link.map(|path| absolute(render, path)),
        "category": render.category,
        "at": render.at.to_rfc3339_opts(SecondsFormat::Secs, true),
        "language": language,
        "zone": render.zone.as_str(),
        "unsubscribe_url": render.unsubscribe_url,
    });
    // The first of them that has a name says what it is.
    merge_maps([Value::from(Serde(ours)), context! { data => data.clone() }, data])
}

/// Where a path of the application leads from outside.
pub(super) fn absolute(render: &Render<'_>, path: &str) -> String {
    let base = render.branding.application_url.as_deref().unwrap_or(render.public_url);
    format!("{}{path}", base.trim_end_matches('/'))
}

fn brand(branding: &Branding, public_url: &str) -> serde_json::Value {
    json!({
        "product": branding.product.as_deref().unwrap_or(PRODUCT),
        "logo_url": branding.logo_url,
        "colour": branding.colour.as_deref().unwrap_or(COLOUR),
        "footer": branding.footer,
        "application_url": branding.application_url.as_deref().unwrap_or(public_url),
    })
}
