//! What the service's clients add to an answer.

use serde_json::{Map, Value, json};

/// `SdkHttpMetadata`: the headers, each as a list and as a text.
pub(super) fn metadata(headers: &[(&str, &str)], status: u16) -> Value {
    let lists: Map<String, Value> = headers.iter().map(|(name, value)| ((*name).to_owned(), json!([value]))).collect();
    let texts: Map<String, Value> = headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    json!({ "AllHttpHeaders": lists, "HttpHeaders": texts, "HttpStatusCode": status })
}
