//! Bodies and queries in URL encoding.

use crate::tasks::error::Failed;
use serde_json::{Map, Value};
use url::form_urlencoded::Serializer;

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Lists {
    /// `a[0]=x&a[1]=y`.
    #[default]
    Indices,
    /// `a=x&a=y`.
    Repeat,
    /// `a=x,y`.
    Commas,
    /// `a[]=x&a[]=y`.
    Brackets,
}

impl Lists {
    pub(super) fn parse(text: Option<&str>) -> Result<Self, Failed> {
        match text {
            None | Some("INDICES") => Ok(Self::Indices),
            Some("REPEAT") => Ok(Self::Repeat),
            Some("COMMAS") => Ok(Self::Commas),
            Some("BRACKETS") => Ok(Self::Brackets),
            Some(_) => Err(Failed::parameter(
                "Transform.RequestEncodingOptions.ArrayFormat",
                "expected INDICES, REPEAT, COMMAS or BRACKETS",
            )),
        }
    }
}

/// An object as `application/x-www-form-urlencoded`; members of objects within are `a[b]`. Null is left out.
pub(super) fn encode(members: &Map<String, Value>, lists: Lists) -> String {
    let mut out = Serializer::new(String::new());
    for (name, value) in members {
        append(&mut out, name, value, lists);
    }
    out.finish()
}

fn append(out: &mut Serializer<'_, String>, name: &str, value: &Value, lists: Lists) {
    match value {
        Value::Null => {}
        Value::Object(members) => {
            for (member, value) in members {
                append(out, &format!("{name}[{member}]"), value, lists);
            }
        }
        Value::Array(items) if lists == Lists::Commas => {
            let items: Vec<String> = items.iter().filter(|item| !item.is_null()).map(plain).collect();
            out.append_pair(name, &items.join(","));
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                match lists {
                    Lists::Indices => append(out, &format!("{name}[{index}]"), item, lists),
                    Lists::Brackets => append(out, &format!("{name}[]"), item, lists),
                    Lists::Repeat | Lists::Commas => append(out, name, item, lists),
                }
            }
        }
        value => {
            out.append_pair(name, &plain(value));
        }
    }
}

/// A value as a text: a text as it is.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_are_written_as_asked() {
        let Value::Object(members) = json!({"a": ["x", "y z"], "b": {"c": 1, "d": null}, "e": true}) else { panic!() };
        for (lists, wanted) in [
            (Lists::Indices, "a%5B0%5D=x&a%5B1%5D=y+z&b%5Bc%5D=1&e=true"),
            (Lists::Repeat, "a=x&a=y+z&b%5Bc%5D=1&e=true"),
            (Lists::Commas, "a=x%2Cy+z&b%5Bc%5D=1&e=true"),
            (Lists::Brackets, "a%5B%5D=x&a%5B%5D=y+z&b%5Bc%5D=1&e=true"),
        ] {
            assert_eq!(encode(&members, lists), wanted);
        }
    }
}
