//! Which source says a part.

use super::builtin::{BUILTIN_TEMPLATES, Builtin, builtin};
use super::languages::LAST;
use crate::StoredTemplate;

/// What says something that has no template of its own.
const GENERIC: &str = "generic";

/// A template as it is found: the tenant's over the platform's, in one language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Selected<'a> {
    pub(super) name: &'a str,
    pub(super) language: &'a str,
    own: Option<&'a StoredTemplate>,
    platform: Option<&'static Builtin>,
}

/// The template of a name in the first language that there is one in, by whoever's; in any, where there is one in none of them;
/// the generic one, where there is none of that name.
pub(super) fn select<'a>(name: &'a str, languages: &'a [String], overrides: &'a [StoredTemplate]) -> Selected<'a> {
    let known = overrides.iter().any(|own| own.name == name) || BUILTIN_TEMPLATES.iter().any(|of| of.name == name);
    let name = if known { name } else { GENERIC };
    let found = |language: &'a str| {
        let own = overrides.iter().find(|own| own.name == name && own.language.eq_ignore_ascii_case(language));
        let platform = builtin(name, language);
        (own.is_some() || platform.is_some()).then_some(Selected { name, language, own, platform })
    };
    let wanted = languages.iter().map(String::as_str);
    let others = overrides.iter().filter(|own| own.name == name).map(|own| own.language.as_str());
    wanted.chain(others).find_map(found).unwrap_or(Selected {
        name: GENERIC,
        language: LAST,
        own: None,
        platform: builtin(GENERIC, LAST),
    })
}

impl<'a> Selected<'a> {
    /// The source of a part, or else of the nearest to it that the template says, with its name: the tenant's before the
    /// platform's.
    pub(super) fn source(&self, part: &'static str) -> Option<(&'static str, &'a str)> {
        let said = |part: &'static str| {
            let own = self.own.and_then(|own| own.parts.get(part)).and_then(|source| source.as_str());
            let platform = || self.platform.and_then(|platform| platform.parts.get(part)).map(String::as_str);
            own.or_else(platform).map(|source| (part, source))
        };
        let nearest: &[&'static str] = match part {
            "subject" => &["subject", "title", "summary"],
            "title" => &["title", "subject", "summary"],
            "summary" => &["summary", "title", "subject"],
            "text" => &["text", "body"],
            _ => &[],
        };
        said(part).or_else(|| nearest.iter().copied().find_map(said))
    }

    /// Whether the tenant's own says this part.
    pub(super) fn own_says(&self, part: &str) -> bool {
        self.own.is_some_and(|own| own.parts.contains_key(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use serde_json::{Value, json};

    fn own(name: &str, language: &str, parts: &Value) -> StoredTemplate {
        StoredTemplate {
            name: name.to_owned(),
            language: language.to_owned(),
            parts: parts.as_object().unwrap().clone(),
            revision: 1,
            updated_at: DateTime::UNIX_EPOCH,
            updated_by: "ada".parse().unwrap(),
        }
    }

    #[test]
    fn a_tenants_takes_the_place_of_the_platforms_of_its_language_only() {
        let languages = ["de-AT".to_owned(), "de".to_owned(), "en".to_owned()];
        let overrides =
            [own("test", "de", &json!({"subject": "Eigener"})), own("test", "fr", &json!({"subject": "À soi"}))];
        let selected = select("test", &languages, &overrides);
        assert_eq!((selected.language, selected.source("subject")), ("de", Some(("subject", "Eigener"))));
        assert!(selected.source("html").is_some(), "what it does not say is as the platform has it");
        let english = ["en".to_owned()];
        assert_ne!(select("test", &english, &overrides).source("subject"), Some(("subject", "Eigener")));
    }

    #[test]
    fn what_has_no_template_is_said_by_the_generic_one() {
        let english = ["en".to_owned()];
        assert_eq!(select("invoice.due", &english, &[]).name, "generic");
        let overrides = [own("invoice.due", "fr", &json!({"subject": "Facture"}))];
        let selected = select("invoice.due", &english, &overrides);
        assert_eq!((selected.name, selected.language), ("invoice.due", "fr"), "better in a language than not at all");
        assert_eq!(selected.source("title"), Some(("subject", "Facture")), "a notice is called like the mail");
    }
}
