//! What was asked for.

use crate::limits::{
    HEADING_CHARS_MAX, INSTRUCTIONS_CHARS_MAX, MODEL_CHARS_MAX, SECTION_INSTRUCTIONS_CHARS_MAX, SECTIONS_MAX,
    SOURCES_MAX, TITLE_CHARS_MAX,
};
use octavo_domain_kernel::{DocumentId, FieldFault, Reader};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Longest tag of a language, in characters (BCP 47, section 4.4.1, recommends room for 35).
const LANGUAGE_CHARS_MAX: usize = 35;

/// A document that is wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// What it is to be called; none leaves that to the outline.
    pub title: Option<String>,
    /// What is to be written. A template's, filled, and the person's own.
    pub instructions: String,
    /// The template that was used.
    pub template: Option<String>,
    /// How it is to be divided.
    pub outline: Outline,
    /// What is to be read.
    pub sources: SourcesWanted,
    /// A tier, a family or a model's name; `auto` for the tenant's usual tier.
    pub model: String,
    /// In which language (BCP 47); none leaves it to the instructions.
    pub language: Option<String>,
    /// The document's tags.
    pub tags: Vec<String>,
    /// With whom the document is shared from the start.
    pub shares: Vec<Share>,
}

/// How a document is to be divided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outline {
    /// Into so many sections, as a model plans them.
    Planned {
        /// 1 to [`SECTIONS_MAX`].
        sections: usize,
    },
    /// Into these.
    Given(Vec<PlannedSection>),
}

/// A section as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedSection {
    /// Its heading, at most 200 characters.
    #[schema(example = "Findings")]
    pub heading: String,
    /// What it is to say, at most 2,000 characters.
    #[serde(default)]
    #[schema(example = "What the sources say, ordered by importance.")]
    pub instructions: String,
}

/// What is to be read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SourcesWanted {
    /// What to search for.
    pub query: Option<String>,
    /// What found documents must be, in the form of a search request; null for anything.
    pub filters: Value,
    /// These documents, before any that are found.
    pub documents: Vec<DocumentId>,
    /// At most so many, 1 to [`SOURCES_MAX`].
    pub max: usize,
}

impl SourcesWanted {
    /// Whether anything is to be read at all.
    pub fn any(&self) -> bool {
        self.searches() || !self.documents.is_empty()
    }

    /// Whether a search is to be made.
    pub fn searches(&self) -> bool {
        self.query.is_some() || !self.filters.is_null()
    }
}

/// The document is to be shared with somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// With whom.
    pub reader: Reader,
    /// As what.
    pub role: ShareRole,
}

/// What somebody may do with a document that is shared with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ShareRole {
    /// Read and find it.
    Viewer,
    /// Also change it.
    Editor,
}

/// The order with its texts trimmed, or everything that is wrong, each by its field as in `POST /v1/generations`. Tags,
/// shares and filters are other domains' to check.
pub fn check_order(mut order: Order) -> Result<Order, Vec<FieldFault>> {
    let mut faults = Vec::new();
    if let Some(title) = &mut order.title {
        line("title", title, TITLE_CHARS_MAX, &mut faults);
    }
    text("instructions", &mut order.instructions, 1, INSTRUCTIONS_CHARS_MAX, &mut faults);
    match &mut order.outline {
        Outline::Planned { sections } if !(1..=SECTIONS_MAX).contains(sections) => {
            faults.push(FieldFault::new("sections", format!("expected 1 to {SECTIONS_MAX}")));
        }
        Outline::Planned { .. } => {}
        Outline::Given(sections) if !(1..=SECTIONS_MAX).contains(&sections.len()) => {
            faults.push(FieldFault::new("sections", format!("expected 1 to {SECTIONS_MAX} sections")));
        }
        Outline::Given(sections) => {
            for (at, section) in sections.iter_mut().enumerate() {
                line(&format!("sections[{at}].heading"), &mut section.heading, HEADING_CHARS_MAX, &mut faults);
                let field = format!("sections[{at}].instructions");
                text(&field, &mut section.instructions, 0, SECTION_INSTRUCTIONS_CHARS_MAX, &mut faults);
            }
        }
    }
    let sources = &order.sources;
    if !(1..=SOURCES_MAX).contains(&sources.max) {
        faults.push(FieldFault::new("sources.max", format!("expected 1 to {SOURCES_MAX}")));
    }
    if sources.documents.len() > SOURCES_MAX {
        faults.push(FieldFault::new("sources.document_ids", format!("expected at most {SOURCES_MAX}")));
    } else if sources.documents.len() > sources.max {
        faults.push(FieldFault::new("sources.max", "expected at least as many as there are document_ids"));
    }
    line("model", &mut order.model, MODEL_CHARS_MAX, &mut faults);
    if let Some(language) = &order.language {
        let plain = language.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !plain || !(2..=LANGUAGE_CHARS_MAX).contains(&language.len()) {
            faults.push(FieldFault::new("language", "expected a language tag such as en or pt-BR"));
        }
    }
    if faults.is_empty() { Ok(order) } else { Err(faults) }
}

