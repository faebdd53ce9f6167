//! Slack's incoming webhooks: `POST /services/T.../B.../...`. Any that looks like one is known, unless its last part begins
//! with `no-service`.

use serde_json::Value;

use crate::answer::{Asked, Judged, Refusal};
use crate::record::{Draft, Kind};

/// Characters of a message's text, blocks of a message, characters of a block's text.
const TEXT_CHARS_MAX: usize = 40_000;
const BLOCKS_MAX: usize = 50;
const BLOCK_CHARS_MAX: usize = 3_000;

pub(crate) fn judge(asked: &Asked) -> Judged {
    let mut draft = Draft::new(Kind::Slack);
    draft.raw = asked.body.clone();
    draft.to.push(asked.uri.path().trim_start_matches("/services/").to_owned());
    let refusal = fill(&mut draft, asked).err();
    Judged::one(draft, refusal)
}

fn fill(draft: &mut Draft, asked: &Asked) -> Result<(), Refusal> {
    let refused = |status, code: &str| Refusal::new(status, code, code);
    let parts: Vec<&str> = draft.to[0].split('/').collect();
    match parts[..] {
        [team, hook, secret] if team.starts_with('T') && hook.starts_with('B') && !secret.is_empty() => {
            if secret.starts_with("no-service") {
                return Err(refused(404, "no_service"));
            }
        }
        _ => return Err(refused(404, "no_team")),
    }
    if asked.method != hyper::Method::POST {
        return Err(refused(400, "invalid_payload"));
    }
    let body: Value = serde_json::from_slice(&asked.body).map_err(|_| refused(400, "invalid_payload"))?;
    if !body.is_object() {
        return Err(refused(400, "invalid_payload"));
    }
    let text = body["text"].as_str().unwrap_or_default().to_owned();
    let blocks = body.get("blocks").filter(|blocks| !blocks.is_null()).cloned();
    draft.body = Some(body);
    let has_blocks = blocks.as_ref().and_then(Value::as_array).is_some_and(|blocks| !blocks.is_empty());
    if text.is_empty() && !has_blocks {
        return Err(refused(400, "no_text"));
    }
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(refused(400, "msg_too_long"));
    }
    draft.text = text;
    let Some(blocks) = blocks else { return Ok(()) };
    let blocks = blocks.as_array().ok_or_else(|| refused(400, "invalid_blocks_format"))?;
    let is_good = |block: &Value| {
        let text = block["text"]["text"].as_str();
        match block["type"].as_str() {
            Some("section") => {
                let has_more = block.get("fields").is_some() || block.get("text").is_some();
                has_more && text.is_none_or(|text| (1..=BLOCK_CHARS_MAX).contains(&text.chars().count()))
            }
            Some("header") => text.is_some_and(|text| (1..=150).contains(&text.chars().count())),
            Some("actions" | "context") => block["elements"].as_array().is_some_and(|list| !list.is_empty()),
            Some("divider" | "image" | "input" | "rich_text" | "video" | "file" | "markdown") => true,
            _ => false,
        }
    };
    if blocks.len() > BLOCKS_MAX || !blocks.iter().all(is_good) {
        return Err(refused(400, "invalid_blocks"));
    }
    Ok(())
}

pub(crate) fn usual(status: u16) -> (String, String) {
    let code = match status {
        403 => "action_prohibited",
        404 => "channel_not_found",
        410 => "channel_is_archived",
        429 => "rate_limited",
        500.. => "rollup_error",
        _ => "invalid_payload",
    };
    (code.to_owned(), code.to_owned())
}
