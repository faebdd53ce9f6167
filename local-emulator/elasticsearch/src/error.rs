//! Errors in the shape that Elasticsearch gives them: `{"error": {"root_cause": [...], "type", "reason"}, "status"}`.

use serde_json::{Map, Value, json};

/// Why a request, or one item of a bulk request, was refused.
///
/// `kind` is Elasticsearch's snake-case exception name; clients branch on it and on the status.
#[derive(Debug, Clone)]
pub(crate) struct Error {
    pub(crate) status: u16,
    pub(crate) kind: &'static str,
    pub(crate) reason: String,
    /// Further members beside type and reason, such as `index` and `index_uuid`.
    ///
    /// Boxed, so that a `Result` stays small where all goes well.
    pub(crate) details: Box<Map<String, Value>>,
    pub(crate) cause: Option<Box<Error>>,
    /// Set where the real server fails in the query phase of a shard, and so wraps the cause.
    pub(crate) phase: Option<&'static str>,
}

pub(crate) type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn new(status: u16, kind: &'static str, reason: impl Into<String>) -> Self {
        Self { status, kind, reason: reason.into(), details: Box::default(), cause: None, phase: None }
    }

    pub(crate) fn illegal(reason: impl Into<String>) -> Self {
        Self::new(400, "illegal_argument_exception", reason)
    }

    pub(crate) fn parsing(reason: impl Into<String>) -> Self {
        Self::new(400, "parsing_exception", reason)
    }

    pub(crate) fn x_content(reason: impl Into<String>) -> Self {
        Self::new(400, "x_content_parse_exception", reason)
    }

    pub(crate) fn mapper(reason: impl Into<String>) -> Self {
        Self::new(400, "mapper_parsing_exception", reason)
    }

    pub(crate) fn document(reason: impl Into<String>) -> Self {
        Self::new(400, "document_parsing_exception", reason)
    }

    pub(crate) fn validation(reason: impl Into<String>) -> Self {
        Self::new(400, "action_request_validation_exception", format!("Validation Failed: 1: {};", reason.into()))
    }

    /// A query that the shards refuse (as opposed to one that does not parse).
    pub(crate) fn shard(reason: impl Into<String>, index: &str) -> Self {
        let mut error = Self::new(400, "query_shard_exception", reason).with("index", index);
        error.phase = Some("query");
        error
    }

    /// As [`Error::shard`], for what the shards report as an illegal argument.
    pub(crate) fn shard_argument(reason: impl Into<String>) -> Self {
        let mut error = Self::illegal(reason);
        error.phase = Some("query");
        error
    }

    pub(crate) fn index_not_found(name: &str) -> Self {
        Self::new(404, "index_not_found_exception", format!("no such index [{name}]"))
            .with("resource.type", "index_or_alias")
            .with("resource.id", name)
            .with("index_uuid", "_na_")
            .with("index", name)
    }

    pub(crate) fn version_conflict(index: &str, id: &str, detail: &str) -> Self {
        Self::new(409, "version_conflict_engine_exception", format!("[{id}]: version conflict, {detail}"))
            .with("index", index)
            .with("shard", "0")
    }

    pub(crate) fn unsupported(what: &str) -> Self {
        Self::illegal(format!("{what} is not supported by this embedded engine"))
    }

    pub(crate) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    pub(crate) fn caused_by(mut self, cause: Error) -> Self {
        self.cause = Some(Box::new(cause));
        self
    }

    /// Type, reason, details and cause: the object inside a bulk item and inside `root_cause`.
    pub(crate) fn object(&self) -> Value {
        let mut object = Map::new();
        object.insert("type".into(), self.kind.into());
        object.insert("reason".into(), self.reason.clone().into());
        for (key, value) in self.details.iter() {
            object.insert(key.clone(), value.clone());
        }
        if let Some(cause) = &self.cause {
            object.insert("caused_by".into(), cause.object());
        }
        Value::Object(object)
    }

    /// The whole answer body.
    pub(crate) fn body(&self) -> Value {
        let object = self.object();
        let mut root = object.clone();
        if let Value::Object(root) = &mut root {
            root.remove("caused_by");
        }
        if let Some(phase) = self.phase {
            let index = self.details.get("index").cloned().unwrap_or(Value::Null);
            return json!({
                "error": {
                    "root_cause": [root],
                    "type": "search_phase_execution_exception",
                    "reason": "all shards failed",
                    "phase": phase,
                    "grouped": true,
                    "failed_shards": [{ "shard": 0, "index": index, "node": crate::NODE_ID, "reason": object }],
                },
                "status": self.status,
            });
        }
        let mut error = Map::new();
        error.insert("root_cause".into(), json!([root]));
        if let Value::Object(object) = object {
            error.extend(object);
        }
        json!({ "error": error, "status": self.status })
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.kind, self.reason)
    }
}

impl std::error::Error for Error {}

impl From<tantivy::TantivyError> for Error {
    fn from(error: tantivy::TantivyError) -> Self {
        Self::new(500, "engine_exception", error.to_string())
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::new(500, "i_o_exception", error.to_string())
    }
}
