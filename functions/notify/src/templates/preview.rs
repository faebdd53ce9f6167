//! Shows what a template says.

use super::view::{named, own};
use crate::caller::only_admin;
use crate::page::now;
use crate::{Deps, NotifyFault};
use http::StatusCode;
use octavo_domain_calendar::Zone;
use octavo_domain_notify::{
    Channel, NewNotification, Render, RenderedContent, StoredTemplate, TemplateError, builtin, languages, sample,
};
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;

const LINK: &str = "/sample";

/// What is to be shown.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PreviewInput {
    /// Parts that are not set yet; those that are set, if not given.
    #[schema(value_type = Option<Object>)]
    parts: Option<Map<String, Value>>,
    /// What an event would say; a sample, if not given.
    #[schema(value_type = Option<Object>)]
    data: Option<Map<String, Value>>,
    /// Where it would lead: a path of the application.
    link: Option<String>,
}

/// What a template says, by channel.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct PreviewAnswer {
    /// Which template says it: `generic`, where there is none of this name.
    template: String,
    /// In which language.
    language: String,
    /// As a mail.
    email: MailPreview,
    /// As a text message.
    sms: String,
    /// In the inbox.
    in_app: NewNotification,
    /// For Slack.
    slack: SlackPreview,
    /// For a pager: one line.
    pagerduty: String,
}

/// A mail.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub(crate) struct MailPreview {
    /// One line.
    subject: String,
    /// Plain text.
    text: String,
    /// A whole document.
    html: String,
}

/// A message of Slack's.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub(crate) struct SlackPreview {
    /// What notices show.
    text: String,
    /// Its blocks.
    #[schema(value_type = Vec<Object>)]
    blocks: Value,
}

/// Shows what a template says, by every channel
///
/// For administrators. Nothing is stored or sent.
#[utoipa::path(
    post, path = "/v1/notification-templates/{name}/{language}/preview", tag = "notifications",
    operation_id = "notification_template_preview",
    params(
        ("name" = String, Path, description = "Which", example = "approval.requested"),
        ("language" = String, Path, description = "In which language, BCP 47", example = "en"),
    ),
    request_body = PreviewInput,
    responses(
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "You are no administrator"),
        (status = 200, body = PreviewAnswer),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "There is none, and no parts were given"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "It cannot be used: which part, and where in it"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    let tenant = &principal.tenant;
    let (name, language) = named(&request)?;
    let PreviewInput { parts, data, link } = request.json()?;
    let own = match parts {
        Some(parts) => {
            let (name, language, updated_by) = (name.clone(), language.clone(), principal.user.clone());
            Some(StoredTemplate { name, language, parts, revision: 1, updated_at: now(&deps), updated_by })
        }
        None => own(&deps, tenant, &name, &language).await?,
    };
    if own.is_none() && builtin(&name, &language).is_none() {
        return Err(NotifyFault::NotFound { what: "template" }.into());
    }
    let overrides: Vec<StoredTemplate> = own.into_iter().collect();
    for template in &overrides {
        template.check().map_err(NotifyFault::Template)?;
    }
    let (settings, _) = deps.store.settings_get(tenant).await?;
    let (data, utc) = (data.unwrap_or_else(|| sample(&name)), Zone::utc());
    let languages = languages(Some(&language), settings.language.as_deref());
    let link = link.unwrap_or_else(|| LINK.to_owned());
    let render = Render {
        template: &name,
        channel: Channel::Email,
        languages: &languages,
        overrides: &overrides,
        branding: &settings.branding,
        public_url: deps.links.public_url(),
        zone: settings.zone.as_ref().unwrap_or(&utc),
        name: principal.name.as_deref(),
        category: &name,
        data: &data,
        link: Some(&link),
        unsubscribe_url: Some(deps.links.public_url()),
        at: now(&deps),
    };
    let answer = said(&deps, &render).map_err(NotifyFault::Template)?;
    Ok(Response::json(StatusCode::OK, &answer))
}

fn said(deps: &Deps, render: &Render<'_>) -> Result<PreviewAnswer, TemplateError> {
    let by = |channel| deps.templates.render(&Render { channel, ..*render });
    let mail = by(Channel::Email)?;
    let mut answer = PreviewAnswer {
        template: mail.template,
        language: mail.language,
        email: MailPreview::default(),
        sms: String::new(),
        in_app: NewNotification {
            category: String::new(),
            title: String::new(),
            text: String::new(),
            link: None,
            data: Map::new(),
            dedupe_key: None,
        },
        slack: SlackPreview::default(),
        pagerduty: String::new(),
    };
    let others = [Channel::Sms, Channel::InApp, Channel::Slack, Channel::Pagerduty];
    let mut contents = vec![mail.content];
    for channel in others {
        contents.push(by(channel)?.content);
    }
    for content in contents {
        match content {
            RenderedContent::Email { subject, text, html } => answer.email = MailPreview { subject, text, html },
            RenderedContent::Sms { text } => answer.sms = text,
            RenderedContent::InApp(new) => answer.in_app = new,
            RenderedContent::Slack { text, blocks } => answer.slack = SlackPreview { text, blocks },
            RenderedContent::Pagerduty { summary, .. } => answer.pagerduty = summary,
            RenderedContent::Webhook { .. } => {}
        }
    }
    Ok(answer)
}
