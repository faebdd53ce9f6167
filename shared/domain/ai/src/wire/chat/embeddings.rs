//! Texts into vectors: `POST /v1/embeddings`, which callers and providers speak alike.

use super::fault::{decode_embedded, protocol};
use super::fields::{At, Faults, Fields};
use super::request::model;
use super::usage::WireUsage;
use crate::wire::Forward;
use crate::{ProviderFault, Usage};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use octavo_domain_kernel::FieldFault;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// Texts in one request.
pub const INPUTS_MAX: usize = 2_048;

/// Numbers in a vector that may be asked for.
const DIMENSIONS_MAX: u64 = 65_536;

/// What is to become vectors.
#[derive(Debug, Clone, PartialEq)]
pub enum EmbeddingInput {
    /// Texts.
    Texts(Vec<String>),
    /// Texts that the caller has made tokens of, for a vocabulary that only it knows: how many tokens they are. The
    /// tokens themselves stay in the body, which goes through as it came.
    Tokens {
        /// Lists of tokens: vectors that will come.
        lists: usize,
        /// Tokens in all of them.
        tokens: u64,
    },
}

impl EmbeddingInput {
    /// How many vectors will come.
    pub fn count(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Tokens { lists, .. } => *lists,
        }
    }
}

/// A caller's request, understood.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbeddingRequest {
    /// The model as it was asked for.
    pub model: String,
    /// 1 to [`INPUTS_MAX`] texts or lists of tokens, none of them empty.
    pub inputs: EmbeddingInput,
    /// Numbers in each vector; the model's own count if not said.
    pub dimensions: Option<u32>,
    /// Whether vectors are to come as Base64 of little-endian floats, as the SDKs ask for; otherwise as numbers.
    pub base64: bool,
    /// The caller's name for the person behind the request.
    pub end_user: Option<String>,
}

/// Reads a request.
///
/// # Errors
///
/// Everything that is wrong, by its path: `input[3]`.
pub fn decode_request(body: &Map<String, Value>) -> Result<EmbeddingRequest, Vec<FieldFault>> {
    let mut faults = Faults::default();
    let fields = Fields::new(body, &At::BODY);
    let model = model(&fields, &mut faults);
    let inputs = inputs(&fields, &mut faults);
    let dimensions = fields.count("dimensions", 1, &mut faults);
    if dimensions.is_some_and(|dimensions| dimensions > DIMENSIONS_MAX) {
        fields.fault("dimensions", format!("expected at most {DIMENSIONS_MAX}"), &mut faults);
    }
    let base64 = match fields.text("encoding_format", &mut faults) {
        Some("base64") => true,
        None | Some("float") => false,
        Some(_) => {
            fields.fault("encoding_format", "expected float or base64", &mut faults);
            false
        }
    };
    let end_user = fields.text("user", &mut faults).map(str::to_owned);
    let dimensions = dimensions.and_then(|dimensions| u32::try_from(dimensions).ok());
    faults.into_result(EmbeddingRequest { model, inputs, dimensions, base64, end_user })
}

fn inputs(fields: &Fields<'_, '_>, faults: &mut Faults) -> EmbeddingInput {
    let none = EmbeddingInput::Texts(Vec::new());
    let at = fields.at.name("input");
    let list = match fields.get("input") {
        Some(Value::String(text)) if !text.is_empty() => return EmbeddingInput::Texts(vec![text.clone()]),
        Some(Value::Array(list)) if (1..=INPUTS_MAX).contains(&list.len()) || are_tokens(list) => list,
        Some(Value::Array(_)) => {
            faults.add(&at, format!("expected 1 to {INPUTS_MAX} inputs"));
            return none;
        }
        _ => {
            faults.add(&at, "required: a string that is not empty, or a list of strings or of tokens");
            return none;
        }
    };
    if are_tokens(list) {
        return EmbeddingInput::Tokens { lists: 1, tokens: list.len() as u64 };
    }
    let (mut texts, mut lists, mut tokens) = (Vec::with_capacity(list.len()), 0, 0);
    for (index, input) in list.iter().enumerate() {
        match input {
            Value::String(text) if !text.is_empty() && lists == 0 => texts.push(text.clone()),
            Value::Array(list) if are_tokens(list) && texts.is_empty() => {
                lists += 1;
                tokens += list.len() as u64;
            }
            _ => faults.add(&at.index(index), "expected a string that is not empty, or a list of tokens, all alike"),
        }
    }
    if lists > 0 { EmbeddingInput::Tokens { lists, tokens } } else { EmbeddingInput::Texts(texts) }
}

fn are_tokens(list: &[Value]) -> bool {
    !list.is_empty() && list.iter().all(Value::is_u64)
}

/// What is changed in a body for a provider that calls the model `model`: that alone.
pub fn forward(_body: &Map<String, Value>, model: &str) -> Forward {
    let mut forward = Forward::default();
    forward.set.insert("model".to_owned(), model.into());
    forward
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    data: Vec<Item<'a>>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(default)]
    index: usize,
    #[serde(borrow)]
    embedding: &'a RawValue,
}

/// Reads the body of a 200: tokens, and the vectors in the order of the inputs, whichever way they are encoded.
///
/// # Errors
///
/// What its `error` says, where it has one. `Protocol` where it is no JSON of this form.
pub fn decode_answer(body: &[u8]) -> Result<(Usage, Vec<Vec<f32>>), ProviderFault> {
    // An error first: its body has no `data`, and what it has instead may have any shape.
    let usage = decode_usage(body)?;
    let answer: Answer<'_> = serde_json::from_slice(body).map_err(|_| protocol("vectors that are not valid JSON"))?;
    let mut items = answer.data;
    items.sort_by_key(|item| item.index);
    let vectors = items.into_iter().map(|item| floats(item.embedding)).collect::<Option<Vec<_>>>();
    vectors.map(|vectors| (usage, vectors)).ok_or_else(|| protocol("vectors that are neither numbers nor Base64"))
}

