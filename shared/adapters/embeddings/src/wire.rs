//! OpenAI's form of a request for vectors, and of its answer.

use octavo_domain_search::{EmbeddingModel, unit};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
pub(crate) struct Request<'a> {
    pub(crate) model: &'a str,
    pub(crate) input: &'a [String],
    pub(crate) encoding_format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dimensions: Option<u16>,
    /// Who the texts are of, for whoever counts or charges.
    pub(crate) user: &'a str,
}

#[derive(Deserialize)]
pub(crate) struct Answer {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    index: usize,
    embedding: Vec<f32>,
}

/// What is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Wrong {
    #[error("there is not one vector for each text")]
    Count,
    #[error("a vector has {found} dimensions, where {wanted} were wanted")]
    Dimensions { found: usize, wanted: u16 },
    #[error("a vector has no direction")]
    Direction,
}

impl Answer {
    /// The vectors of `texts` texts, in their order, whatever the order that they came in; each of unit length.
    pub(crate) fn vectors(self, texts: usize, model: &EmbeddingModel) -> Result<Vec<Vec<f32>>, Wrong> {
        let mut vectors: Vec<Option<Vec<f32>>> = vec![None; texts];
        for Item { index, embedding } in self.data {
            if embedding.len() != usize::from(model.dimensions) {
                return Err(Wrong::Dimensions { found: embedding.len(), wanted: model.dimensions });
            }
            let place = vectors.get_mut(index).ok_or(Wrong::Count)?;
            *place = Some(unit(&embedding).ok_or(Wrong::Direction)?);
        }
        vectors.into_iter().map(|vector| vector.ok_or(Wrong::Count)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str, texts: usize) -> Result<Vec<Vec<f32>>, Wrong> {
        let answer: Answer = serde_json::from_str(json).unwrap();
        answer.vectors(texts, &EmbeddingModel { name: "m".to_owned(), dimensions: 2 })
    }

    #[test]
    fn vectors_come_in_the_order_of_the_texts() {
        let json = r#"{"object":"list","data":[{"index":1,"embedding":[0,2]},{"index":0,"embedding":[3,0]}]}"#;
        assert_eq!(read(json, 2), Ok(vec![vec![1.0, 0.0], vec![0.0, 1.0]]));
        assert_eq!(read(json, 3), Err(Wrong::Count));
        assert_eq!(read(json, 1), Err(Wrong::Count));
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        let one = |vector: &str| read(&format!(r#"{{"data":[{{"index":0,"embedding":{vector}}}]}}"#), 1);
        assert_eq!(one("[1,2,3]"), Err(Wrong::Dimensions { found: 3, wanted: 2 }));
        assert_eq!(one("[0,0]"), Err(Wrong::Direction));
        // What is no single-precision number is no JSON of a vector either.
        assert!(serde_json::from_str::<Answer>(r#"{"data":[{"index":0,"embedding":[0,1e300]}]}"#).is_err());
    }
}
