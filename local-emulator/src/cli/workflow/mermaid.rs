//! A definition as a Mermaid flowchart. Read from the text's own form, for a picture shows conditions as they were written.

use serde_json::{Map, Value};
use std::collections::HashMap;
use std::fmt::Write as _;

/// The longest label, in characters.
const LABEL_CHARS_MAX: usize = 60;
/// How deep rules are written out: JSON itself is read no deeper.
const DEPTH_MAX: usize = 64;

/// The flowchart of a definition that has been checked.
pub(super) fn mermaid(definition: &Value) -> String {
    let mut chart = Chart { text: "flowchart TD\n".to_owned(), ids: 0 };
    chart.list(definition, "  ");
    chart.text
}

struct Chart {
    text: String,
    ids: usize,
}

impl Chart {
    fn id(&mut self) -> String {
        self.ids += 1;
        format!("s{}", self.ids)
    }

    fn line(&mut self, indent: &str, line: &str) {
        // Writing to a text does not fail.
        let _ = writeln!(self.text, "{indent}{line}");
    }

    /// A list of states with its start, its arrows behind the states.
    fn list(&mut self, of: &Value, indent: &str) {
        let Some(states) = of["States"].as_object() else { return };
        let start = self.id();
        self.line(indent, &format!("{start}((\" \"))"));
        let ids: HashMap<&str, String> = states.keys().map(|name| (name.as_str(), self.id())).collect();
        for (name, state) in states {
            if let Some(id) = ids.get(name.as_str()) {
                self.state(id, name, state, indent);
            }
        }
        let arrow = |from: &str, to: &Value| ids.get(to.as_str()?).map(|to| (from.to_owned(), to.clone()));
        if let Some((from, to)) = arrow(&start, &of["StartAt"]) {
            self.line(indent, &format!("{from} --> {to}"));
        }
        for (name, state) in states {
            let Some(from) = ids.get(name.as_str()) else { continue };
            for rule in state["Choices"].as_array().into_iter().flatten() {
                if let Some((from, to)) = arrow(from, &rule["Next"]) {
                    self.line(indent, &format!("{from} -- {} --> {to}", quoted(&condition(rule, 0))));
                }
            }
            if let Some((from, to)) = arrow(from, &state["Default"]) {
                self.line(indent, &format!("{from} -- \"otherwise\" --> {to}"));
            }
            if let Some((from, to)) = arrow(from, &state["Next"]) {
                self.line(indent, &format!("{from} --> {to}"));
            }
            for catcher in state["Catch"].as_array().into_iter().flatten() {
                let errors: Vec<&str> =
                    catcher["ErrorEquals"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                if let Some((from, to)) = arrow(from, &catcher["Next"]) {
                    self.line(indent, &format!("{from} -. {} .-> {to}", quoted(&errors.join(", "))));
                }
            }
        }
    }

    fn state(&mut self, id: &str, name: &str, state: &Value, indent: &str) {
        let kind = state["Type"].as_str().unwrap_or_default();
        let inner: Vec<&Value> = match kind {
            "Parallel" => state["Branches"].as_array().into_iter().flatten().collect(),
            "Map" => {
                [&state["ItemProcessor"], &state["Iterator"]].into_iter().filter(|list| list.is_object()).collect()
            }
            _ => Vec::new(),
        };
        if !inner.is_empty() {
            let deeper = format!("{indent}  ");
            self.line(indent, &format!("subgraph {id}[{}]", quoted(&format!("{name} ({kind})"))));
            for (index, list) in inner.iter().enumerate() {
                if kind == "Parallel" {
                    let branch = self.id();
                    self.line(&deeper, &format!("subgraph {branch}[\"{}\"]", index + 1));
                    self.list(list, &format!("{deeper}  "));
                    self.line(&deeper, "end");
                } else {
                    self.list(list, &deeper);
                }
            }
            self.line(indent, "end");
            return;
        }
        let label = quoted(name);
        let shape = match kind {
            "Choice" => format!("{{{{{label}}}}}"),
            "Succeed" | "Fail" => format!("([{label}])"),
            "Wait" => format!("({label})"),
            _ => format!("[{label}]"),
        };
        self.line(indent, &format!("{id}{shape}"));
    }
}

/// A label: nothing in it is Mermaid's.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in super::columns::cut(text, LABEL_CHARS_MAX).chars() {
        match c {
            '"' | '#' | '<' | '>' | '&' | '`' => {
                let _ = write!(quoted, "#{};", u32::from(c));
            }
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A rule as a person reads it.
fn condition(rule: &Value, depth: usize) -> String {
    let Some(fields) = rule.as_object().filter(|_| depth < DEPTH_MAX) else { return "…".to_owned() };
    match fields.get("Condition") {
        Some(Value::String(text)) => {
            return text.trim().trim_start_matches("{%").trim_end_matches("%}").trim().to_owned();
        }
        Some(other) => return other.to_string(),
        None => {}
    }
    let within = |rule: &Value| {
        let said = condition(rule, depth + 1);
        if rule.get("And").or(rule.get("Or")).is_some() { format!("({said})") } else { said }
    };
    for (name, word) in [("And", " and "), ("Or", " or ")] {
        if let Some(rules) = fields.get(name).and_then(Value::as_array) {
            return rules.iter().map(within).collect::<Vec<_>>().join(word);
        }
    }
    match fields.get("Not") {
        Some(rule) => format!("not {}", within(rule)),
        None => comparison(fields),
    }
}

const SIGNS: [(&str, &str); 6] = [
    ("GreaterThanEquals", ">="),
    ("LessThanEquals", "<="),
    ("GreaterThan", ">"),
    ("LessThan", "<"),
    ("Equals", "="),
    ("Matches", "like"),
];

fn comparison(fields: &Map<String, Value>) -> String {
    let variable = fields.get("Variable").and_then(Value::as_str).unwrap_or("?");
    for (name, value) in fields {
        if let Some(kind) = name.strip_prefix("Is") {
            let not = if value == &Value::Bool(false) { "not " } else { "" };
            return format!("{variable} is {not}{}", kind.to_lowercase());
        }
        let kinds = ["String", "Numeric", "Boolean", "Timestamp"];
        let Some(operator) = kinds.iter().find_map(|kind| name.strip_prefix(kind)) else { continue };
        let (operator, path) = operator.strip_suffix("Path").map_or((operator, false), |operator| (operator, true));
        if let Some((_, sign)) = SIGNS.iter().find(|(known, _)| *known == operator) {
            let value = value.as_str().filter(|_| path).map_or_else(|| value.to_string(), str::to_owned);
            return format!("{variable} {sign} {value}");
        }
    }
    variable.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn states_are_drawn_by_type_and_arrows_say_when() {
        let definition = json!({"StartAt": "Get", "States": {
            "Get": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Any?",
                "Catch": [{"ErrorEquals": ["States.Timeout", "Mine"], "Next": "No"}]},
            "Any?": {"Type": "Choice", "Default": "No", "Choices": [
                {"And": [{"Variable": "$.n", "NumericGreaterThan": 1}, {"Variable": "$.s", "StringEquals": "a\"b"}], "Next": "Each"},
                {"Variable": "$.x", "IsPresent": false, "Next": "Get"}]},
            "Each": {"Type": "Map", "ItemProcessor": {"StartAt": "One", "States": {"One": {"Type": "Pass", "End": true}}}, "End": true},
            "No": {"Type": "Fail"}}});
        let expected = r##"flowchart TD
  s1((" "))
  s2["Get"]
  s3{{"Any?"}}
  subgraph s4["Each (Map)"]
    s6((" "))
    s7["One"]
    s6 --> s7
  end
  s5(["No"])
  s1 --> s2
  s2 --> s3
  s2 -. "States.Timeout, Mine" .-> s5
  s3 -- "$.n #62; 1 and $.s = #34;a\#34;b#34;" --> s4
  s3 -- "$.x is not present" --> s2
  s3 -- "otherwise" --> s5
"##;
        assert_eq!(mermaid(&definition), expected);
    }

    #[test]
    fn branches_stand_side_by_side_and_no_name_is_markup() {
        let branch = |name: &str| json!({"StartAt": name, "States": {name: {"Type": "Succeed"}}});
        let definition = json!({"StartAt": "<b>", "States": {"<b>": {"Type": "Parallel", "End": true,
            "Branches": [branch("x]\nend"), branch("y")]}}});
        let text = mermaid(&definition);
        assert!(text.contains("subgraph s2[\"#60;b#62; (Parallel)\"]"), "{text}");
        assert!(text.contains("([\"x] end\"])"), "{text}");
        assert_eq!((text.matches("subgraph").count(), text.matches("\n    end\n").count()), (3, 2), "{text}");
    }

    #[test]
    fn conditions_read_as_they_were_meant() {
        for (rule, said) in [
            (json!({"Condition": "{% $states.input.n > 1 %}"}), "$states.input.n > 1"),
            (json!({"Condition": true}), "true"),
            (
                json!({"Not": {"Or": [{"Variable": "$.a", "IsNull": true}, {"Variable": "$.b", "StringMatches": "x*"}]}}),
                "not ($.a is null or $.b like \"x*\")",
            ),
            (json!({"Variable": "$.a", "NumericLessThanEqualsPath": "$.b"}), "$.a <= $.b"),
        ] {
            assert_eq!(condition(&rule, 0), said);
        }
    }
}
