//! What can be asked: `GET /v1/models` and `GET /v1/models/{model}`, in the form of whoever asks.

use crate::gateway::candidates;
use crate::{AiFault, Deps};
use http::StatusCode;
use octavo_domain_ai::models::{Catalogue, ModelSpec, Tier};
use octavo_domain_ai::routing::{self, Complexity, Unroutable};
use octavo_wiring_edge::{Problem, Request, Response};
use serde_json::{Value, json};
use std::sync::Arc;

/// Only Anthropic's clients send it.
const ANTHROPIC_VERSION: &str = "anthropic-version";

/// List the models
///
/// What the caller may ask for: the tiers, and every model that a configured provider offers and the policy allows. In
/// Anthropic's form where the request has `anthropic-version`, else in OpenAI's.
#[utoipa::path(
    get, path = "/v1/models", tag = "ai", operation_id = "models",
    responses((status = 200, description = "OpenAI's or Anthropic's list", body = Value)),
    security(("token" = []))
)]
pub(crate) async fn list(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let models = usable(&deps, &request).await?;
    let anthropic = request.headers.contains_key(ANTHROPIC_VERSION);
    let data: Vec<Value> = models.iter().map(|model| view(model, anthropic)).collect();
    let list = if anthropic {
        let id = |model: Option<&Model>| model.map(|model| model.id.clone());
        json!({ "data": data, "has_more": false, "first_id": id(models.first()), "last_id": id(models.last()) })
    } else {
        json!({ "object": "list", "data": data })
    };
    Ok(Response::json(StatusCode::OK, &list))
}

/// One model
#[utoipa::path(
    get, path = "/v1/models/{model}", tag = "ai", operation_id = "model",
    params(("model" = String, Path, description = "A tier or a name")),
    responses(
        (status = 200, description = "OpenAI's or Anthropic's model", body = Value),
        (status = 404, description = "There is none, or the policy does not allow it", body = Value),
    ),
    security(("token" = []))
)]
pub(crate) async fn one(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let asked: String = request.param("model")?;
    let models = usable(&deps, &request).await?;
    let Some(model) = models.iter().find(|model| model.id == asked) else {
        let near = deps.options.catalogue.near(&asked);
        return Err(AiFault::from(Unroutable::UnknownModel { asked, near }).into());
    };
    Ok(Response::json(StatusCode::OK, &view(model, request.headers.contains_key(ANTHROPIC_VERSION))))
}

struct Model {
    id: String,
    owner: String,
    details: Value,
}

async fn usable(deps: &Deps, request: &Request) -> Result<Vec<Model>, Problem> {
    let settings = deps.policies.of(&request.principal()?.tenant).await.map_err(AiFault::from)?;
    let catalogue: &Catalogue = &deps.options.catalogue;
    let offered = |spec: &ModelSpec| {
        let find = routing::Ask {
            model: &spec.name,
            kind: spec.kind,
            complexity: Complexity::default(),
            speaks_messages: None,
            max_output: None,
        };
        let candidates = candidates(deps, &settings, &find).ok()?;
        candidates.first().map(|candidate| candidate.target.provider.clone())
    };
    let found: Vec<(&Arc<ModelSpec>, String)> =
        catalogue.models().iter().filter_map(|spec| offered(spec).map(|owner| (spec, owner))).collect();
    let tiers = Tier::ALL.into_iter().filter(|tier| found.iter().any(|(spec, _)| spec.tier == Some(*tier)));
    let mut models: Vec<Model> = tiers
        .map(|tier| Model {
            id: tier.as_str().to_owned(),
            owner: "octavo".to_owned(),
            details: json!({ "tier": tier }),
        })
        .collect();
    models.extend(found.into_iter().map(|(spec, owner)| Model {
        id: spec.name.clone(),
        owner,
        details: json!({
            "tier": spec.tier,
            "kind": spec.kind,
            "context_tokens": spec.context_tokens,
            "output_tokens_max": spec.output_tokens_max,
            "price": spec.price,
            "price_as_of": catalogue.as_of(),
        }),
    }));
    Ok(models)
}

fn view(model: &Model, anthropic: bool) -> Value {
    if anthropic {
        json!({ "type": "model", "id": model.id, "display_name": model.id, "created_at": "1970-01-01T00:00:00Z", "octavo": model.details })
    } else {
        json!({ "id": model.id, "object": "model", "created": 0, "owned_by": model.owner, "octavo": model.details })
    }
}
