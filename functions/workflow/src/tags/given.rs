//! Tags as an input gives them.

use crate::protocol::{Checks, Fault, Name};
use octavo_domain_workflow::catalogue::TAGS_MAX;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The longest key, in characters: the service's own.
pub(crate) const KEY_CHARS_MAX: usize = 128;
/// The longest value, in characters: the service's own.
const VALUE_CHARS_MAX: usize = 256;
/// Keys that begin so are the service's own.
const RESERVED: &str = "aws:";

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tag {
    pub(crate) key: String,
    #[serde(default)]
    pub(crate) value: String,
}

/// Checks lengths.
pub(crate) fn check(checks: &mut Checks, tags: &[Tag]) {
    for (at, tag) in tags.iter().enumerate() {
        checks.length(&format!("tags.{}.member.key", at + 1), &tag.key, 1..=KEY_CHARS_MAX);
        checks.length(&format!("tags.{}.member.value", at + 1), &tag.value, 0..=VALUE_CHARS_MAX);
    }
}

/// All of them; of several with one key, the last.
///
/// # Errors
///
/// `ValidationException` for what no tag may hold, `TooManyTags`.
pub(crate) fn all(tags: Vec<Tag>) -> Result<BTreeMap<String, String>, Fault> {
    let allowed = |c: char| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c);
    for Tag { key, value } in &tags {
        if !key.chars().all(allowed) || !value.chars().all(allowed) {
            return Err(Fault::validation(format!(
                "Tags may only contain letters, digits, white space, or these symbols: _ . : / = + - @. \
                 Received: '{key}': '{value}'"
            )));
        }
        if key.to_ascii_lowercase().starts_with(RESERVED) {
            return Err(Fault::validation(format!("Tag keys may not begin with '{RESERVED}'. Received: '{key}'")));
        }
    }
    let all: BTreeMap<String, String> = tags.into_iter().map(|Tag { key, value }| (key, value)).collect();
    if all.len() > TAGS_MAX { Err(too_many()) } else { Ok(all) }
}

/// A thing would have more tags than it may.
pub(crate) fn too_many() -> Fault {
    Fault::new(Name::TooManyTags, format!("A resource may have at most {TAGS_MAX} tags"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> Tag {
        Tag { key: key.to_owned(), value: value.to_owned() }
    }

    #[test]
    fn of_one_key_the_last_value_holds() {
        let tags = all(vec![tag("team", "a"), tag("stage", ""), tag("team", "b ü@x")]).unwrap();
        let expected = [("stage", ""), ("team", "b ü@x")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(tags, BTreeMap::from(expected));
    }

    #[test]
    fn what_no_tag_may_hold_is_refused() {
        for bad in [tag("a?", "b"), tag("a", "b\n"), tag("AWS:x", "b")] {
            assert_eq!(all(vec![bad]).unwrap_err().name, Name::ValidationException);
        }
        let many = (0..=TAGS_MAX).map(|at| tag(&at.to_string(), "")).collect();
        assert_eq!(all(many).unwrap_err().name, Name::TooManyTags);
    }
}
