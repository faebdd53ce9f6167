//! A filled `ResultWriter`.

use serde_json::Value;

/// Where results go, and in which form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Writer {
    /// Where; none where the state answers them itself.
    pub(super) place: Option<Place>,
    pub(super) transformation: Transformation,
    pub(super) lines: bool,
}

/// Where files are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) bucket: String,
    /// Without a slash at its end; may be empty.
    pub(super) prefix: String,
}

/// What is written of a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transformation {
    /// All that is known of its execution.
    None,
    /// Its output.
    Compact,
    /// Its output; of a list, the items.
    Flatten,
}

impl Writer {
    /// The problem in words, if it is none.
    pub(super) fn parse(writer: &Value) -> Result<Self, String> {
        let text = |value: Option<&Value>, name: &str| match value {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(format!("the writer's {name} must be a string")),
        };
        let resource = text(writer.get("Resource"), "Resource")?;
        let place = match resource.as_deref().map(|resource| resource.rsplit(":::").next().unwrap_or_default()) {
            None => None,
            Some("s3:putObject") => {
                let parameters = writer.get("Arguments").or_else(|| writer.get("Parameters"));
                let parameter = |name: &str| text(parameters.and_then(|parameters| parameters.get(name)), name);
                let bucket = parameter("Bucket")?.ok_or("the writer's Bucket must be a string")?;
                let prefix = parameter("Prefix")?.unwrap_or_default();
                Some(Place { bucket, prefix: prefix.trim_matches('/').to_owned() })
            }
            Some(other) => return Err(format!("the writer's resource '{other}' is not served here")),
        };
        let config = writer.get("WriterConfig").unwrap_or(&Value::Null);
        let transformation = match text(config.get("Transformation"), "Transformation")?.as_deref() {
            Some("NONE") => Transformation::None,
            Some("COMPACT") => Transformation::Compact,
            Some("FLATTEN") => Transformation::Flatten,
            // What a state answers itself is what it would without a writer.
            None if place.is_none() => Transformation::Compact,
            None => Transformation::None,
            Some(_) => return Err("the writer's Transformation must be NONE, COMPACT or FLATTEN".to_owned()),
        };
        let lines = match text(config.get("OutputType"), "OutputType")?.as_deref() {
            None | Some("JSON") => false,
            Some("JSONL") => true,
            Some(_) => return Err("the writer's OutputType must be JSON or JSONL".to_owned()),
        };
        Ok(Self { place, transformation, lines })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_writer_says_where_and_how() {
        let writer =
            json!({"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "/p/"}});
        let place = Some(Place { bucket: "b".to_owned(), prefix: "p".to_owned() });
        let wanted = Writer { place, transformation: Transformation::None, lines: false };
        assert_eq!(Writer::parse(&writer), Ok(wanted));
        let writer = json!({"WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSONL"}});
        let wanted = Writer { place: None, transformation: Transformation::Flatten, lines: true };
        assert_eq!(Writer::parse(&writer), Ok(wanted));
        assert_eq!(Writer::parse(&json!({})).unwrap().transformation, Transformation::Compact);
        for (wrong, named) in [
            (json!({"Resource": "arn:aws:states:::s3:putObject"}), "Bucket"),
            (json!({"Resource": "arn:aws:states:::sqs:sendMessage"}), "sqs:sendMessage"),
            (json!({"WriterConfig": {"Transformation": "ZIP"}}), "Transformation"),
            (json!({"WriterConfig": {"OutputType": 1}}), "OutputType"),
        ] {
            assert!(Writer::parse(&wrong).unwrap_err().contains(named));
        }
    }
}
