//! Reading what an operation takes.

use super::checks::Checks;
use super::fault::{Fault, Name};
use serde::de::DeserializeOwned;

/// What an operation takes. Members are read by their names; unknown ones are ignored, as the service does: newer clients
/// know more of them.
pub(crate) trait Input: DeserializeOwned + Send {
    /// Checks lengths, ranges and sets of values of the members.
    fn check(&self, checks: &mut Checks);
}

impl Input for serde_json::Value {
    fn check(&self, _checks: &mut Checks) {}
}

/// Reads an input.
///
/// # Errors
///
/// `SerializationException` for what is no JSON object or has a member of the wrong type, `ValidationException` for a member
/// that is missing or whose value is not acceptable. Both name the member.
pub(crate) fn read<I: Input>(body: &[u8]) -> Result<I, Fault> {
    let serialization = |message: String| Fault::new(Name::SerializationException, message);
    let body = body.trim_ascii();
    let body = if body.is_empty() { b"{}" } else { body };
    // serde reads an array as a struct by position.
    if !body.starts_with(b"{") {
        return Err(serialization("Expected the request's body to be a JSON object".to_owned()));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let input: I = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let inner = error.inner().to_string();
        let inner = inner.split(" at line ").next().unwrap_or_default().to_owned();
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        if !error.inner().is_data() {
            return serialization(format!("The request's body is not JSON: {}", error.inner()));
        }
        let missing = inner.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
        let null = missing.map(|member| if path.is_empty() { member.to_owned() } else { format!("{path}.{member}") });
        let null = null.or_else(|| inner.starts_with("invalid type: null").then(|| path.clone()));
        if let Some(member) = null {
            let mut checks = Checks::default();
            checks.null(&member);
            return checks.done().err().unwrap_or_else(|| serialization(inner));
        }
        serialization(format!("The member '{path}' cannot be read: {inner}"))
    })?;
    deserializer.end().map_err(|error| serialization(format!("The request's body is not JSON: {error}")))?;
    let mut checks = Checks::default();
    input.check(&mut checks);
    checks.done()?;
    Ok(input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Sample {
        name: String,
        max_results: Option<i64>,
        #[serde(default)]
        tags: Vec<Tag>,
    }

    #[derive(Debug, Deserialize)]
    struct Tag {
        key: String,
    }

    impl Input for Sample {
        fn check(&self, checks: &mut Checks) {
            checks.length("name", &self.name, 1..=3);
            checks.range_if("maxResults", self.max_results, 0..=1_000);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let null =
            "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null";
        let cases = [
            ("", Name::ValidationException, null),
            ("{}", Name::ValidationException, null),
            (r#"{"name":null}"#, Name::ValidationException, null),
            (r#"{"name":"a","tags":[{}]}"#, Name::ValidationException, "'tags[0].key'"),
            (r#"{"name":"abcd"}"#, Name::ValidationException, "'abcd' at 'name'"),
            (r#"{"name":1}"#, Name::SerializationException, "'name'"),
            (r#"{"name":"a","maxResults":"x"}"#, Name::SerializationException, "'maxResults'"),
            (r#"["a"]"#, Name::SerializationException, "JSON object"),
            (r#"{"name":"a"} x"#, Name::SerializationException, "not JSON"),
            (r#"{"name""#, Name::SerializationException, "not JSON"),
        ];
        for (body, name, part) in cases {
            let fault = read::<Sample>(body.as_bytes()).unwrap_err();
            assert_eq!(fault.name, name, "{body}: {fault}");
            assert!(fault.to_string().contains(part), "{body}: {fault}");
        }
    }

    #[test]
    fn what_a_newer_client_knows_more_of_is_ignored() {
        let sample: Sample = read(br#" {"name":"a","novelty":{"x":1},"tags":[{"key":"k","value":"v"}]} "#).unwrap();
        assert_eq!((sample.name.as_str(), sample.tags[0].key.as_str()), ("a", "k"));
    }
}
