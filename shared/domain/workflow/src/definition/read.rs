//! From a text to a definition. Everything wrong is found at once, not only the first.

use super::{
    Code, Definition, Finding, Language, StateList, check,
    fields::{self, nearest},
    position::locate,
};
use serde_json::{Map, Value};

/// The longest definition, in bytes: the service's own limit.
pub const DEFINITION_BYTES_MAX: usize = 1024 * 1024;

/// How many findings are told: a text that is wrong all over needs no longer list.
pub(super) const FINDINGS_MAX: usize = 100;

/// The name of a state that is read alone, as findings and causes name it.
pub const ALONE: &str = "StateName";

/// Reads and checks a definition. `express` machines may not wait for tokens, other executions or activities.
pub fn parse(text: &str, express: bool) -> Result<Definition, Vec<Finding>> {
    read(text, express, false)
}

/// Reads and checks one state, which the definition then has under the name [`ALONE`]. It may lead to states that are not
/// there. Lines and columns count in its own text, except that the first line's columns begin later.
pub fn parse_state(text: &str) -> Result<Definition, Vec<Finding>> {
    read(&format!("{{\"StartAt\":\"{ALONE}\",\"States\":{{\"{ALONE}\":{text}}}}}"), false, true)
}

fn read(text: &str, express: bool, alone: bool) -> Result<Definition, Vec<Finding>> {
    let whole = |code, message: String, line, column, hint: &str| {
        vec![Finding { path: String::new(), line, column, code, message, hint: hint.to_owned() }]
    };
    if text.len() > DEFINITION_BYTES_MAX {
        let message = format!("The definition is longer than {DEFINITION_BYTES_MAX} bytes");
        return Err(whole(Code::SchemaValidationFailed, message, 1, 1, "Move parts of it into machines of their own."));
    }
    if text.trim().is_empty() {
        let message = "Definition must be a valid JSON object".to_owned();
        return Err(whole(Code::SchemaValidationFailed, message, 1, 1, ""));
    }
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => {
            let (line, column) = (error.line().max(1), error.column().max(1));
            return Err(whole(Code::InvalidJsonDescription, error.to_string(), line, column, "The text is no JSON."));
        }
    };
    let Value::Object(machine) = &value else {
        let message = "Definition must be a valid JSON object".to_owned();
        return Err(whole(Code::SchemaValidationFailed, message, 1, 1, ""));
    };
    let (places, twice) = locate(text);
    let mut reader = Reader { findings: Vec::new(), lists: Vec::new(), express, language: Language::default() };
    for pointer in twice {
        reader.wrong(&pointer, "Duplicate field".to_owned(), "The later one would silently win: keep one.");
    }
    let timeout_seconds = reader.machine(machine);
    let search_attributes = reader.search_attributes(machine);
    check::targets(&mut reader, alone);
    if reader.findings.is_empty() {
        let language = reader.language;
        return Ok(Definition { timeout_seconds, language, search_attributes, lists: reader.lists });
    }
    for finding in &mut reader.findings {
        // A field that is missing has no place of its own: it is its object's.
        let mut pointer = finding.path.trim_end_matches('/');
        let place = loop {
            match (places.get(pointer), pointer.rfind('/')) {
                (Some(place), _) => break Some(*place),
                (None, Some(end)) => pointer = &pointer[..end],
                (None, None) => break None,
            }
        };
        if let Some(place) = place {
            (finding.line, finding.column) = (place.line, place.column);
        }
    }
    Err(reader.findings)
}

pub(super) struct Reader {
    pub(super) findings: Vec<Finding>,
    pub(super) lists: Vec<StateList>,
    pub(super) express: bool,
    /// The machine's language: what every state has that says nothing, however deep inside.
    pub(super) language: Language,
}

impl Reader {
    pub(super) fn wrong(&mut self, path: &str, message: String, hint: &str) {
        self.note(Code::SchemaValidationFailed, path, message, hint);
    }

    pub(super) fn note(&mut self, code: Code, path: &str, message: String, hint: &str) {
        if self.findings.len() < FINDINGS_MAX {
            let path = if path.is_empty() { "/" } else { path }.to_owned();
            self.findings.push(Finding { path, line: 1, column: 1, code, message, hint: hint.to_owned() });
        }
    }

