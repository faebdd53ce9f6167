//! What the edge refuses, in an OpenAPI document: said once here instead of at every operation.

use crate::ProblemDocument;
use utoipa::PartialSchema;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::schema::{KnownFormat, SchemaFormat, Type};
use utoipa::openapi::{
    Content, ContentBuilder, ObjectBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder, SecurityRequirement,
};

/// Whatever an operation does.
const ALWAYS: [(&str, &str); 4] = [
    ("400", "The path, the query, a header or the body cannot be read"),
    ("500", "A defect of the platform"),
    ("503", "Something that is needed is away; Retry-After says when to try again"),
    ("504", "Something that is needed did not answer in time"),
];
/// Of one that needs a token.
const CLOSED: [(&str, &str); 1] = [("401", "No token, or one that is not accepted")];
/// Of one that takes a body.
const WITH_BODY: [(&str, &str); 1] = [("413", "The body is too large")];
/// Of one that reads fields from its body.
const WITH_FIELDS: [(&str, &str); 2] =
    [("415", "The body is of a type that is not taken here"), ("422", "A field is not acceptable")];

/// Parts of media types that have fields.
const FIELDS_IN: [&str; 3] = ["json", "multipart/", "form-urlencoded"];
/// Media types of which a body is bytes and nothing more.
const BYTES: [&str; 2] = ["application/octet-stream", "*/*"];

/// Says of bodies that are bytes that they are: `Vec<u8>` describes itself as a list of numbers, and a client that was
/// generated from that would send one.
pub fn describe_bytes(document: &mut OpenApi) {
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        for response in operation.responses.responses.values_mut() {
            if let RefOr::T(response) = response {
                as_bytes(response.content.iter_mut());
            }
        }
        if let Some(RefOr::T(body)) = &mut operation.request_body {
            as_bytes(body.content.iter_mut());
        }
    }
}

fn as_bytes<'a>(contents: impl Iterator<Item = (&'a String, &'a mut RefOr<Content>)>) {
    for (kind, content) in contents {
        if let RefOr::T(content) = content
            && BYTES.contains(&kind.as_str())
        {
            let bytes = ObjectBuilder::new().schema_type(Type::String);
            let bytes = bytes.format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)));
            content.schema = Some(RefOr::T(bytes.into()));
        }
    }
}

/// Adds to every operation the statuses that [`Router`](crate::Router) and [`Request`](crate::Request) may answer with,
/// as problem documents. What an operation says of a status itself stays.
///
/// `ours` tells the paths whose refusals are problem documents: a protocol of others describes its own.
pub fn describe_refusals(document: &mut OpenApi, ours: fn(&str) -> bool) {
    let items = document.paths.paths.iter_mut().filter(|(path, _)| ours(path));
    for operation in items.flat_map(|(_, item)| operations(item)) {
        let mut statuses = ALWAYS.to_vec();
        if !is_open(operation) {
            statuses.extend(CLOSED);
        }
        if let Some(RefOr::T(body)) = &operation.request_body {
            statuses.extend(WITH_BODY);
            if body.content.keys().any(|kind| FIELDS_IN.iter().any(|part| kind.contains(part))) {
                statuses.extend(WITH_FIELDS);
            }
        }
        for (status, description) in statuses {
            let responses = &mut operation.responses.responses;
            responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(problem(description)));
        }
    }
    let schemas = &mut document.components.get_or_insert_default().schemas;
    schemas.entry("ProblemDocument".to_owned()).or_insert_with(ProblemDocument::schema);
    let mut within = Vec::new();
    <ProblemDocument as utoipa::ToSchema>::schemas(&mut within);
    for (name, schema) in within {
        schemas.entry(name).or_insert(schema);
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete]
        .into_iter()
        .filter_map(Option::as_mut)
}

/// An empty requirement is one that everybody meets.
fn is_open(operation: &Operation) -> bool {
    operation.security.as_ref().is_some_and(|all| all.contains(&SecurityRequirement::default()))
}

fn problem(description: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("ProblemDocument"))).build();
    ResponseBuilder::new().description(description).content("application/problem+json", content).build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn described() -> Value {
        let mut document: OpenApi = serde_json::from_value(json!({
            "openapi": "3.1.0",
            "info": {"title": "T", "version": "1"},
            "paths": {
                "/a": {
                    "get": {"responses": {"400": {"description": "its own words"}}},
                    "post": {
                        "requestBody": {"content": {"application/json": {}}},
                        "responses": {},
                        "security": [{}]
                    },
                    "put": {
                        "requestBody": {"content": {"application/octet-stream": {"schema": {"type": "array"}}}},
                        "responses": {"200": {"description": "d", "content": {"*/*": {}, "text/html": {}}}}
                    }
                },
                "/theirs": {"get": {"responses": {}}}
            }
        }))
        .unwrap();
        describe_refusals(&mut document, |path| path != "/theirs");
        describe_bytes(&mut document);
        serde_json::to_value(document).unwrap()
    }

    fn statuses(document: &Value, path: &str, method: &str) -> Vec<String> {
        document["paths"][path][method]["responses"].as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn an_operation_is_told_what_the_edge_may_answer_for_it() {
        let document = described();
        assert_eq!(statuses(&document, "/a", "get"), ["400", "401", "500", "503", "504"]);
        assert_eq!(statuses(&document, "/a", "post"), ["400", "413", "415", "422", "500", "503", "504"]);
        assert_eq!(statuses(&document, "/a", "put"), ["200", "400", "401", "413", "500", "503", "504"]);
        assert_eq!(statuses(&document, "/theirs", "get"), Vec::<String>::new());
    }

    #[test]
    fn bytes_are_described_as_bytes() {
        let document = described();
        let put = &document["paths"]["/a"]["put"];
        let bytes = json!({"type": "string", "format": "binary"});
        assert_eq!(put["requestBody"]["content"]["application/octet-stream"]["schema"], bytes);
        assert_eq!(put["responses"]["200"]["content"], json!({"*/*": {"schema": bytes}, "text/html": {}}));
    }

    #[test]
    fn what_an_operation_says_itself_stays_and_every_reference_leads_somewhere() {
        let document = described();
        assert_eq!(document["paths"]["/a"]["get"]["responses"]["400"]["description"], "its own words");
        for name in ["ProblemDocument", "FieldFault"] {
            assert!(document["components"]["schemas"][name].is_object(), "{name}");
        }
    }
}
