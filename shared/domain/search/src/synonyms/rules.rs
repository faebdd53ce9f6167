//! The rules as a tenant sets them.

use octavo_domain_kernel::FieldFault;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Rules of a tenant, of both kinds together: a process keeps all of them.
pub const SYNONYM_RULES_MAX: usize = 1000;
/// Terms of one rule, `from` included.
pub const SYNONYM_TERMS_MAX: usize = 16;
/// Words of one term.
pub const SYNONYM_TERM_WORDS_MAX: usize = 5;
/// Characters of one term.
pub const SYNONYM_TERM_CHARS_MAX: usize = 64;

/// What means the same in a tenant. Letters' case does not matter; a term may have several words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SynonymRules {
    /// Each a list of 2 to 16 terms: whoever looks for one of them finds the others, too.
    #[schema(max_items = 1000, example = json!([["car", "automobile", "motor vehicle"]]))]
    pub equivalents: Vec<Vec<String>>,
    /// Whoever looks for `from` finds `to`, too, and not the other way round.
    #[schema(max_items = 1000)]
    pub one_way: Vec<OneWay>,
}

/// A term that stands for others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OneWay {
    /// What is looked for; 1 to 64 characters, 1 to 5 words.
    #[schema(example = "k8s")]
    pub from: String,
    /// What is found, too: 1 to 15 terms.
    #[schema(max_items = 15, example = json!(["kubernetes"]))]
    pub to: Vec<String>,
}

impl SynonymRules {
    /// The rules in their normal form (terms in small letters, single spaces between words, each once), or everything that is
    /// wrong, each by its field.
    ///
    /// # Errors
    /// A list that is too long or too short, a term that is empty or too long.
    pub fn checked(&self) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Vec::new();
        let count = self.equivalents.len() + self.one_way.len();
        if count > SYNONYM_RULES_MAX {
            let message = format!("expected at most {SYNONYM_RULES_MAX} rules of both kinds, got {count}");
            let field = if self.equivalents.len() > SYNONYM_RULES_MAX { "equivalents" } else { "one_way" };
            return Err(vec![FieldFault::new(field, message)]);
        }
        let mut normal = Self::default();
        for (position, terms) in self.equivalents.iter().enumerate() {
            let field = format!("equivalents[{position}]");
            normal.equivalents.push(checked_terms(&field, terms, 2, SYNONYM_TERMS_MAX, &mut faults));
        }
        for (position, rule) in self.one_way.iter().enumerate() {
            let field = format!("one_way[{position}]");
            let from = checked_term(&format!("{field}.from"), &rule.from, &mut faults);
            let mut to = checked_terms(&format!("{field}.to"), &rule.to, 1, SYNONYM_TERMS_MAX - 1, &mut faults);
            if to.iter().any(|term| *term == from && !term.is_empty()) {
                faults.push(FieldFault::new(format!("{field}.to"), "expected other terms than from"));
            }
            to.retain(|term| *term != from);
            normal.one_way.push(OneWay { from, to });
        }
        if faults.is_empty() { Ok(normal) } else { Err(faults) }
    }
}

fn checked_terms(field: &str, terms: &[String], min: usize, max: usize, faults: &mut Vec<FieldFault>) -> Vec<String> {
    if terms.len() > max {
        faults.push(FieldFault::new(field, format!("expected at most {max} terms, got {}", terms.len())));
        return Vec::new();
    }
    let before = faults.len();
    let mut seen = BTreeSet::new();
    let mut normal = Vec::new();
    for (position, term) in terms.iter().enumerate() {
        let term = checked_term(&format!("{field}[{position}]"), term, faults);
        if seen.insert(term.clone()) {
            normal.push(term);
        }
    }
    if faults.len() == before && normal.len() < min {
        faults.push(FieldFault::new(field, format!("expected at least {min} different terms")));
    }
    normal
}

fn checked_term(field: &str, term: &str, faults: &mut Vec<FieldFault>) -> String {
    let words: Vec<String> = words(term).map(|(word, _)| word).collect();
    let normal = words.join(" ");
    let chars = normal.chars().count();
    if chars == 0 || chars > SYNONYM_TERM_CHARS_MAX || words.len() > SYNONYM_TERM_WORDS_MAX {
        let message =
            format!("expected 1 to {SYNONYM_TERM_CHARS_MAX} characters and 1 to {SYNONYM_TERM_WORDS_MAX} words");
        faults.push(FieldFault::new(field, message));
    }
    normal
}

/// The words of a text in small letters, without the marks of a sentence around them, and whether a mark ends each: what stands
/// on both sides of a comma is no phrase. `c++`, `.net` and `node.js` stay as they are.
pub(super) fn words(text: &str) -> impl Iterator<Item = (String, bool)> {
    let around = |character: char| "\"'`()[]{}<>“”„‚‘’«»".contains(character);
    let after = move |character: char| ",;:!?…".contains(character) || character == '.' || around(character);
    text.split(|character: char| character.is_whitespace() || character.is_control()).filter_map(move |piece| {
        let word = piece.trim_start_matches(around);
        let bare = word.trim_end_matches(after);
        (!bare.is_empty()).then(|| (bare.to_lowercase(), bare.len() < word.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn checked(rules: Value) -> Result<SynonymRules, Vec<String>> {
        let rules: SynonymRules = serde_json::from_value(rules).unwrap();
        rules.checked().map_err(|faults| faults.into_iter().map(|fault| fault.field).collect())
    }

    #[test]
    fn terms_come_to_their_normal_form_once() {
        let rules = checked(json!({
            "equivalents": [["Car", " motor\tVehicle ", "car"], ["C++", "cpp"]],
            "one_way": [{"from": "K8s", "to": ["Kubernetes", "kubernetes"]}],
        }));
        let expected = json!({
            "equivalents": [["car", "motor vehicle"], ["c++", "cpp"]],
            "one_way": [{"from": "k8s", "to": ["kubernetes"]}],
        });
        assert_eq!(serde_json::to_value(rules.unwrap()).unwrap(), expected);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let long = "x".repeat(65);
        let faults = checked(json!({
            "equivalents": [["car"], ["car", "CAR"], ["a", " "], ["a b c d e f", "x"], vec!["t"; 17], [long, "y"]],
            "one_way": [{"from": "!", "to": ["x"]}, {"from": "a", "to": []}, {"from": "a", "to": ["b", "A"]}],
        }));
        let expected = [
            "equivalents[0]",
            "equivalents[1]",
            "equivalents[2][1]",
            "equivalents[3][0]",
            "equivalents[4]",
            "equivalents[5][0]",
            "one_way[0].from",
            "one_way[1].to",
            "one_way[2].to",
        ];
        assert_eq!(faults.unwrap_err(), expected);
        assert_eq!(checked(json!({"equivalents": vec![["a", "b"]; 1001]})).unwrap_err(), ["equivalents"]);
        let rule = json!({"from": "a", "to": ["b"]});
        let both = json!({"equivalents": vec![["a", "b"]; 999], "one_way": [rule, rule]});
        assert_eq!(checked(both).unwrap_err(), ["one_way"]);
    }
}
