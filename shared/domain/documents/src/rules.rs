//! What a document's fields may hold. Each check returns the field's normal form, or what is wrong with it.

use crate::{
    FILE_NAME_CHARS_MAX, GRANTS_MAX, Grant, METADATA_BYTES_MAX, Metadata, TAG_CHARS_MAX, TAGS_MAX, TITLE_CHARS_MAX,
};
use octavo_domain_kernel::{FieldFault, Reader, UserId};
use std::collections::BTreeSet;

/// A title: trimmed, not empty, without control characters.
pub fn check_title(field: &str, title: &str) -> Result<String, FieldFault> {
    line(field, title, TITLE_CHARS_MAX)
}

/// A file name: as a title, and without a path.
pub fn check_file_name(field: &str, name: &str) -> Result<String, FieldFault> {
    let name = line(field, name, FILE_NAME_CHARS_MAX)?;
    if name.contains(['/', '\\']) {
        return Err(FieldFault::new(field, "expected a file name without a path"));
    }
    Ok(name)
}

/// Tags: trimmed, sorted, without repetition.
pub fn check_tags(field: &str, tags: &[String]) -> Result<Vec<String>, FieldFault> {
    let mut normal = BTreeSet::new();
    for (position, tag) in tags.iter().enumerate() {
        normal.insert(line(&format!("{field}[{position}]"), tag, TAG_CHARS_MAX)?);
    }
    if normal.len() > TAGS_MAX {
        return Err(FieldFault::new(field, format!("expected at most {TAGS_MAX} tags, got {}", normal.len())));
    }
    Ok(normal.into_iter().collect())
}

/// Metadata: at most so many bytes as JSON.
pub fn check_metadata(field: &str, metadata: &Metadata) -> Result<(), FieldFault> {
    let bytes = serde_json::to_vec(metadata).map_or(usize::MAX, |json| json.len());
    if bytes > METADATA_BYTES_MAX {
        return Err(FieldFault::new(field, format!("expected at most {METADATA_BYTES_MAX} bytes of JSON")));
    }
    if has_nul(&serde_json::Value::Object(metadata.clone())) {
        // PostgreSQL's jsonb cannot hold U+0000.
        return Err(FieldFault::new(field, "expected no U+0000 in names or strings"));
    }
    Ok(())
}

/// Grants: sorted by reader, one a reader, none for the owner, who can do everything already.
pub fn check_grants(field: &str, owner: &UserId, mut grants: Vec<Grant>) -> Result<Vec<Grant>, FieldFault> {
    grants.sort_by(|a, b| a.reader.cmp(&b.reader));
    if let Some(pair) = grants.windows(2).find(|pair| pair[0].reader == pair[1].reader) {
        return Err(FieldFault::new(field, format!("expected one entry for {}", pair[0].reader)));
    }
    if grants.iter().any(|grant| grant.reader == Reader::User(owner.clone())) {
        return Err(FieldFault::new(field, "expected no entry for the owner, who can do everything"));
    }
    if grants.len() > GRANTS_MAX {
        return Err(FieldFault::new(field, format!("expected at most {GRANTS_MAX} entries, got {}", grants.len())));
    }
    Ok(grants)
}

fn line(field: &str, text: &str, chars_max: usize) -> Result<String, FieldFault> {
    let text = text.trim();
    let count = text.chars().count();
    if count == 0 || count > chars_max || text.chars().any(char::is_control) {
        return Err(FieldFault::new(field, format!("expected 1 to {chars_max} characters without control characters")));
    }
    Ok(text.to_owned())
}

fn has_nul(value: &serde_json::Value) -> bool {
    use serde_json::Value;
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(members) => members.iter().any(|(name, member)| name.contains('\0') || has_nul(member)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_line() {
        assert_eq!(check_title("title", "  A plan \n").unwrap(), "A plan");
        assert!(check_title("title", "two\nlines").is_err());
        assert!(check_title("title", "   ").is_err());
        assert!(check_title("title", &"ä".repeat(512)).is_ok());
        assert!(check_title("title", &"ä".repeat(513)).is_err());
    }

    #[test]
    fn a_bad_tag_is_named_by_its_position() {
        let tags = ["b".to_owned(), "a".to_owned(), "b".to_owned()];
        assert_eq!(check_tags("tags", &tags).unwrap(), ["a", "b"]);
        let fault = check_tags("tags", &["ok".to_owned(), String::new()]).unwrap_err();
        assert_eq!(fault.field, "tags[1]");
    }

    #[test]
    fn metadata_holds_no_nul_however_deep() {
        let metadata = serde_json::from_str::<Metadata>(r#"{"a":[{"b":"x\u0000"}]}"#).unwrap();
        assert_eq!(check_metadata("metadata", &metadata).unwrap_err().field, "metadata");
    }
}
