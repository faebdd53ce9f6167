//! Which variables each state refers to: the `variableReferences` of `DescribeStateMachine`.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The names of the variables that each state's fields refer to, by state; states without any are left out. `text` is
/// a definition that has been checked. Names that a state itself binds (JSONata's own) and `$states` do not count.
pub fn variable_references(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        let jsonata = value.get("QueryLanguage").and_then(Value::as_str) == Some("JSONata");
        list(&value, jsonata, &mut found);
    }
    found
}

fn list(of: &Value, jsonata: bool, found: &mut BTreeMap<String, Vec<String>>) {
    for (name, state) in of.get("States").and_then(Value::as_object).into_iter().flatten() {
        let jsonata = match state.get("QueryLanguage").and_then(Value::as_str) {
            Some(language) => language == "JSONata",
            None => jsonata,
        };
        let mut names = BTreeSet::new();
        for (field, value) in state.as_object().into_iter().flatten() {
            match field.as_str() {
                "ItemProcessor" | "Iterator" => list(value, jsonata, found),
                "Branches" => value.as_array().into_iter().flatten().for_each(|branch| list(branch, jsonata, found)),
                "Comment" | "Result" | "Next" | "Default" | "Resource" => {}
                _ => references(field, value, jsonata, &mut names),
            }
        }
        if !names.is_empty() {
            found.insert(name.clone(), names.into_iter().collect());
        }
    }
}

fn references(key: &str, value: &Value, jsonata: bool, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| references(key, value, jsonata, names)),
        Value::Array(values) => values.iter().for_each(|value| references(key, value, jsonata, names)),
        Value::String(text) if jsonata => {
            if let Some(expression) = crate::jsonata::expression(text) {
                mentioned(expression, true, names);
            }
        }
        Value::String(text) => {
            let evaluated = key.ends_with(".$") || key.ends_with("Path") || key == "Variable";
            if evaluated && key != "ResultPath" {
                mentioned(text, false, names);
            }
        }
        _ => {}
    }
}

/// `$name` outside of quotes. `$`, `$$`, `$.a` and `$[0]` are no names; in JSONata a name before `(` is a function.
fn mentioned(text: &str, jsonata: bool, names: &mut BTreeSet<String>) {
    let chars: Vec<char> = text.chars().collect();
    let (mut at, mut quote) = (0, None);
    while at < chars.len() {
        let c = chars[at];
        at += 1;
        match quote {
            Some(_) if c == '\\' => at += 1,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c == '$' => {
                let twice = chars.get(at) == Some(&'$');
                let name: String = chars[at..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').collect();
                at += name.chars().count() + usize::from(twice);
                let call = jsonata && chars.get(at) == Some(&'(');
                let own = jsonata && name == "states";
                if !name.is_empty() && !twice && !call && !own {
                    names.insert(name);
                }
            }
            None => {}
        }
    }
}
