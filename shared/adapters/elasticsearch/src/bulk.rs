//! Writes as lines of a bulk request, cut into requests of a bounded size; and the answer.

use crate::error::kind;
use crate::form::Shape;
use crate::highlight::{CLOSE, OPEN};
use crate::schema::{lead_field, text_field, title_field};
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{DocumentId, PortError, Reader, TenantId, UserId};
use octavo_domain_search::{IndexEntry, IndexWrite, Language, WriteOutcome, embedded_name};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Bytes of one bulk request. A single document that is larger goes alone.
pub(crate) const REQUEST_BYTES_MAX: usize = 5 * 1024 * 1024;
/// Documents of one bulk request.
pub(crate) const REQUEST_ITEMS_MAX: usize = 1000;

/// Characters of a text's beginning.
const LEAD_CHARS: usize = 600;

/// One change as it is sent: an action line, and the document's line.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// Where its answer goes.
    pub(crate) position: usize,
    pub(crate) bytes: Bytes,
}

/// A document as the index maps it.
#[derive(Serialize)]
struct Source<'a> {
    id: DocumentId,
    tenant: &'a TenantId,
    readers: &'a [Reader],
    revision: i64,
    title: Cow<'a, str>,
    title_sort: String,
    headings: Vec<Cow<'a, str>>,
    /// The text, its beginning, and the title once more where it is in a language of its own: by field.
    #[serde(flatten)]
    by_language: BTreeMap<&'static str, Cow<'a, str>>,
    tags: &'a [String],
    media_type: &'a str,
    owner: &'a UserId,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_words: Option<String>,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<Language>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vector: Option<&'a [f32]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vector_of: Option<String>,
}

/// The engine's id of a document. The tenant is in it, so that no write of one tenant can meet another's document.
pub(crate) fn engine_id(tenant: &TenantId, id: DocumentId) -> String {
    format!("{tenant}:{id}")
}

/// The lines of `write`, which is within its limits, for an index that takes documents of `shape`.
pub(crate) fn line(position: usize, write: &IndexWrite, shape: Shape) -> Result<Line, PortError> {
    let mut bytes = Vec::new();
    match write {
        IndexWrite::Put(entry) => {
            let id = engine_id(&entry.tenant, entry.id);
            // The index may have missed the vector of this very revision. One of another model keeps what it has.
            let version_type = if vector(entry, shape).is_some() { "external_gte" } else { "external" };
            let action = json!({"index": {"_id": id, "version": entry.revision, "version_type": version_type}});
            bytes.extend_from_slice(action.to_string().as_bytes());
            bytes.push(b'\n');
            serde_json::to_writer(&mut bytes, &source(entry, shape)).map_err(PortError::corrupt)?;
        }
        IndexWrite::Remove { tenant, id, revision } => {
            let id = engine_id(tenant, *id);
            let action = json!({"delete": {"_id": id, "version": revision, "version_type": "external"}});
            bytes.extend_from_slice(action.to_string().as_bytes());
        }
    }
    bytes.push(b'\n');
    Ok(Line { position, bytes: bytes.into() })
}

/// The document as an index of `shape` takes it.
pub(crate) fn document(entry: &IndexEntry, shape: Shape) -> Result<Value, PortError> {
    serde_json::to_value(source(entry, shape)).map_err(PortError::corrupt)
}

/// The vector, if the index takes it.
fn vector(entry: &IndexEntry, shape: Shape) -> Option<&[f32]> {
    entry.vector.as_deref().filter(|vector| Some(vector.len()) == shape.dimensions.map(usize::from))
}

fn source(entry: &IndexEntry, shape: Shape) -> Source<'_> {
    let form = shape.form;
    let vector = vector(entry, shape);
    let language = entry.language.filter(|_| form.has_languages());
    let mut by_language = BTreeMap::from([(text_field(language), unmarked(&entry.text))]);
    if form.has_languages() {
        by_language.insert(lead_field(language), unmarked(lead(&entry.text)));
    }
    by_language.extend(title_field(language).map(|field| (field, unmarked(&entry.title))));
    Source {
        id: entry.id,
        tenant: &entry.tenant,
        readers: &entry.readers,
        revision: entry.revision,
        title: unmarked(&entry.title),
        title_sort: entry.title.to_lowercase(),
        headings: entry.headings.iter().map(|heading| unmarked(heading)).collect(),
        by_language,
        tags: &entry.tags,
        media_type: &entry.media_type,
        owner: &entry.owner,
        created_at: entry.created_at,
        updated_at: entry.updated_at,
        file_name: entry.file_name.as_deref(),
        file_words: file_words(entry.file_name.as_deref(), &entry.title),
        size: entry.size,
        language,
        vector,
        vector_of: vector.map(|_| embedded_name(&entry.embedded_pieces())),
    }
}

