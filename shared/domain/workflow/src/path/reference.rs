//! Reference paths: where a result is written (`ResultPath`).

use super::step::{Path, PathFault, Step};
use crate::scope::{NESTING_MAX, nests_too_deep};
use serde_json::{Map, Value};

/// How deep a reference path may reach, in steps: what it builds must still be readable as JSON afterwards.
const STEPS_MAX: usize = 64;

/// A path for writing: names and indexes only.
#[derive(Debug, Clone, PartialEq)]
pub struct ReferencePath {
    steps: Vec<Place>,
}

#[derive(Debug, Clone, PartialEq)]
enum Place {
    Name(String),
    Index(usize),
}

impl ReferencePath {
    /// Reads a reference path such as `$.a.b[0]`: no `@`, `..`, `,`, `:`, `?` or `*`, as it must point at one place.
    pub fn parse(text: &str) -> Result<Self, PathFault> {
        let path = Path::parse(text)?;
        if path.function.is_some() {
            return Err(PathFault::syntax(0, "a reference path has no function"));
        }
        let mut places = Vec::with_capacity(path.steps.len());
        for step in path.steps {
            places.push(match step {
                Step::Names(mut names) if names.len() == 1 => Place::Name(names.remove(0)),
                Step::Indexes(indexes) if indexes.len() == 1 => match indexes.first().copied().map(usize::try_from) {
                    Some(Ok(index)) => Place::Index(index),
                    _ => return Err(PathFault::syntax(0, "an index of a reference path is not negative")),
                },
                _ => return Err(PathFault::syntax(0, "a reference path points at one place")),
            });
        }
        if places.len() > STEPS_MAX {
            return Err(PathFault::syntax(0, format!("a reference path has at most {STEPS_MAX} steps")));
        }
        Ok(Self { steps: places })
    }

    /// Whether this is `$`: the value replaces the whole.
    pub fn is_root(&self) -> bool {
        self.steps.is_empty()
    }

    /// Puts a value at the path, making the objects on the way. A place inside a value that has no room for it (a name
    /// in what is no object, an index that an array does not have) is a fault, and nothing is changed. An index just
    /// after the end appends. A value that would then nest deeper than [`NESTING_MAX`] is a fault too.
    pub fn put(&self, into: &mut Value, value: Value) -> Result<(), PathFault> {
        self.has_room(into)?;
        let mut here = &mut *into;
        for place in &self.steps {
            here = match place {
                Place::Name(name) => {
                    if !here.is_object() {
                        *here = Value::Object(Map::new());
                    }
                    let Value::Object(fields) = here else { return Err(no_room(place, &Value::Null)) };
                    fields.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()))
                }
                Place::Index(index) => {
                    let Value::Array(items) = here else { return Err(no_room(place, here)) };
                    if *index == items.len() {
                        items.push(Value::Object(Map::new()));
                    }
                    match items.get_mut(*index) {
                        Some(item) => item,
                        None => return Err(no_room(place, &Value::Null)),
                    }
                }
            };
        }
        *here = value;
        if nests_too_deep(into) {
            return Err(PathFault::nothing(format!("The value nests more than {NESTING_MAX} deep")));
        }
        Ok(())
    }

    fn has_room(&self, into: &Value) -> Result<(), PathFault> {
        let mut here = into;
        for (position, place) in self.steps.iter().enumerate() {
            let next = match (place, here) {
                (Place::Name(name), Value::Object(fields)) => fields.get(name),
                (Place::Index(index), Value::Array(items)) if *index <= items.len() => items.get(*index),
                _ => return Err(no_room(place, here)),
            };
            let Some(next) = next else {
                // What is made on the way is objects, so only names may follow.
                let mut below = self.steps.iter().skip(position + 1);
                return match below.find(|place| matches!(place, Place::Index(_))) {
                    Some(place) => Err(no_room(place, &Value::Object(Map::new()))),
                    None => Ok(()),
                };
            };
            here = next;
        }
        Ok(())
    }
}

fn no_room(place: &Place, here: &Value) -> PathFault {
    let step = match place {
        Place::Name(name) => name.clone(),
        Place::Index(index) => index.to_string(),
    };
    let input: String = here.to_string().chars().take(200).collect();
    PathFault::nothing(format!("Unable to apply step \"{step}\" to input {input}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn put(path: &str, into: Value) -> Result<Value, String> {
        let mut into = into;
        ReferencePath::parse(path).unwrap().put(&mut into, json!("new")).map_err(|fault| fault.message)?;
        Ok(into)
    }

    #[test]
    fn the_value_is_put_where_the_path_points() {
        assert_eq!(put("$", json!(1)), Ok(json!("new")));
        assert_eq!(put("$.a", json!({"b": 1})), Ok(json!({"b": 1, "a": "new"})));
        assert_eq!(put("$.a.b.c", json!({"a": {"x": 1}})), Ok(json!({"a": {"x": 1, "b": {"c": "new"}}})));
        assert_eq!(put("$['a b'][1]", json!({"a b": [1, 2]})), Ok(json!({"a b": [1, "new"]})));
        assert_eq!(put("$.l[2].n", json!({"l": [1, 2]})), Ok(json!({"l": [1, 2, {"n": "new"}]})));
    }

    #[test]
    fn what_has_no_room_is_refused_and_left_as_it_was() {
        assert_eq!(put("$.a", json!([1])), Err("Unable to apply step \"a\" to input [1]".to_owned()));
        assert!(put("$.a.b", json!({"a": 5})).is_err());
        assert!(put("$.a[3]", json!({"a": [1]})).is_err());
        assert!(put("$.a[0]", json!({})).is_err());
        let mut into = json!({"x": {}});
        assert!(ReferencePath::parse("$.x.y.z[0]").unwrap().put(&mut into, json!(1)).is_err());
        assert_eq!(into, json!({"x": {}}));
    }

    #[test]
    fn paths_to_many_places_are_no_reference_paths() {
        for text in ["$..a", "$.*", "$[*]", "$[0,1]", "$[1:]", "$['a','b']", "$[?(@.a)]", "$.a.length()", "$[-1]", "a"]
        {
            assert!(ReferencePath::parse(text).is_err(), "{text}");
        }
        assert!(ReferencePath::parse(&format!("${}", ".a".repeat(65))).is_err());
    }
}
