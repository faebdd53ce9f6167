//! Events without the secrets in them, for whoever looks over somebody's shoulder; and edited ones with the secrets back.

use bytes::Bytes;
use serde_json::Value;

/// Stands where a secret was.
const REDACTED: &str = "(redacted)";
/// Headers that prove who somebody is, as functions get them: OAuth, Anthropic's clients, Azure's, browsers.
const SECRETS: [&str; 4] = ["authorization", "x-api-key", "api-key", "cookie"];

/// Where an event of a request keeps its secrets.
fn secrets(event: &mut Value) -> Vec<(String, &mut Value)> {
    let mut found = Vec::new();
    let Some(members) = event.as_object_mut() else { return found };
    for (member, value) in members {
        match (member.as_str(), value) {
            ("headers", Value::Object(headers)) => {
                let of_header = headers.iter_mut().filter(|(name, _)| SECRETS.contains(&name.as_str()));
                found.extend(of_header.map(|(name, value)| (format!("/headers/{name}"), value)));
            }
            ("cookies", Value::Array(cookies)) => {
                let numbered = cookies.iter_mut().enumerate();
                found.extend(numbered.map(|(at, value)| (format!("/cookies/{at}"), value)));
            }
            _ => {}
        }
    }
    found
}

/// The event as text, without its secrets. One that is no JSON is shown as it is: it is no request.
pub(super) fn redacted(event: &[u8]) -> String {
    let Ok(mut event) = serde_json::from_slice::<Value>(event) else {
        return String::from_utf8_lossy(event).into_owned();
    };
    for (_, secret) in secrets(&mut event) {
        *secret = Value::from(REDACTED);
    }
    event.to_string()
}

/// An edited event, with what the original had wherever it still says that something was taken out. Fails with what is wrong
/// with it.
pub(super) fn restored(edited: &str, original: &[u8]) -> Result<Bytes, String> {
    let mut edited: Value = serde_json::from_str(edited).map_err(|error| format!("expected JSON: {error}"))?;
    let original: Option<Value> = serde_json::from_slice(original).ok();
    for (place, secret) in secrets(&mut edited) {
        if *secret != REDACTED {
            continue;
        }
        let kept = original.as_ref().and_then(|original| original.pointer(&place));
        *secret = kept.ok_or_else(|| format!("{place}: the original has no secret there: expected a value"))?.clone();
    }
    serde_json::to_vec(&edited).map(Bytes::from).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn original() -> Vec<u8> {
        let headers = json!({ "authorization": "Bearer a", "x-api-key": "k", "accept": "*/*" });
        json!({ "headers": headers, "cookies": ["s=1"], "body": "authorization" }).to_string().into_bytes()
    }

    #[test]
    fn secrets_do_not_leave_and_nothing_else_is_touched() {
        let shown: Value = serde_json::from_str(&redacted(&original())).unwrap();
        let headers = json!({ "authorization": REDACTED, "x-api-key": REDACTED, "accept": "*/*" });
        assert_eq!(shown, json!({ "headers": headers, "cookies": [REDACTED], "body": "authorization" }));
        assert_eq!(redacted(b"[1]"), "[1]");
        assert_eq!(redacted(b"{\"Rec"), "{\"Rec");
    }

    #[test]
    fn an_edited_event_gets_the_secrets_back_that_it_did_not_replace() {
        let shown = redacted(&original());
        let back =
            |edited: &str| restored(edited, &original()).map(|bytes| serde_json::from_slice::<Value>(&bytes).unwrap());
        assert_eq!(back(&shown).unwrap(), serde_json::from_slice::<Value>(&original()).unwrap());
        let mut edited: Value = serde_json::from_str(&shown).unwrap();
        edited["headers"]["authorization"] = json!("Bearer b");
        edited["body"] = json!("another");
        let sent = back(&edited.to_string()).unwrap();
        assert_eq!(
            (&sent["headers"]["authorization"], &sent["headers"]["x-api-key"]),
            (&json!("Bearer b"), &json!("k"))
        );
        assert_eq!(sent["body"], "another");
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        assert!(restored("{", &original()).unwrap_err().starts_with("expected JSON"));
        let error = restored(r#"{"headers":{"cookie":"(redacted)"}}"#, &original()).unwrap_err();
        assert!(error.starts_with("/headers/cookie"), "{error}");
        assert_eq!(
            &restored(r#"{"headers":{"cookie":"(mine)"}}"#, b"cut").unwrap()[..],
            br#"{"headers":{"cookie":"(mine)"}}"#
        );
    }
}