/// The beginning of a text, where it says what it is about.
fn lead(text: &str) -> &str {
    let end = text.char_indices().nth(LEAD_CHARS).map_or(text.len(), |(end, _)| end);
    &text[..end]
}

/// Without the signs that stand around what was found.
fn unmarked(text: &str) -> Cow<'_, str> {
    if text.contains([OPEN, CLOSE]) { text.replace([OPEN, CLOSE], "").into() } else { text.into() }
}

/// The file's name as it is, and the words of names: to the engine `struct.Vec.html` is one, and so is `pg_stat_activity`
/// in a title. None if there is nothing to add.
fn file_words(file_name: Option<&str>, title: &str) -> Option<String> {
    let mut words: Vec<&str> = Vec::new();
    if let Some(name) = file_name {
        words.push(name);
        words.extend(parts(name));
    }
    for name in title.split_whitespace().filter(|word| parts(word).nth(1).is_some()) {
        words.extend(parts(name));
    }
    (!words.is_empty()).then(|| words.join(" "))
}

fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(|character: char| !character.is_alphanumeric()).filter(|part| !part.is_empty())
}

/// `lines` in groups that fit into a request.
pub(crate) fn requests(lines: Vec<Line>) -> Vec<Vec<Line>> {
    let mut requests: Vec<Vec<Line>> = Vec::new();
    let mut bytes = 0;
    for line in lines {
        match requests.last_mut() {
            Some(last) if last.len() < REQUEST_ITEMS_MAX && bytes + line.bytes.len() <= REQUEST_BYTES_MAX => {
                bytes += line.bytes.len();
                last.push(line);
            }
            _ => {
                bytes = line.bytes.len();
                requests.push(vec![line]);
            }
        }
    }
    requests
}

/// The body of a request.
pub(crate) fn body(lines: &[Line]) -> Bytes {
    let mut body = BytesMut::with_capacity(lines.iter().map(|line| line.bytes.len()).sum());
    for line in lines {
        body.extend_from_slice(&line.bytes);
    }
    body.freeze()
}

/// The answer to a bulk request.
#[derive(Debug, Deserialize)]
pub(crate) struct BulkAnswer {
    pub(crate) items: Vec<Item>,
}

/// What became of one action: `{"index": {...}}` or `{"delete": {...}}`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Item {
    Index(ItemAnswer),
    Delete(ItemAnswer),
}

#[derive(Debug, Deserialize)]
pub(crate) struct ItemAnswer {
    status: u16,
    #[serde(default)]
    error: Option<Value>,
}

/// What to do about one item.
#[derive(Debug)]
pub(crate) enum Verdict {
    Done(WriteOutcome),
    /// The engine has too much to do: send it again.
    Again(PortError),
    /// The alias is not there or takes no writes, or what stands behind it now is an older index than was thought.
    NoIndex(PortError),
    Failed(PortError),
}

impl Item {
    pub(crate) fn verdict(&self) -> Verdict {
        let (answer, removal) = match self {
            Self::Index(answer) => (answer, false),
            Self::Delete(answer) => (answer, true),
        };
        let error = || {
            let reason = answer.error.as_ref().map(Value::to_string).unwrap_or_default();
            PortError::new(kind(answer.status), format!("status {}: {}", answer.status, short(&reason)))
        };
        let error_type = answer.error.as_ref().and_then(|error| error["type"].as_str());
        match answer.status {
            200..=299 => Verdict::Done(WriteOutcome::Applied),
            409 => Verdict::Done(WriteOutcome::Superseded),
            // Nothing was there; the version is remembered all the same.
            404 if removal && answer.error.is_none() => Verdict::Done(WriteOutcome::Applied),
            404 => Verdict::NoIndex(PortError::unavailable(format!("no index: {}", error_type.unwrap_or_default()))),
            400 if error_type == Some("strict_dynamic_mapping_exception") => {
                Verdict::NoIndex(PortError::unavailable("the index is older than this write"))
            }
            400 if is_fenced(answer.error.as_ref()) => {
                Verdict::NoIndex(PortError::unavailable("there are two indices to write to"))
            }
            429 | 503 => Verdict::Again(error()),
            _ => Verdict::Failed(error()),
        }
    }
}

/// Whether an engine said that an alias takes no writes.
fn is_fenced(error: Option<&Value>) -> bool {
    let reason = error.and_then(|error| error["reason"].as_str()).unwrap_or_default();
    reason.starts_with("no write index is defined for alias")
}

