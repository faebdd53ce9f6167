//! `SearchAttributes`: what executions are found by.

use super::{
    Language,
    read::{Reader, escaped, expected},
};
use crate::template;
use serde_json::{Map, Value};

/// How many search attributes a definition may declare.
pub const SEARCH_ATTRIBUTES_MAX: usize = 20;

impl Reader {
    /// Constants, and expressions in the machine's language: texts `{% ... %}`, or `$...` paths and intrinsic functions.
    pub(super) fn search_attributes(&mut self, machine: &Map<String, Value>) -> Map<String, Value> {
        const AT: &str = "/SearchAttributes";
        let Some(given) = machine.get("SearchAttributes") else { return Map::new() };
        let Some(given) = given.as_object() else {
            self.wrong(AT, expected("object", given), "");
            return Map::new();
        };
        if given.len() > SEARCH_ATTRIBUTES_MAX {
            let message = format!("A definition declares at most {SEARCH_ATTRIBUTES_MAX} search attributes");
            self.wrong(AT, message, "");
        }
        for (name, value) in given {
            let at = format!("{AT}/{}", escaped(name));
            if !template::is_variable(name) {
                let hint = "Letters, digits and _ only, not beginning with a digit.";
                self.wrong(&at, format!("'{name}' is not a valid name of a search attribute"), hint);
            }
            match value {
                Value::String(text) if self.language == Language::Jsonata => {
                    self.expressions(&Value::String(text.clone()), &at, 0);
                }
                Value::String(text) if text.starts_with('$') || text.starts_with("States.") => {
                    if template::check(text).is_err() {
                        let message = format!("Value is not a Reference Path: {text}");
                        self.wrong(&at, message, "A path begins with $, a function with States.");
                    }
                }
                Value::String(_) | Value::Number(_) | Value::Bool(_) => {}
                other => self.wrong(&at, expected("string, number or boolean", other), ""),
            }
        }
        given.clone()
    }
}