fn line(field: &str, value: &mut String, chars_max: usize, faults: &mut Vec<FieldFault>) {
    *value = value.trim().to_owned();
    let count = value.chars().count();
    if count == 0 || count > chars_max || value.chars().any(char::is_control) {
        let message = format!("expected 1 to {chars_max} characters without control characters");
        faults.push(FieldFault::new(field, message));
    }
}

/// Several lines: line feeds and tabs may stand in it.
pub(crate) fn text(field: &str, value: &mut String, chars_min: usize, chars_max: usize, faults: &mut Vec<FieldFault>) {
    *value = value.replace("\r\n", "\n").trim().to_owned();
    let count = value.chars().count();
    let is_wrong = |c: char| c.is_control() && c != '\n' && c != '\t';
    if count < chars_min || count > chars_max || value.chars().any(is_wrong) {
        let message = format!("expected {chars_min} to {chars_max} characters without control characters");
        faults.push(FieldFault::new(field, message));
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn order(outline: Outline) -> Order {
        Order {
            title: None,
            instructions: "Tell what there is".to_owned(),
            template: None,
            outline,
            sources: SourcesWanted { query: Some("persimmon".to_owned()), max: 3, ..SourcesWanted::default() },
            model: "auto".to_owned(),
            language: None,
            tags: Vec::new(),
            shares: Vec::new(),
        }
    }

    fn faults(change: impl FnOnce(&mut Order)) -> Vec<String> {
        let mut order = order(Outline::Planned { sections: 3 });
        change(&mut order);
        check_order(order).unwrap_err().into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn every_wrong_part_is_named() {
        let section = |heading: &str| PlannedSection { heading: heading.to_owned(), instructions: String::new() };
        assert_eq!(faults(|order| order.title = Some("two\nlines".to_owned())), ["title"]);
        assert_eq!(faults(|order| order.instructions = " ".to_owned()), ["instructions"]);
        assert_eq!(faults(|order| order.instructions = "a\0b".to_owned()), ["instructions"]);
        assert_eq!(faults(|order| order.outline = Outline::Planned { sections: 31 }), ["sections"]);
        assert_eq!(faults(|order| order.outline = Outline::Given(Vec::new())), ["sections"]);
        assert_eq!(
            faults(|order| order.outline = Outline::Given(vec![section("a"), section("")])),
            ["sections[1].heading"]
        );
        assert_eq!(faults(|order| order.sources.max = 21), ["sources.max"]);
        assert_eq!(faults(|order| order.sources.documents = vec![DocumentId(uuid::Uuid::nil()); 4]), ["sources.max"]);
        assert_eq!(faults(|order| order.model.clear()), ["model"]);
        assert_eq!(faults(|order| order.language = Some("english please".to_owned())), ["language"]);
    }

    #[test]
    fn what_is_right_is_trimmed() {
        let mut wanted = order(Outline::Planned { sections: 30 });
        wanted.instructions = " Tell\r\nall\t! ".to_owned();
        wanted.language = Some("pt-BR".to_owned());
        assert_eq!(check_order(wanted).unwrap().instructions, "Tell\nall\t!");
    }
}