fn short(reason: &str) -> String {
    reason.chars().take(500).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Form;
    use uuid::Uuid;

    fn entry() -> IndexEntry {
        IndexEntry {
            tenant: "acme".parse().unwrap(),
            id: DocumentId(Uuid::from_u128(1)),
            revision: 3,
            readers: vec!["user:ada".parse().unwrap()],
            title: format!("A {OPEN}Title"),
            headings: vec!["One".to_owned()],
            text: "line\nline".to_owned(),
            tags: vec!["t".to_owned()],
            media_type: "text/plain".to_owned(),
            owner: "ada".parse().unwrap(),
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
            file_name: Some("struct.Vec.html".to_owned()),
            size: 9,
            language: None,
            vector: None,
        }
    }

    #[test]
    fn a_put_is_two_lines_and_a_removal_one() {
        let put = line(0, &IndexWrite::Put(Box::new(entry())), Shape::NEWEST).unwrap();
        let text = std::str::from_utf8(&put.bytes).unwrap();
        assert_eq!(text.matches('\n').count(), 2);
        insta::assert_snapshot!(text);
        let remove = IndexWrite::Remove { tenant: entry().tenant, id: entry().id, revision: 4 };
        insta::assert_snapshot!(std::str::from_utf8(&line(0, &remove, Shape::NEWEST).unwrap().bytes).unwrap());
    }

    #[test]
    fn a_text_stands_in_the_field_of_its_language_once() {
        let shape = |version: u32| Shape { form: Form::from_version(version), dimensions: None };
        let fields = |language: Option<Language>, shape: Shape| {
            let entry = IndexEntry { language, ..entry() };
            let source = serde_json::to_value(source(&entry, shape)).unwrap();
            let fields =
                source.as_object().unwrap().keys().filter(|name| name.starts_with(['l', 't']) && *name != "language");
            let mut fields: Vec<String> = fields.cloned().collect();
            fields.sort();
            fields
        };
        let plain = ["lead", "tags", "tenant", "text", "title", "title_sort"];
        assert_eq!(fields(None, Shape::NEWEST), plain);
        assert_eq!(fields(Some(Language::English), Shape::NEWEST), plain);
        let german = ["lead_de", "tags", "tenant", "text_de", "title", "title_de", "title_sort"];
        assert_eq!(fields(Some(Language::German), Shape::NEWEST), german);
        // An index of before takes neither these fields nor the language.
        assert_eq!(fields(Some(Language::German), shape(1)), plain[1..]);
        let old = IndexEntry { language: Some(Language::German), ..entry() };
        assert!(serde_json::to_value(source(&old, shape(1))).unwrap().get("language").is_none());
    }

    #[test]
    fn names_are_found_by_their_parts() {
        let words = |file: Option<&str>, title: &str| file_words(file, title);
        assert_eq!(words(Some("a-b.txt"), "Plain title").as_deref(), Some("a-b.txt a b txt"));
        assert_eq!(words(None, "The pg_stat_activity view").as_deref(), Some("pg stat activity"));
        assert_eq!(words(None, "Plain title."), None);
    }

    #[test]
    fn requests_are_bounded_by_bytes_and_by_items() {
        let line = |size: usize| Line { position: 0, bytes: vec![b'x'; size].into() };
        let sizes = |lines: Vec<Line>| requests(lines).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes(vec![]), [0_usize; 0]);
        assert_eq!(sizes(vec![line(REQUEST_BYTES_MAX), line(1), line(1)]), [1, 2]);
        assert_eq!(sizes(vec![line(REQUEST_BYTES_MAX + 1), line(1)]), [1, 1]);
        assert_eq!(sizes(vec![line(1); REQUEST_ITEMS_MAX + 1]), [REQUEST_ITEMS_MAX, 1]);
    }

    #[test]
    fn an_item_says_what_to_do() {
        let verdict = |json: Value| format!("{:?}", serde_json::from_value::<Item>(json).unwrap().verdict());
        assert_eq!(verdict(json!({"index": {"status": 201}})), "Done(Applied)");
        assert_eq!(verdict(json!({"index": {"status": 409, "error": {"type": "x"}}})), "Done(Superseded)");
        assert_eq!(verdict(json!({"delete": {"status": 404, "result": "not_found"}})), "Done(Applied)");
        assert!(verdict(json!({"delete": {"status": 404, "error": {"type": "i"}}})).starts_with("NoIndex"));
        let strict = json!({"index": {"status": 400, "error": {"type": "strict_dynamic_mapping_exception"}}});
        assert!(verdict(strict).starts_with("NoIndex"));
        let fenced = json!({"index": {"status": 400, "error": {
            "type": "illegal_argument_exception",
            "reason": "no write index is defined for alias [docs-write]. The write index may be explicitly disabled"
        }}});
        assert!(verdict(fenced).starts_with("NoIndex"));
        assert!(verdict(json!({"index": {"status": 429, "error": {"type": "x"}}})).starts_with("Again"));
        assert!(verdict(json!({"index": {"status": 400, "error": {"type": "x"}}})).starts_with("Failed"));
    }
}
