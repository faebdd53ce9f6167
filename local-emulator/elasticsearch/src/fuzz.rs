//! What a search must hold to, whatever its body: for the fuzz targets of the workspace.

use std::path::Path;

use bytes::Bytes;
use http::{Method, Uri};

use crate::catalog::Catalog;
use crate::http::{App, Reply, Request, routes};

/// A moment, so that `now` in a date says the same each time.
const NOW_MS: i64 = 1_795_000_000_000;

const MAPPING: &str = r#"{"mappings": {"properties": {
    "title": {"type": "text", "fields": {"raw": {"type": "keyword"}}}, "text": {"type": "text", "analyzer": "english"},
    "tags": {"type": "keyword"}, "pages": {"type": "integer"}, "price": {"type": "double"}, "made": {"type": "date"},
    "kept": {"type": "boolean"}, "near": {"type": "dense_vector", "dims": 3, "index": true, "similarity": "cosine"}
}}}"#;

const DOCUMENTS: [&str; 3] = [
    r#"{"title": "Borrow checker", "text": "Rust's borrow checker refuses what two could change", "tags": ["rust"], "pages": 3, "price": 1.5, "made": "2026-01-02", "kept": true, "near": [1, 0, 0]}"#,
    r#"{"title": "Lifetimes", "text": "A lifetime names how long a borrow lasts", "tags": ["rust", "types"], "pages": 12, "made": "2026-03-04T05:06:07Z", "near": [0, 1, 0]}"#,
    r#"{"title": "Ärger mit Straßen", "text": "Größe, naïve café, 東京", "tags": [], "price": -0.0, "kept": false}"#,
];

/// An engine with one index of three documents.
pub struct Searched(App);

impl Searched {
    /// Keeps its data in `folder`, which is the caller's to remove.
    pub fn new(folder: &Path) -> Self {
        let searched = Self(App::new(Catalog::open(folder).expect("an empty folder can be opened")));
        searched.must("PUT", "/books", MAPPING);
        for (number, document) in DOCUMENTS.iter().enumerate() {
            searched.must("PUT", &format!("/books/_doc/{number}?refresh=true"), document);
        }
        searched
    }

    /// Sends `body` to everything that reads a query and changes nothing. Panics where an answer is the engine's own
    /// defect.
    pub fn search(&self, body: &[u8]) {
        for path in ["/books/_search", "/books/_count", "/_msearch", "/books/_validate/query", "/books/_analyze"] {
            let status = self.ask("POST", path, body);
            assert!(status < 500, "{path} answered {status}");
        }
    }

    fn must(&self, method: &str, path: &str, body: &str) {
        let status = self.ask(method, path, body.as_bytes());
        assert!(status < 300, "{path} answered {status}");
    }

    fn ask(&self, method: &str, path: &str, body: &[u8]) -> u16 {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let uri: Uri = path.parse().expect("a path");
        let request = Request::new(method, &uri, Bytes::copy_from_slice(body), NOW_MS);
        let reply = request.and_then(|request| routes::route(&self.0, &request));
        reply.map_or_else(|error| error.status, |Reply { status, .. }| status)
    }
}
