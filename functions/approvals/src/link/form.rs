//! The form of an approval on a page: what of its JSON schema a page without scripts can ask for.

use super::page::Escaped;
use octavo_wiring_edge::Query;
use serde_json::{Map, Number, Value, json};
use std::fmt::Write;

/// Members that a page asks for; a form with more is filled in in the application.
const MEMBERS_MAX: usize = 30;
/// Before the names of members, so that none of them is one of the page's own.
const PREFIX: &str = "answers.";

/// The form as HTML; none if the page cannot ask for something that is needed to approve.
pub(super) fn html(schema: &Value) -> Option<String> {
    let mut html = String::new();
    let members = members(schema);
    if members.len() > MEMBERS_MAX {
        return None;
    }
    for (name, member) in members {
        let needed = required(schema, name);
        let Some(field) = field(name, member, needed) else {
            if needed {
                return None;
            }
            continue;
        };
        let label = member.get("title").and_then(Value::as_str).unwrap_or(name);
        let _ = write!(html, "<label for=\"{0}{1}\">{2}</label>{field}", PREFIX, Escaped(name), Escaped(label));
        if let Some(text) = member.get("description").and_then(Value::as_str) {
            let _ = write!(html, "<small>{}</small>", Escaped(text));
        }
    }
    Some(html)
}

fn field(name: &str, member: &Value, needed: bool) -> Option<String> {
    let name = format!("{PREFIX}{}", Escaped(name));
    let needed = if needed { " required" } else { "" };
    if let Some(choices) = member.get("enum").and_then(Value::as_array) {
        let mut options = String::from("<option value=\"\"></option>");
        for choice in choices {
            let text = choice.as_str()?;
            let _ = write!(options, "<option value=\"{0}\">{0}</option>", Escaped(text));
        }
        return Some(format!("<select id=\"{name}\" name=\"{name}\"{needed}>{options}</select>"));
    }
    match member.get("type").and_then(Value::as_str)? {
        "string" if member.get("maxLength").and_then(Value::as_u64).is_some_and(|chars| chars > 200) => {
            Some(format!("<textarea id=\"{name}\" name=\"{name}\" rows=\"4\"{needed}></textarea>"))
        }
        "string" => Some(format!("<input id=\"{name}\" name=\"{name}\"{needed}>")),
        "integer" => Some(format!("<input id=\"{name}\" name=\"{name}\" type=\"number\" step=\"1\"{needed}>")),
        "number" => Some(format!("<input id=\"{name}\" name=\"{name}\" type=\"number\" step=\"any\"{needed}>")),
        // A box that is not ticked says no: it is never missing.
        "boolean" => Some(format!("<input id=\"{name}\" name=\"{name}\" type=\"checkbox\" value=\"true\">")),
        _ => None,
    }
}

/// What was filled in. What cannot be what its member should be stays text, for the rules to refuse by name.
pub(super) fn answers(schema: &Value, filled: &Query) -> Map<String, Value> {
    let mut answers = Map::new();
    for (name, member) in members(schema) {
        let text = filled.all(&format!("{PREFIX}{name}")).next().unwrap_or_default();
        let kind = member.get("type").and_then(Value::as_str);
        let value = match kind {
            Some("boolean") => json!(text == "true"),
            _ if text.is_empty() => continue,
            Some("integer") => text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number)),
            Some("number") => {
                let number = text.parse::<f64>().ok().and_then(Number::from_f64);
                text.parse::<i64>().ok().map(Number::from).or(number).map_or_else(|| json!(text), Value::Number)
            }
            _ => json!(text),
        };
        answers.insert(name.clone(), value);
    }
    answers
}

fn members(schema: &Value) -> Vec<(&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten().collect()
}

fn required(schema: &Value, name: &str) -> bool {
    let list = schema.get("required").and_then(Value::as_array);
    list.is_some_and(|list| list.iter().any(|needed| needed.as_str() == Some(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_members_are_asked_for_and_read() {
        let schema = json!({
            "type": "object",
            "properties": {
                "budget": {"type": "number", "title": "Budget <EUR>"},
                "seats": {"type": "integer"},
                "centre": {"type": "string", "enum": ["A", "B"]},
                "checked": {"type": "boolean"},
                "note": {"type": "string", "maxLength": 2000},
            },
            "required": ["budget"],
        });
        let form = html(&schema).unwrap();
        for part in [
            "name=\"answers.budget\" type=\"number\" step=\"any\" required",
            "Budget &lt;EUR&gt;",
            "<select",
            "<textarea",
        ] {
            assert!(form.contains(part), "{part}: {form}");
        }
        let filled = Query::parse("answers.budget=12.5&answers.seats=3&answers.centre=&answers.note=a+b").unwrap();
        let expected = json!({"budget": 12.5, "seats": 3, "checked": false, "note": "a b"});
        assert_eq!(Value::Object(answers(&schema, &filled)), expected);
        let wrong = Query::parse("answers.seats=many").unwrap();
        assert_eq!(answers(&schema, &wrong)["seats"], "many", "the rules refuse it by name");
    }

    #[test]
    fn what_a_page_cannot_ask_for_is_left_to_the_application() {
        let list = json!({"properties": {"lines": {"type": "array"}}, "required": ["lines"]});
        assert_eq!(html(&list), None);
        let optional = json!({"properties": {"lines": {"type": "array"}}});
        assert_eq!(html(&optional), Some(String::new()));
    }
}