    fn machine(&mut self, machine: &Map<String, Value>) -> Option<u64> {
        self.known(machine, "", fields::MACHINE);
        let language = self.said_language(machine, "", None).unwrap_or_default();
        self.language = language;
        if let Some(version) = machine.get("Version")
            && version != "1.0"
        {
            self.wrong("/Version", "The field 'Version' should have one of these values: [1.0]".to_owned(), "");
        }
        self.list(machine, "", None);
        self.whole_number(machine, "TimeoutSeconds", "", 1)
    }

    /// The language of the whole or of a state. A machine that says JSONata has no JSONPath inside.
    pub(super) fn said_language(
        &mut self,
        of: &Map<String, Value>,
        path: &str,
        outer: Option<Language>,
    ) -> Option<Language> {
        let said = of.get("QueryLanguage")?;
        match (said.as_str(), outer) {
            (Some("JSONPath"), Some(Language::Jsonata)) => {
                let message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";
                self.wrong(path, message.to_owned(), "Leave it out, or let the machine say JSONPath.");
                None
            }
            (Some("JSONPath"), _) => Some(Language::JsonPath),
            (Some("JSONata"), _) => Some(Language::Jsonata),
            _ => {
                let message = "The field 'QueryLanguage' should have one of these values: [JSONPath, JSONata]";
                self.wrong(&format!("{path}/QueryLanguage"), message.to_owned(), "");
                None
            }
        }
    }

    /// Reads a list of states and answers its index.
    pub(super) fn list(&mut self, of: &Map<String, Value>, path: &str, outer: Option<usize>) -> usize {
        let index = self.lists.len();
        self.lists.push(StateList { outer, ..StateList::default() });
        let missing: Vec<&str> = ["StartAt", "States"].into_iter().filter(|name| !of.contains_key(*name)).collect();
        if !missing.is_empty() {
            self.wrong(path, format!("These fields are required: [{}]", missing.join(", ")), "");
        }
        if let Some(start_at) = of.get("StartAt") {
            match start_at.as_str() {
                Some(name) => name.clone_into(&mut self.lists[index].start_at),
                None => self.wrong(&format!("{path}/StartAt"), expected("string", start_at), ""),
            }
        }
        let Some(states) = of.get("States") else { return index };
        let at = format!("{path}/States");
        let Some(states) = states.as_object() else {
            self.wrong(&at, expected("object", states), "");
            return index;
        };
        if states.is_empty() {
            self.wrong(&at, "Value cannot be empty".to_owned(), "A machine has at least one state.");
        }
        for (name, state) in states {
            let at = format!("{at}/{}", escaped(name));
            if let Some(state) = self.state(name, state, &at, index) {
                self.lists[index].states.insert(name.clone(), state);
            }
        }
        index
    }

    /// Tells of fields that nobody knows.
    pub(super) fn known(&mut self, of: &Map<String, Value>, path: &str, names: &[&'static str]) {
        for name in of.keys().filter(|name| !names.contains(&name.as_str())) {
            let hint = match nearest(name, names.iter().copied()) {
                Some(meant) => format!("Did you mean '{meant}'?"),
                None => String::new(),
            };
            let message = format!("Field '{name}' is not supported");
            self.wrong(&format!("{path}/{}", escaped(name)), message, &hint);
        }
    }

    /// A whole number that is not less than this.
    pub(super) fn whole_number(&mut self, of: &Map<String, Value>, name: &str, path: &str, least: u64) -> Option<u64> {
        let value = of.get(name)?;
        match value.as_u64() {
            Some(number) if number >= least => Some(number),
            _ => {
                let message = format!("Expected value of type Integer and not less than {least}");
                self.wrong(&format!("{path}/{name}"), message, "");
                None
            }
        }
    }

    pub(super) fn text(&mut self, of: &Map<String, Value>, name: &str, path: &str) -> Option<String> {
        let value = of.get(name)?;
        if let Some(text) = value.as_str() {
            return Some(text.to_owned());
        }
        self.wrong(&format!("{path}/{name}"), expected("string", value), "");
        None
    }
}

/// "Expected value of type ..." with what there is instead.
pub(super) fn expected(kind: &str, value: &Value) -> String {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    format!("Expected value of type {kind} but was {found}")
}

/// A name as part of a pointer.
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
