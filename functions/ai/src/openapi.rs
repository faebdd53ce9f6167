//! The function's part of the API's description.

use crate::refusals::dialect_of;
use octavo_domain_ai::wire::Dialect;
use octavo_wiring_edge::describe_refusals;
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::schema::{SchemaType, Type};
use utoipa::openapi::{ContentBuilder, Object, ObjectBuilder, Ref, Response, ResponseBuilder};

#[derive(OpenApi)]
#[openapi(
    paths(
        crate::chat::handle, crate::responses::handle, crate::messages::handle, crate::messages::count_tokens,
        crate::embeddings::handle, crate::models::list, crate::models::one,
        crate::admin::policy::read, crate::admin::policy::write, crate::admin::usage::read, crate::admin::calls::list, crate::admin::call::transcript,
        crate::admin::budgets::list, crate::admin::alerts::list, crate::admin::breakers::list,
        crate::admin::breakers::hold, crate::admin::breakers::reset, crate::admin::providers::list,
        crate::admin::providers::put_key, crate::admin::providers::delete_key,
        crate::api_keys::create, crate::api_keys::list, crate::api_keys::revoke,
    ),
    tags((name = "ai", description = "AI models by the protocols of OpenAI and Anthropic, with the tenant's budgets and ledger"))
)]
struct Description;

/// OpenAPI 3.1 of the routes. The security scheme `token` is declared by whoever puts the parts together.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut description = Description::openapi();
    describe_refusals(&mut description, |path| dialect_of(path).is_none());
    for (path, item) in &mut description.paths.paths {
        let dialect = dialect_of(path);
        for operation in operations(item) {
            let takes_body = operation.request_body.is_some();
            let responses = &mut operation.responses.responses;
            match dialect {
                None => {
                    let forbidden = problem("For another role: admin, or operator where it concerns all tenants");
                    responses.entry("403".to_owned()).or_insert_with(|| forbidden.into());
                }
                Some(dialect) => {
                    for (status, description) in refusals(dialect, takes_body) {
                        responses.entry(status.to_owned()).or_insert_with(|| told(dialect, description).into());
                    }
                }
            }
        }
    }
    let schemas = &mut description.components.get_or_insert_default().schemas;
    schemas.insert("OpenAiRefusal".to_owned(), openai_refusal().into());
    schemas.insert("AnthropicRefusal".to_owned(), anthropic_refusal().into());
    description
}

/// What a call may be answered by us or by a provider, in its caller's form.
fn refusals(dialect: Dialect, takes_body: bool) -> Vec<(&'static str, &'static str)> {
    let mut all = vec![
        ("400", "The request is not acceptable, or too long for the model"),
        ("401", "No token or key, or one that is not accepted"),
        ("403", "The policy does not allow it"),
        ("404", "There is no such model, or the policy does not allow it"),
        ("500", "A defect of the platform"),
        ("503", "Something that is needed is away; retry-after says when to try again"),
        ("504", "Something that is needed did not answer in time"),
    ];
    if takes_body {
        all.extend([
            ("413", "The body is too large"),
            ("415", "The body is no JSON by its type"),
            ("429", "Over a rate (AI_0009) or a budget (AI_0010), or over one of the provider's"),
            ("502", "The provider failed"),
        ]);
        if dialect == Dialect::Messages {
            all.push(("529", "The provider is too busy"));
        }
    }
    all
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete]
        .into_iter()
        .filter_map(Option::as_mut)
}

fn problem(description: &str) -> Response {
    response(description, "application/problem+json", "ProblemDocument")
}

fn told(dialect: Dialect, description: &str) -> Response {
    let name = if dialect == Dialect::Messages { "AnthropicRefusal" } else { "OpenAiRefusal" };
    response(description, "application/json", name)
}

fn response(description: &str, media_type: &str, schema: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build();
    ResponseBuilder::new().description(description).content(media_type, content).build()
}

fn text() -> Object {
    ObjectBuilder::new().schema_type(Type::String).build()
}

fn text_or_null() -> Object {
    ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::String, Type::Null])).build()
}

fn openai_refusal() -> Object {
    let error = ObjectBuilder::new()
        .property("message", text())
        .property("type", text())
        .property("param", text_or_null())
        .property("code", text_or_null())
        .required("message")
        .required("type");
    ObjectBuilder::new()
        .description(Some("OpenAI's form of a refusal"))
        .property("error", error)
        .required("error")
        .build()
}

fn anthropic_refusal() -> Object {
    let error =
        ObjectBuilder::new().property("type", text()).property("message", text()).required("type").required("message");
    ObjectBuilder::new()
        .description(Some("Anthropic's form of a refusal"))
        .property("type", text())
        .property("error", error)
        .property("request_id", text())
        .required("type")
        .required("error")
        .build()
}
