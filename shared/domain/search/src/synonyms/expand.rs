//! Rules as a process keeps them ready, and what they make of a search's text.

use super::SynonymRules;
use super::rules::words;
use crate::{ALTERNATIVES_MAX, Alternative};
use std::collections::HashMap;

/// A tenant's synonyms, ready to be looked into.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Synonyms {
    /// By term in its normal form: what it may also be called, in the order of the rules, each once.
    others: HashMap<String, Vec<String>>,
    /// Words of the longest term.
    longest: usize,
}

impl Synonyms {
    /// Of rules in their normal form (see [`SynonymRules::checked`]).
    pub fn of(rules: &SynonymRules) -> Self {
        let mut made = Self::default();
        for terms in &rules.equivalents {
            for term in terms {
                made.add(term, terms.iter().filter(|other| *other != term));
            }
        }
        for rule in &rules.one_way {
            made.add(&rule.from, rule.to.iter());
        }
        made
    }

    fn add<'a>(&mut self, term: &str, others: impl Iterator<Item = &'a String>) {
        let known = self.others.entry(term.to_owned()).or_default();
        for other in others {
            if !known.contains(other) {
                known.push(other.clone());
            }
        }
        self.longest = self.longest.max(term.split(' ').count());
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.others.is_empty()
    }

    /// What parts of `text` may also be called. At each place the longest term holds, and the next begins after it: of "motor
    /// vehicle tax", "vehicle" is not looked up. At most [`ALTERNATIVES_MAX`]; what follows in the text goes without.
    pub fn expand(&self, text: &str) -> Vec<Alternative> {
        let mut found: Vec<Alternative> = Vec::new();
        if self.is_empty() {
            return found;
        }
        let words: Vec<(String, bool)> = words(text).collect();
        let mut place = 0;
        while place < words.len() {
            let Some((length, of, others)) = self.longest_at(&words[place..]) else {
                place += 1;
                continue;
            };
            place += length;
            for other in others {
                let alternative = Alternative { of: of.clone(), is: other.clone() };
                if found.contains(&alternative) {
                    continue;
                }
                if found.len() == ALTERNATIVES_MAX {
                    return found;
                }
                found.push(alternative);
            }
        }
        found
    }

    /// The longest term that `words` begin with: its words, itself, and what it may also be called.
    fn longest_at(&self, words: &[(String, bool)]) -> Option<(usize, String, &[String])> {
        // A term does not reach over the mark that ends a part of a sentence.
        let whole = words.iter().position(|(_, ends)| *ends).map_or(words.len(), |end| end + 1);
        (1..=whole.min(self.longest)).rev().find_map(|length| {
            let term = words[..length].iter().map(|(word, _)| word.as_str()).collect::<Vec<_>>().join(" ");
            let others = self.others.get(&term)?;
            Some((length, term, others.as_slice()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn synonyms(rules: serde_json::Value) -> Synonyms {
        Synonyms::of(&serde_json::from_value::<SynonymRules>(rules).unwrap().checked().unwrap())
    }

    fn expanded(synonyms: &Synonyms, text: &str) -> Vec<String> {
        synonyms.expand(text).into_iter().map(|found| format!("{}={}", found.of, found.is)).collect()
    }

    #[test]
    fn equivalents_go_all_ways_and_the_others_one() {
        let known = synonyms(json!({
            "equivalents": [["car", "automobile"], ["car", "wagon"]],
            "one_way": [{"from": "k8s", "to": ["kubernetes"]}],
        }));
        assert_eq!(expanded(&known, "Car insurance"), ["car=automobile", "car=wagon"]);
        assert_eq!(expanded(&known, "my AUTOMOBILE, (wagon)"), ["automobile=car", "wagon=car"]);
        assert_eq!(expanded(&known, "k8s?"), ["k8s=kubernetes"]);
        assert_eq!(expanded(&known, "kubernetes cars"), [""; 0]);
        assert_eq!(expanded(&known, "car car"), ["car=automobile", "car=wagon"]);
        assert!(synonyms(json!({})).expand("car").is_empty());
    }

    #[test]
    fn the_longest_term_holds_and_does_not_reach_over_a_comma() {
        let known = synonyms(json!({
            "equivalents": [["motor vehicle", "car"], ["vehicle", "conveyance"], ["motor", "engine"]],
        }));
        assert_eq!(expanded(&known, "motor vehicle tax"), ["motor vehicle=car"]);
        assert_eq!(expanded(&known, "motor, vehicle"), ["motor=engine", "vehicle=conveyance"]);
        assert_eq!(expanded(&known, "motor"), ["motor=engine"]);
        assert_eq!(expanded(&known, "the motor vehicle vehicle"), ["motor vehicle=car", "vehicle=conveyance"]);
    }

    #[test]
    fn there_are_never_too_many() {
        let terms = |rule: usize| (0..16).map(|term| format!("r{rule}t{term}")).collect::<Vec<_>>();
        let known = synonyms(json!({"equivalents": (0..4).map(terms).collect::<Vec<_>>()}));
        assert_eq!(known.expand("r0t0 r1t0 r2t0 r3t0").len(), ALTERNATIVES_MAX);
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_said_otherwise_by_a_rule(text in "[abc ,.]{0,40}") {
            let known = synonyms(json!({"equivalents": [["a", "b c"], ["a b", "c"]]}));
            for Alternative { of, is } in known.expand(&text) {
                prop_assert!(["a", "b c", "a b", "c"].contains(&of.as_str()));
                prop_assert_ne!(of, is);
            }
        }
    }
}
