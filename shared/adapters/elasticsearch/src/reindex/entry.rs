//! A document of the old index as one of the new.

use super::read::Read;
use crate::bulk::{Line, document, engine_id};
use crate::form::{Form, Shape};
use crate::schema::text_field;
use crate::vectors::{FIELD, MADE_OF};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{DocumentId, Reader, TenantId, UserId};
use octavo_domain_search::{IndexEntry, Language};
use serde::Deserialize;
use serde_json::{Value, json};

/// Members that follow from others by rules of the release that wrote them, or that one index has and the other need not.
const NOT_COMPARED: [&str; 4] = ["title_sort", "file_words", FIELD, MADE_OF];

/// What of a source is carried over; all else follows from it.
#[derive(Deserialize)]
struct Source {
    id: DocumentId,
    tenant: TenantId,
    readers: Vec<Reader>,
    revision: i64,
    title: String,
    #[serde(default)]
    headings: Vec<String>,
    #[serde(default)]
    tags: Vec<String>,
    media_type: String,
    owner: UserId,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    file_name: Option<String>,
    size: u64,
    language: Option<Language>,
}

/// Between which forms documents are carried.
#[derive(Debug, Clone, Copy)]
pub(super) struct Between {
    pub(super) old: Form,
    pub(super) new: Form,
    /// Whether vectors of the old index are such as the new one takes.
    pub(super) vectors: bool,
    /// Whether the engine keeps vectors apart from the source.
    pub(super) apart: bool,
    /// Whether new documents are told their language.
    pub(super) languages: bool,
}

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    /// If the index holds nothing of its version or a later one.
    Older,
    /// If the index holds nothing of a later version.
    Equal,
}

fn entry(read: &Read) -> Result<IndexEntry, String> {
    let source = Source::deserialize(&read.source).map_err(|error| error.to_string())?;
    let text = [None].into_iter().chain(Language::ALL.map(Some)).find_map(|language| {
        // It stands in the field of its language, and in no other.
        read.source[text_field(language)].as_str()
    });
    let entry = IndexEntry {
        tenant: source.tenant,
        id: source.id,
        revision: source.revision,
        readers: source.readers,
        title: source.title,
        headings: source.headings,
        text: text.unwrap_or_default().to_owned(),
        tags: source.tags,
        media_type: source.media_type,
        owner: source.owner,
        created_at: source.created_at,
        updated_at: source.updated_at,
        file_name: source.file_name,
        size: source.size,
        language: source.language,
        vector: None,
    };
    if read.id != engine_id(&entry.tenant, entry.id) {
        return Err(format!("it is that of {}", engine_id(&entry.tenant, entry.id)));
    }
    if read.version != entry.revision {
        return Err(format!("its version is {}, and its revision is {}", read.version, entry.revision));
    }
    Ok(entry)
}

impl Between {
    fn shape(self) -> Shape {
        Shape { form: self.new, dimensions: None }
    }

    /// Where the old index did not keep languages, that of the text, as whoever writes documents tells it.
    fn language(self, entry: &IndexEntry) -> Option<Language> {
        if self.old.has_languages() || !self.languages {
            return entry.language;
        }
        Language::of_document(&entry.title, &entry.text)
    }

    /// The document as the new index takes it.
    fn carried(self, read: &Read) -> Result<Value, String> {
        let mut entry = entry(read)?;
        entry.language = self.language(&entry);
        let mut carried = document(&entry, self.shape()).map_err(|error| error.to_string())?;
        if let (true, Some(vector), Some(of)) = (self.vectors, read.vector(), read.source[MADE_OF].as_str()) {
            carried[FIELD] = vector.clone();
            carried[MADE_OF] = json!(of);
        }
        Ok(carried)
    }

    /// The lines that write the document into the new index.
    pub(super) fn line(self, position: usize, read: &Read, over: Over) -> Result<Line, String> {
        let kind = if over == Over::Older { "external" } else { "external_gte" };
        let action = json!({"index": {"_id": read.id, "version": read.version, "version_type": kind}});
        let bytes = format!("{action}\n{}\n", self.carried(read)?);
        Ok(Line { position, bytes: Bytes::from(bytes) })
    }

