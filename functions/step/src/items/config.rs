//! A filled `ItemReader`.

use super::read::Unread;
use serde_json::Value;

/// What is read, and how.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reader {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) format: Format,
    /// None for all.
    pub(super) max_items: Option<usize>,
}

/// What a file is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Format {
    Json {
        /// Where the list is; empty for the whole.
        pointer: String,
    },
    JsonLines,
    Csv {
        /// The columns' names; none if the first row says them.
        headers: Option<Vec<String>>,
        delimiter: u8,
    },
    Parquet,
}

impl Reader {
    pub(super) fn parse(reader: &Value) -> Result<Self, Unread> {
        let resource = reader.get("Resource").and_then(Value::as_str).unwrap_or_default();
        match resource.rsplit(":::").next() {
            Some("s3:getObject") => {}
            Some("s3:listObjectsV2") => {
                return Err(Unread::because("objects cannot be listed here; s3:getObject reads a file".to_owned()));
            }
            _ => return Err(Unread::because(format!("the reader's resource '{resource}' is not served here"))),
        }
        let parameters = reader.get("Arguments").or_else(|| reader.get("Parameters"));
        let parameter = |name: &str| {
            let value = parameters.and_then(|parameters| parameters.get(name)).and_then(Value::as_str);
            value.map(str::to_owned).ok_or_else(|| Unread::because(format!("the reader's {name} must be a string")))
        };
        let config = reader.get("ReaderConfig").unwrap_or(&Value::Null);
        let max_items = match config.get("MaxItems") {
            None | Some(Value::Null) => None,
            // Recorded: none is all.
            Some(most) if most.as_u64() == Some(0) => None,
            Some(most) => {
                let most = most.as_f64().filter(|most| *most >= 0.0 && most.fract() == 0.0);
                let most = most.ok_or_else(|| wrong("MaxItems", "a whole number that is not negative"))?;
                Some(most as usize)
            }
        };
        Ok(Self { bucket: parameter("Bucket")?, key: parameter("Key")?, format: format(config)?, max_items })
    }
}

fn format(config: &Value) -> Result<Format, Unread> {
    let text = |name: &str| match config.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(wrong(name, "a string")),
    };
    match text("InputType")?.unwrap_or("JSON") {
        "JSON" => Ok(Format::Json { pointer: text("ItemsPointer")?.unwrap_or_default().to_owned() }),
        "JSONL" => Ok(Format::JsonLines),
        "PARQUET" => Ok(Format::Parquet),
        "CSV" => {
            let headers = match text("CSVHeaderLocation")? {
                Some("FIRST_ROW") => None,
                Some("GIVEN") => Some(headers(config)?),
                _ => return Err(wrong("CSVHeaderLocation", "FIRST_ROW or GIVEN")),
            };
            let delimiter = match text("CSVDelimiter")? {
                None | Some("COMMA") => b',',
                Some("PIPE") => b'|',
                Some("SEMICOLON") => b';',
                Some("SPACE") => b' ',
                Some("TAB") => b'\t',
                Some(_) => return Err(wrong("CSVDelimiter", "COMMA, PIPE, SEMICOLON, SPACE or TAB")),
            };
            Ok(Format::Csv { headers, delimiter })
        }
        other => Err(wrong("InputType", &format!("CSV, JSON, JSONL or PARQUET, and not '{other}'"))),
    }
}

fn headers(config: &Value) -> Result<Vec<String>, Unread> {
    let texts = |values: &Vec<Value>| values.iter().map(|value| value.as_str().map(str::to_owned)).collect();
    let headers: Option<Vec<String>> = config.get("CSVHeaders").and_then(Value::as_array).and_then(texts);
    headers.filter(|headers| !headers.is_empty()).ok_or_else(|| wrong("CSVHeaders", "a list of strings"))
}

fn wrong(name: &str, expected: &str) -> Unread {
    Unread::because(format!("the reader's {name} must be {expected}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(config: Value) -> Result<Reader, String> {
        let mut reader =
            json!({"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key": "k"}});
        reader["ReaderConfig"] = config;
        Reader::parse(&reader).map_err(|unread| unread.to_string())
    }

    #[test]
    fn a_reader_says_what_is_read_and_how() {
        let csv = |headers, delimiter| Format::Csv { headers, delimiter };
        for (config, format, max_items) in [
            (json!({}), Format::Json { pointer: String::new() }, None),
            (json!({"InputType": "JSON", "ItemsPointer": "/a"}), Format::Json { pointer: "/a".to_owned() }, None),
            (json!({"InputType": "JSONL", "MaxItems": 0}), Format::JsonLines, None),
            (json!({"InputType": "PARQUET", "MaxItems": 7}), Format::Parquet, Some(7)),
            (json!({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}), csv(None, b','), None),
            (
                json!({"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a"], "CSVDelimiter": "TAB"}),
                csv(Some(vec!["a".to_owned()]), b'\t'),
                None,
            ),
        ] {
            let reader = parse(config).unwrap();
            assert_eq!((reader.format, reader.max_items), (format, max_items));
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (config, named) in [
            (json!({"InputType": "XML"}), "InputType"),
            (json!({"InputType": "CSV"}), "CSVHeaderLocation"),
            (json!({"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": [1]}), "CSVHeaders"),
            (json!({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "CSVDelimiter": "X"}), "CSVDelimiter"),
            (json!({"MaxItems": -1}), "MaxItems"),
            (json!({"MaxItems": "2"}), "MaxItems"),
        ] {
            let told = parse(config).unwrap_err();
            assert!(told.contains(named), "{told}");
        }
        let reader = json!({"Resource": "arn:aws:states:::s3:getObject", "Arguments": {"Bucket": "b"}});
        assert!(Reader::parse(&reader).unwrap_err().to_string().contains("Key"));
    }
}