/// None where it is neither a list of numbers nor Base64 of floats.
fn floats(vector: &RawValue) -> Option<Vec<f32>> {
    let Some(base64) = vector.get().strip_prefix('"') else { return serde_json::from_str(vector.get()).ok() };
    let bytes = STANDARD.decode(base64.strip_suffix('"')?).ok()?;
    let (floats, rest) = bytes.as_chunks::<4>();
    rest.is_empty().then(|| floats.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
}

/// The same without the vectors, which are skipped and not read.
///
/// # Errors
///
/// As [`decode_answer`]; an answer without usage has used nothing that is known, which is all zero.
pub fn decode_usage(body: &[u8]) -> Result<Usage, ProviderFault> {
    #[derive(Deserialize)]
    struct Head {
        #[serde(default)]
        data: Option<Vec<IgnoredAny>>,
        #[serde(default)]
        usage: Option<WireUsage>,
        #[serde(default)]
        error: Option<IgnoredAny>,
    }
    let head: Head = serde_json::from_slice(body).map_err(|_| protocol("an answer that is not valid JSON"))?;
    match head {
        Head { error: Some(_), .. } => Err(decode_embedded(body)),
        Head { data: None, .. } => Err(protocol("an answer without vectors")),
        Head { usage, .. } => Ok(usage.and_then(|usage| usage.read()).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FaultClass;
    use serde_json::json;

    fn decode(body: &Value) -> Result<EmbeddingRequest, Vec<String>> {
        let fields = |faults: Vec<FieldFault>| faults.into_iter().map(|fault| fault.field).collect();
        decode_request(body.as_object().unwrap()).map_err(fields)
    }

    #[test]
    fn every_shape_of_input_is_read() {
        let inputs = |input: Value| decode(&json!({"model": "m", "input": input})).map(|request| request.inputs);
        let texts = |texts: &[&str]| Ok(EmbeddingInput::Texts(texts.iter().map(|text| (*text).to_owned()).collect()));
        assert_eq!(inputs(json!("a")), texts(&["a"]));
        assert_eq!(inputs(json!(["a", "b"])), texts(&["a", "b"]));
        assert_eq!(inputs(json!([1, 2, 3])), Ok(EmbeddingInput::Tokens { lists: 1, tokens: 3 }));
        assert_eq!(inputs(json!(vec![1; INPUTS_MAX + 1])).unwrap().count(), 1);
        assert_eq!(inputs(json!([[1, 2], [3]])), Ok(EmbeddingInput::Tokens { lists: 2, tokens: 3 }));
        let wrong = |place: &str| Err(vec![place.to_owned()]);
        assert_eq!(inputs(json!("")), wrong("input"));
        assert_eq!(inputs(json!([])), wrong("input"));
        assert_eq!(inputs(json!(["a", ""])), wrong("input[1]"));
        assert_eq!(inputs(json!(["a", [1]])), wrong("input[1]"));
        assert_eq!(inputs(json!(vec!["a"; INPUTS_MAX + 1])), wrong("input"));
        assert_eq!(inputs(json!(vec!["a"; INPUTS_MAX])).unwrap().count(), INPUTS_MAX);
    }

    #[test]
    fn all_that_is_wrong_is_named() {
        let faults = decode(&json!({"dimensions": 0, "encoding_format": "hex"})).unwrap_err();
        assert_eq!(faults, ["model", "input", "dimensions", "encoding_format"]);
        let request =
            decode(&json!({"model": "m", "input": "a", "dimensions": 256, "encoding_format": "base64", "user": "u"}));
        let request = request.unwrap();
        assert_eq!((request.dimensions, request.base64, request.end_user.as_deref()), (Some(256), true, Some("u")));
    }

    #[test]
    fn both_encodings_are_the_same_vectors_in_the_order_of_the_inputs() {
        let base64 = |numbers: &[f32]| {
            STANDARD.encode(numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>())
        };
        let body = |first: Value, second: Value| {
            json!({"object": "list", "model": "m", "usage": {"prompt_tokens": 8, "total_tokens": 8}, "data": [
                {"object": "embedding", "index": 1, "embedding": second},
                {"object": "embedding", "index": 0, "embedding": first}]})
            .to_string()
        };
        let expected = (Usage { input: 8, ..Usage::default() }, vec![vec![0.5, -1.0], vec![2.25, 0.0]]);
        let floats = body(json!([0.5, -1.0]), json!([2.25, 0]));
        assert_eq!(decode_answer(floats.as_bytes()).unwrap(), expected);
        let encoded = body(json!(base64(&[0.5, -1.0])), json!(base64(&[2.25, 0.0])));
        assert_eq!(decode_answer(encoded.as_bytes()).unwrap(), expected);
        assert_eq!(decode_usage(encoded.as_bytes()).unwrap(), expected.0);
        assert!(decode_answer(body(json!("AAAA"), json!("AA==")).as_bytes()).is_err());
    }

    #[test]
    fn an_error_inside_a_200_is_no_answer() {
        let body = r#"{"error":{"message":"slow","code":429}}"#;
        assert_eq!(decode_answer(body.as_bytes()).unwrap_err().class, FaultClass::RateLimited);
        assert_eq!(decode_usage(b"{}").unwrap_err().class, FaultClass::Protocol);
    }
}
