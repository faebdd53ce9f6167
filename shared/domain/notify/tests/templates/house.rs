//! Where messages are put into words.

use octavo_domain_calendar::Zone;
use octavo_domain_notify::{Branding, Channel, Render, Rendered, StoredTemplate, TemplateError, Templates};
use serde_json::{Map, Value};

#[derive(Clone)]
pub(crate) struct Desk {
    data: Map<String, Value>,
    languages: Vec<String>,
    overrides: Vec<StoredTemplate>,
    branding: Branding,
    unsubscribe_url: Option<String>,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            data: Map::new(),
            languages: vec!["en".to_owned()],
            overrides: Vec::new(),
            branding: Branding::default(),
            unsubscribe_url: Some("https://octavo.example/v1/unsubscribe/token".to_owned()),
        }
    }
}

impl Desk {
    pub(crate) fn data(&self, data: &Map<String, Value>) -> Self {
        Self { data: data.clone(), ..self.clone() }
    }

    pub(crate) fn language(self, language: &str) -> Self {
        self.languages(vec![language.to_owned()])
    }

    pub(crate) fn languages(self, languages: Vec<String>) -> Self {
        Self { languages, ..self }
    }

    pub(crate) fn overrides(self, overrides: &[StoredTemplate]) -> Self {
        Self { overrides: overrides.to_vec(), ..self }
    }

    pub(crate) fn branding(self, branding: &Branding) -> Self {
        Self { branding: branding.clone(), ..self }
    }

    pub(crate) fn say(&self, template: &str, channel: Channel) -> Rendered {
        self.try_say(template, channel).unwrap()
    }

    pub(crate) fn try_say(&self, template: &str, channel: Channel) -> Result<Rendered, TemplateError> {
        self.try_say_with(&Templates::new(), template, channel)
    }

    pub(crate) fn try_say_with(
        &self,
        templates: &Templates,
        template: &str,
        channel: Channel,
    ) -> Result<Rendered, TemplateError> {
        self.with(template, channel, |render| templates.render(render))
    }

    /// What is to be said, to whoever says it.
    pub(crate) fn with<T>(&self, template: &str, channel: Channel, say: impl FnOnce(&Render<'_>) -> T) -> T {
        let zone: Zone = "Europe/Vienna".parse().unwrap();
        say(&Render {
            template,
            channel,
            languages: &self.languages,
            overrides: &self.overrides,
            branding: &self.branding,
            public_url: "https://octavo.example",
            zone: &zone,
            name: Some("Ada Lovelace"),
            category: template,
            data: &self.data,
            link: Some("/approvals/7"),
            unsubscribe_url: self.unsubscribe_url.as_deref(),
            at: "2026-11-27T12:00:00Z".parse().unwrap(),
        })
    }
}

pub(crate) fn stored(name: &str, language: &str, parts: Value) -> StoredTemplate {
    let Value::Object(parts) = parts else { panic!("parts have names") };
    StoredTemplate {
        name: name.to_owned(),
        language: language.to_owned(),
        parts,
        revision: 1,
        updated_at: "2026-11-27T12:00:00Z".parse().unwrap(),
        updated_by: "ada".parse().unwrap(),
    }
}
