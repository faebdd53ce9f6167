//! Sends a template to oneself.

use super::view::{named, own};
use crate::caller::only_admin;
use crate::events::{Accepted, accept};
use crate::page::now;
use crate::{Deps, NotifyFault};
use http::StatusCode;
use octavo_domain_notify::{Address, Channel, Event, Recipient, Urgency, builtin, sample};
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The category of tests: nobody's choice keeps one back.
const CATEGORY: &str = "test";

/// What is to be sent.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestInput {
    /// `email` (if not given) or `sms`.
    channel: Option<Channel>,
    /// What the event says; a sample, if not given.
    #[schema(value_type = Option<Object>)]
    data: Option<Map<String, Value>>,
}

/// Sends a template to yourself, as it is set
///
/// For administrators. It goes to the address that is known of you and to nobody else. The answer names the event; its messages
/// say what became of it.
#[utoipa::path(
    post, path = "/v1/notification-templates/{name}/{language}/test", tag = "notifications",
    operation_id = "notification_template_test",
    params(
        ("name" = String, Path, description = "Which", example = "approval.requested"),
        ("language" = String, Path, description = "In which language, BCP 47", example = "en"),
    ),
    request_body = TestInput,
    responses(
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "You are no administrator"),
        (status = 202, body = Accepted),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "There is none"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "No address of yours is known"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    let tenant = &principal.tenant;
    let (name, language) = named(&request)?;
    let TestInput { channel, data } = request.json()?;
    if builtin(&name, &language).is_none() && own(&deps, tenant, &name, &language).await?.is_none() {
        return Err(NotifyFault::NotFound { what: "template" }.into());
    }
    let channel = channel.unwrap_or(Channel::Email);
    let person = deps.people.person_get(tenant, &principal.user).await?;
    let address = person.as_ref().and_then(|person| match channel {
        Channel::Email => person.email.as_deref(),
        Channel::Sms => person.phone.as_deref(),
        _ => None,
    });
    let Some(address) = address else {
        let message = "expected email or sms, and a mail address or number of yours that is known".to_owned();
        return Err(NotifyFault::Invalid { field: "channel".to_owned(), message }.into());
    };
    let event = Event {
        id: deps.ids.next(),
        key: None,
        category: CATEGORY.to_owned(),
        template: Some(name.clone()),
        recipients: vec![Recipient::Address {
            channel,
            address: Address::new(channel, address),
            name: person.as_ref().and_then(|person| person.name.clone()),
            language: Some(language),
            zone: person.as_ref().and_then(|person| person.zone.clone()),
        }],
        data: data.unwrap_or_else(|| sample(&name)),
        link: Some("/".to_owned()),
        urgency: Urgency::Urgent,
        channels: Some(BTreeSet::from([channel])),
        digest: None,
        matter: None,
        at: now(&deps),
    };
    let id = accept(&deps, tenant, &event).await?;
    Ok(Response::json(StatusCode::ACCEPTED, &Accepted { id }))
}
