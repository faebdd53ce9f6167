//! Kinds of documents that are often wanted: data files in `templates/`.

use crate::PlannedSection;
use crate::limits::VARIABLE_CHARS_MAX;
use crate::order::text;
use octavo_domain_kernel::FieldFault;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A kind of document. `{{name}}` in its texts is replaced by a variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// What it is asked for by.
    #[schema(example = "report")]
    pub name: String,
    /// What it is, for people.
    #[schema(example = "A report for people who decide")]
    pub description: String,
    /// The title of its documents.
    #[schema(example = "Report: {{subject}}")]
    pub title: String,
    /// What is to be written.
    pub instructions: String,
    /// What can be filled in.
    pub variables: Vec<Variable>,
    /// Its sections.
    pub outline: Vec<PlannedSection>,
}

/// Something that is filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Its name.
    #[schema(example = "subject")]
    pub name: String,
    /// What it is for.
    #[schema(example = "What the report is about")]
    pub description: String,
    /// What stands there if nothing is given; without it something must be given.
    pub default: Option<String>,
}

const FILES: [&str; 5] = [
    include_str!("../templates/report.json"),
    include_str!("../templates/policy.json"),
    include_str!("../templates/minutes.json"),
    include_str!("../templates/contract-summary.json"),
    include_str!("../templates/briefing.json"),
];

static TEMPLATES: LazyLock<Vec<Template>> = LazyLock::new(|| {
    FILES.iter().map(|file| serde_json::from_str(file).expect("the templates are part of the program")).collect()
});

/// All of them.
pub fn templates() -> &'static [Template] {
    &TEMPLATES
}

/// The one of this name.
pub fn template(name: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|template| template.name == name)
}

impl Template {
    /// The template with its variables filled in, or everything that is wrong with `given`, each by its field
    /// (`variables.subject`).
    pub fn fill(&self, given: &BTreeMap<String, String>) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Vec::new();
        for name in given.keys() {
            if !self.variables.iter().any(|variable| variable.name == *name) {
                let names: Vec<&str> = self.variables.iter().map(|variable| variable.name.as_str()).collect();
                let message = format!("expected one of {}", names.join(", "));
                faults.push(FieldFault::new(format!("variables.{name}"), message));
            }
        }
        let mut values = BTreeMap::new();
        for variable in &self.variables {
            let field = format!("variables.{}", variable.name);
            match given.get(&variable.name).or(variable.default.as_ref()) {
                Some(value) => {
                    let mut value = value.clone();
                    let least = usize::from(variable.default.is_none());
                    text(&field, &mut value, least, VARIABLE_CHARS_MAX, &mut faults);
                    values.insert(variable.name.as_str(), value);
                }
                None => faults.push(FieldFault::new(field, format!("expected {}", variable.description))),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let fill = |text: &str| filled(text, &values);
        let section = |section: &PlannedSection| PlannedSection {
            heading: one_line(&fill(&section.heading)),
            instructions: fill(&section.instructions),
        };
        Ok(Self {
            title: one_line(&fill(&self.title)),
            instructions: fill(&self.instructions),
            outline: self.outline.iter().map(section).collect(),
            ..self.clone()
        })
    }
}

/// In one pass: what a variable says is never looked through for further ones.
fn filled(text: &str, values: &BTreeMap<&str, String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        match after.split_once("}}") {
            Some((name, behind)) if values.contains_key(name) => {
                out.push_str(&values[name]);
                rest = behind;
            }
            _ => {
                out.push_str("{{");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{HEADING_CHARS_MAX, INSTRUCTIONS_CHARS_MAX, SECTIONS_MAX};
    use std::collections::BTreeSet;

    fn given(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn every_template_can_be_filled_and_leaves_no_gap() {
        let names: BTreeSet<&str> = templates().iter().map(|template| template.name.as_str()).collect();
        assert_eq!(names.len(), FILES.len());
        for template in templates() {
            let needed = template.variables.iter().filter(|variable| variable.default.is_none());
            let given = needed.map(|variable| (variable.name.clone(), "value".to_owned())).collect();
            let filled = template.fill(&given).unwrap();
            let all = serde_json::to_string(&filled).unwrap();
            assert!(!all.contains("{{"), "{}: a placeholder without a variable: {all}", template.name);
            let raw = serde_json::to_string(template).unwrap();
            for variable in &template.variables {
                assert!(raw.contains(&format!("{{{{{}}}}}", variable.name)), "{}: {}", template.name, variable.name);
            }
            assert!((1..=SECTIONS_MAX).contains(&filled.outline.len()));
            assert!(filled.instructions.len() < INSTRUCTIONS_CHARS_MAX);
            assert!(filled.outline.iter().all(|section| section.heading.len() < HEADING_CHARS_MAX));
        }
    }

    #[test]
    fn every_wrong_variable_is_named() {
        let report = template("report").unwrap();
        let faults = report.fill(&given(&[("colour", "red"), ("audience", "a\0b")])).unwrap_err();
        let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["variables.colour", "variables.subject", "variables.audience"]);
    }

    #[test]
    fn what_a_variable_says_is_not_filled_again() {
        let report = template("report").unwrap();
        let filled = report.fill(&given(&[("subject", "{{audience}}\nand more")])).unwrap();
        assert_eq!(filled.title, "Report: {{audience}} and more");
    }
}
