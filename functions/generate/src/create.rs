//! Asks for a document.

use crate::commit::{now, publish};
use crate::input::GenerationInput;
use crate::sources::readable;
use crate::view::GenerationView;
use crate::{Deps, GenerateFault, idempotency};
use http::{StatusCode, header};
use octavo_domain_generate::{CreateError, Creation, Generation, GenerationId, step_message};
use octavo_domain_kernel::{DocumentId, FieldFault};
use octavo_wiring_edge::{EdgeFault, Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Asks for a long document, which is then written section by section.
///
/// The answer comes at once; `GET` at its Location shows how it goes. Whoever asks owns the document. With an
/// `Idempotency-Key` the request can be sent again for 24 hours and makes one.
#[utoipa::path(
    post, path = "/v1/generations", tag = "generations", operation_id = "generation_create",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this request; 1 to 255 characters")),
    request_body = GenerationInput,
    responses(
        (status = 202, body = GenerationView, headers(("Location" = String))),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A field is not acceptable"),
        (status = 429, body = ProblemDocument, content_type = "application/problem+json", description = "20 of yours are under way"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    let input: GenerationInput = request.json()?;
    let idempotency = idempotency::read(&request, principal, &input.meaning())?;
    if let Some(answer) = idempotency::replay(&deps, principal, idempotency.as_ref()).await? {
        return Ok(answer);
    }
    let now = now(&deps);
    let order = input.order(principal, now)?;
    let (id, document) = (GenerationId(deps.ids.next()), DocumentId(deps.ids.next()));
    let generation = Generation::new(id, document, principal, order, now, request.traceparent());
    check_documents(&deps, &generation).await?;
    let view = GenerationView::of(&generation);
    let answer = serde_json::to_value(&view).expect("views have text keys");
    let creation = Creation {
        outbox: vec![step_message(deps.ids.next(), now, &generation)],
        remembered: idempotency.as_ref().map(|idempotency| idempotency.remembered(answer, now)),
        generation,
    };
    match deps.generations.generation_create(&creation).await {
        Ok(()) => {
            publish(&deps, &principal.tenant, creation.outbox).await;
            let location = format!("/v1/generations/{id}");
            Ok(Response::json(StatusCode::ACCEPTED, &view).with_text(header::LOCATION, &location))
        }
        // The same request at the same time was faster: its answer is this one's.
        Err(CreateError::KeyTaken) => match idempotency::replay(&deps, principal, idempotency.as_ref()).await? {
            Some(answer) => Ok(answer),
            None => Err(GenerateFault::Contended.into()),
        },
        Err(CreateError::TooMany) => Err(GenerateFault::TooMany.into()),
        Err(CreateError::Port(error)) => Err(error.into()),
    }
}

/// Named documents must be there for the person: what is left out silently would be missed in the result only.
async fn check_documents(deps: &Deps, generation: &Generation) -> Result<(), Problem> {
    let named = &generation.order.sources.documents;
    let found = readable(deps, generation, named).await?;
    let missing = named.iter().enumerate().filter(|(_, id)| !found.iter().any(|document| document.id == **id));
    let faults = missing.map(|(at, _)| {
        FieldFault::new(format!("sources.document_ids[{at}]"), "expected a document that you may read, with text in it")
    });
    let faults: Vec<FieldFault> = faults.collect();
    if faults.is_empty() { Ok(()) } else { Err(EdgeFault::Invalid(faults).into()) }
}
