//! A generation as clients ask for it, checked into an order.

use crate::steps::role;
use chrono::{DateTime, Utc};
use octavo_domain_documents::{Grant, check_grants, check_tags};
use octavo_domain_generate::{
    Order, Outline, PlannedSection, SECTIONS, SOURCES, Share, ShareRole, SourcesWanted, Template, check_order,
    template, templates,
};
use octavo_domain_kernel::{DocumentId, FieldFault, Principal, Reader};
use octavo_domain_search::{FilterRequest, SearchRequest};
use octavo_wiring_edge::EdgeFault;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Characters of the title that instructions give where nothing else does.
const HEADLINE_CHARS_MAX: usize = 80;
/// The model that is used if none is named: the tenant's usual tier.
const AUTO: &str = "auto";

/// A document that is wanted. Instructions or a template are needed.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GenerationInput {
    /// What it is to be called; without it as the template says, or as the outline is planned.
    #[schema(max_length = 512, example = "Persimmon harvest 2026")]
    title: Option<String>,
    /// What is to be written, and for whom. At most 8,000 characters, a template's own included.
    #[schema(max_length = 8000, example = "A report on the harvest for the board: yield, problems, what to change.")]
    instructions: Option<String>,
    /// A template's name (`GET /v1/generations/templates`).
    #[schema(example = "report")]
    template: Option<String>,
    /// What the template's variables stand for.
    #[serde(default)]
    #[schema(example = json!({"subject": "the persimmon harvest"}))]
    variables: BTreeMap<String, String>,
    /// What is to be read.
    #[serde(default)]
    sources: SourcesInput,
    /// A tier (`fast`, `standard`, `best`), a family or a model's name; `auto`, and without it, the tenant's usual tier.
    #[schema(example = "auto")]
    model: Option<String>,
    /// How it is to be divided: into so many sections (1 to 30), or into these. Without it as the template is, or into 6.
    sections: Option<SectionsInput>,
    /// A language tag (BCP 47); without it the language of the instructions.
    #[schema(example = "en")]
    language: Option<String>,
    /// The document's tags, at most 32 of at most 64 characters.
    #[serde(default)]
    #[schema(example = json!(["harvest"]))]
    tags: Vec<String>,
    /// With whom the document is shared from the start.
    #[serde(default)]
    shares: Vec<ShareInput>,
}

/// What is to be read: the named documents first, then what a search finds. Nothing where neither is given.
#[derive(Debug, Clone, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SourcesInput {
    /// What to search for, at most 1,000 characters and 64 words.
    #[schema(max_length = 1000, example = "persimmon harvest")]
    query: Option<String>,
    /// What found documents must be, as in `POST /v1/search`.
    filters: Option<FilterRequest>,
    /// These documents, at most 20.
    #[schema(max_items = 20, value_type = Vec<String>)]
    document_ids: Vec<DocumentId>,
    /// At most so many documents, 1 to 20; 8 if not given, and at least those that are named.
    #[schema(minimum = 1, maximum = 20, example = 8)]
    max: Option<usize>,
}

/// A number of sections, or the sections.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(untagged, expecting = "expected a number, or a list of sections with heading and instructions")]
pub(crate) enum SectionsInput {
    /// So many, as a model plans them.
    Number(usize),
    /// These.
    Outline(Vec<PlannedSection>),
}

/// Shares the document with somebody.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GenerationShareInput)]
pub(crate) struct ShareInput {
    /// `user:ID` or `group:ID`.
    #[schema(value_type = String, example = "group:board")]
    reader: Reader,
    /// `viewer` or `editor`.
    #[schema(value_type = String, example = "viewer")]
    role: ShareRole,
}

impl GenerationInput {
    /// What is asked for, however it was written.
    pub(crate) fn meaning(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("text keys and whole numbers serialise")
    }

    /// The order, or everything that is wrong. Whether the named documents may be read is not looked at.
    pub(crate) fn order(self, principal: &Principal, now: DateTime<Utc>) -> Result<Order, EdgeFault> {
        let mut faults = Vec::new();
        let template = self.filled(&mut faults);
        let sources = self.sources.wanted(&mut faults);
        let tags = check_tags("tags", &self.tags).unwrap_or_else(|fault| {
            faults.push(fault);
            Vec::new()
        });
        let shares: Vec<Share> =
            self.shares.into_iter().map(|share| Share { reader: share.reader, role: share.role }).collect();
        let grants = shares.iter().map(|share| Grant {
            reader: share.reader.clone(),
            role: role(share.role),
            granted_by: principal.user.clone(),
            granted_at: now,
        });
        faults.extend(check_grants("shares", &principal.user, grants.collect()).err());

        let instructions = [template.as_ref().map(|template| template.instructions.clone()), self.instructions];
        let instructions = instructions.into_iter().flatten().collect::<Vec<_>>().join("\n\n");
        if instructions.is_empty() && self.template.is_none() {
            faults.push(FieldFault::new("instructions", "expected instructions or a template"));
        }
        let own_title = self.title.or_else(|| template.as_ref().map(|template| template.title.clone()));
        let (title, outline) = match (self.sections, template) {
            (Some(SectionsInput::Number(sections)), _) => (own_title, Outline::Planned { sections }),
            (Some(SectionsInput::Outline(given)), _) => {
                (own_title.or_else(|| headline(&instructions)), Outline::Given(given))
            }
            (None, Some(template)) => (own_title, Outline::Given(template.outline)),
            (None, None) => (own_title, Outline::Planned { sections: SECTIONS }),
        };
        let order = Order {
            title,
            // What is missing was said already.
            instructions: if faults.is_empty() { instructions } else { "-".to_owned() },
            template: self.template,
            outline,
            sources,
            model: self.model.unwrap_or_else(|| AUTO.to_owned()),
            language: self.language,
            tags,
            shares,
        };
        match check_order(order) {
            Ok(order) if faults.is_empty() => Ok(order),
            Ok(_) => Err(EdgeFault::Invalid(faults)),
            Err(more) => {
                faults.extend(more);
                Err(EdgeFault::Invalid(faults))
            }
        }
    }