    /// Whether `new` holds what is carried over from `old`. Both are of the same version.
    pub(super) fn is_same(self, old: &Read, new: &Read) -> bool {
        let Ok(mut entry) = entry(old) else { return false };
        // A writer had the whole text to tell it by.
        entry.language = serde_json::from_value(new.source["language"].clone()).unwrap_or_default();
        document(&entry, self.shape()).is_ok_and(|carried| is_alike(carried, new.source.clone()))
    }
}

/// Whether two sources say the same, but for what follows from the rest.
pub(crate) fn is_alike(mut one: Value, mut other: Value) -> bool {
    for document in [&mut one, &mut other] {
        let Some(document) = document.as_object_mut() else { return false };
        NOT_COMPARED.iter().for_each(|name| drop(document.remove(*name)));
    }
    one == other
}

/// The lines that write `body` over what is not of a later version.
pub(crate) fn replacement(position: usize, id: &str, version: i64, body: &Value) -> Line {
    let action = json!({"index": {"_id": id, "version": version, "version_type": "external_gte"}});
    Line { position, bytes: Bytes::from(format!("{action}\n{body}\n")) }
}

/// The line that removes a document that the new index holds in `version` at most.
pub(crate) fn removal(position: usize, id: &str, version: i64) -> Line {
    let action = json!({"delete": {"_id": id, "version": version, "version_type": "external_gte"}});
    Line { position, bytes: Bytes::from(format!("{action}\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &Value) -> Read {
        serde_json::from_value(json!({
            "_id": "acme:00000000-0000-0000-0000-000000000001", "_version": 3,
            "sort": ["acme", "00000000-0000-0000-0000-000000000001"], "_source": source
        }))
        .unwrap()
    }

    fn source() -> Value {
        json!({
            "id": "00000000-0000-0000-0000-000000000001", "tenant": "acme", "readers": ["user:ada"], "revision": 3,
            "title": "Mietvertrag", "title_sort": "mietvertrag", "headings": [],
            "text": "Die Wohnung wird von dem Vermieter an den Mieter vermietet, und zwar ab dem ersten Mai.",
            "tags": [], "media_type": "text/plain", "owner": "ada", "created_at": "2026-01-01T00:00:00.123456Z",
            "updated_at": "2026-01-01T00:00:00Z", "size": 9, "vector": [0.6, 0.8], "vector_of": "name"
        })
    }

    fn between(vectors: bool) -> Between {
        Between { old: Form::from_version(1), new: Form::NEWEST, vectors, apart: false, languages: true }
    }

    #[test]
    fn a_document_of_before_gets_what_is_new() {
        let carried = between(false).carried(&read(&source())).unwrap();
        assert_eq!((&carried["language"], carried.get("vector")), (&json!("de"), None));
        assert_eq!((carried.get("text"), &carried["title_de"]), (None, &json!("Mietvertrag")));
        assert!(carried["lead_de"].as_str().unwrap().starts_with("Die Wohnung"));
        assert!(between(false).is_same(&read(&source()), &read(&carried)));
        let mut other = carried;
        other["readers"] = json!(["user:eve"]);
        assert!(!between(false).is_same(&read(&source()), &read(&other)));
    }

    #[test]
    fn a_vector_goes_along_where_the_new_index_takes_it() {
        let carried = between(true).carried(&read(&source())).unwrap();
        assert_eq!((&carried["vector"], &carried["vector_of"]), (&json!([0.6, 0.8]), &json!("name")));
        let mut apart = source();
        apart.as_object_mut().unwrap().remove("vector");
        let mut read = read(&apart);
        assert!(between(true).carried(&read).unwrap().get("vector_of").is_none(), "none without the other");
        read.fields = json!({"vector": [0.6, 0.8]});
        assert_eq!(between(true).carried(&read).unwrap()["vector"], json!([0.6, 0.8]));
    }

    #[test]
    fn what_is_no_document_of_ours_is_refused() {
        let refused = |name: &str, value: Value| {
            let mut source = source();
            source[name] = value;
            between(false).line(0, &read(&source), Over::Older).unwrap_err()
        };
        assert!(refused("title", json!(7)).contains("string"));
        assert!(refused("revision", json!(4)).contains("its revision is 4"));
        assert!(refused("tenant", json!("umbrella")).contains("umbrella:"));
    }
}