    fn filled(&self, faults: &mut Vec<FieldFault>) -> Option<Template> {
        let Some(name) = &self.template else {
            if !self.variables.is_empty() {
                faults.push(FieldFault::new("variables", "expected variables only with a template"));
            }
            return None;
        };
        let Some(found) = template(name) else {
            let names: Vec<&str> = templates().iter().map(|template| template.name.as_str()).collect();
            faults.push(FieldFault::new("template", format!("expected one of {}", names.join(", "))));
            return None;
        };
        found.fill(&self.variables).map_err(|wrong| faults.extend(wrong)).ok()
    }
}

impl SourcesInput {
    fn wanted(self, faults: &mut Vec<FieldFault>) -> SourcesWanted {
        let filters = self.filters.unwrap_or_default();
        let request = SearchRequest { text: self.query, filters, ..SearchRequest::default() };
        if let Err(wrong) = request.validate() {
            faults.extend(wrong.into_iter().map(|fault| {
                let field = if fault.field == "text" { "query" } else { &fault.field };
                FieldFault::new(format!("sources.{field}"), fault.message)
            }));
        }
        let filtered = request.filters != FilterRequest::default();
        let filters = if filtered { serde_json::to_value(&request.filters).unwrap_or_default() } else { Value::Null };
        let mut documents = Vec::new();
        for id in self.document_ids {
            if !documents.contains(&id) {
                documents.push(id);
            }
        }
        SourcesWanted {
            query: request.text.filter(|query| !query.trim().is_empty()),
            filters,
            max: self.max.unwrap_or_else(|| SOURCES.max(documents.len())),
            documents,
        }
    }
}

/// The first words of the instructions.
fn headline(instructions: &str) -> Option<String> {
    let line = instructions.lines().find(|line| !line.trim().is_empty())?.trim();
    let short = match line.char_indices().nth(HEADLINE_CHARS_MAX) {
        Some((end, _)) => line[..end].rsplit_once(' ').map_or(&line[..end], |(words, _)| words),
        None => line,
    };
    Some(short.trim_end_matches(['.', ':', ',', ';']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn principal() -> Principal {
        Principal {
            tenant: "acme".parse().unwrap(),
            user: "ada".parse().unwrap(),
            name: None,
            groups: Default::default(),
            roles: Default::default(),
            api_key: None,
        }
    }

    fn order(input: Value) -> Result<Order, Vec<String>> {
        use octavo_domain_kernel::Fault;
        let input: GenerationInput = serde_json::from_value(input).unwrap();
        let fields = |fault: EdgeFault| fault.fields().into_iter().map(|field| field.field).collect();
        input.order(&principal(), DateTime::UNIX_EPOCH).map_err(fields)
    }

    #[test]
    fn what_is_not_said_has_a_default() {
        let plain = order(json!({"instructions": "Tell all"})).unwrap();
        assert_eq!(
            (plain.model.as_str(), plain.outline, plain.title),
            ("auto", Outline::Planned { sections: 6 }, None)
        );
        assert!(!plain.sources.any());
        let report = order(json!({"template": "report", "variables": {"subject": "tea"}, "instructions": "Be brief."}));
        let report = report.unwrap();
        assert_eq!(report.title.as_deref(), Some("Report: tea"));
        assert!(report.instructions.ends_with("\n\nBe brief.") && report.instructions.contains("the management"));
        assert!(matches!(report.outline, Outline::Given(sections) if sections.len() == 5));
        let given = order(json!({"instructions": "Tell all of it. Now.", "sections": [{"heading": "One"}]})).unwrap();
        assert_eq!(given.title.as_deref(), Some("Tell all of it. Now"));
    }

    #[test]
    fn every_wrong_part_is_named() {
        let cases = [
            (json!({}), vec!["instructions"]),
            (json!({"instructions": "x", "variables": {"a": "b"}}), vec!["variables"]),
            (json!({"template": "novel"}), vec!["template"]),
            (json!({"template": "report"}), vec!["variables.subject"]),
            (json!({"instructions": "x", "sections": 31, "title": ""}), vec!["title", "sections"]),
            (json!({"instructions": "x", "tags": [""], "language": "?"}), vec!["tags[0]", "language"]),
            (json!({"instructions": "x", "shares": [{"reader": "user:ada", "role": "viewer"}]}), vec!["shares"]),
            (
                json!({"instructions": "x", "sources": {"query": "y".repeat(1001), "max": 21, "filters": {"owners": ["a b"]}}}),
                vec!["sources.query", "sources.filters.owners[0]", "sources.max"],
            ),
        ];
        for (input, fields) in cases {
            assert_eq!(order(input.clone()).unwrap_err(), fields, "{input}");
        }
    }

    #[test]
    fn sections_are_a_number_or_a_list() {
        let wrong = serde_json::from_value::<GenerationInput>(json!({"instructions": "x", "sections": "many"}));
        assert!(wrong.unwrap_err().to_string().contains("a number, or a list of sections"));
        let documents = vec![uuid::Uuid::from_u128(1); 3];
        let once = order(json!({"instructions": "x", "sources": {"document_ids": documents}})).unwrap();
        assert_eq!(once.sources.documents.len(), 1);
    }
}
