//! Texts as vectors: the port, and what of a document is given to it.

use crate::IndexEntry;
use async_trait::async_trait;
use octavo_domain_kernel::{PortError, TenantId};
use std::borrow::Cow;

/// Bytes of one text that is made a vector. No model makes more tokens of a text than it has bytes, and the smallest
/// context that models have (512 tokens) holds about so much of a European language.
pub const EMBEDDED_BYTES_MAX: usize = 2000;
/// Pieces of a document that its vector is made of. What comes after them does not count for its meaning; its words are
/// found all the same.
pub const EMBEDDED_PIECES_MAX: usize = 4;
/// Texts in one call of [`Embeddings::embed`].
pub const EMBEDDED_TEXTS_MAX: usize = 128;
/// Numbers of a vector, at most: what every engine holds.
pub const DIMENSIONS_MAX: u16 = 4096;

/// What vectors are made with. Vectors of two models have nothing to do with each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddingModel {
    /// Its name, as whoever serves it calls it.
    pub name: String,
    /// Numbers of each vector, 1 to [`DIMENSIONS_MAX`].
    pub dimensions: u16,
}

/// How long one waits for vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Somebody waits for an answer: one try, soon given up.
    Query,
    /// Nobody waits: tried again after a failure.
    Documents,
}

/// Makes vectors of texts: near ones of what means about the same.
#[async_trait]
pub trait Embeddings: Send + Sync {
    /// A vector for each of `texts`, in their order: of unit length, and of the model's dimensions. At most
    /// [`EMBEDDED_TEXTS_MAX`] texts, none empty, each of at most [`EMBEDDED_BYTES_MAX`] bytes. `tenant` is whose texts they
    /// are, and who is to be charged where the other side can tell.
    async fn embed(&self, tenant: &TenantId, purpose: Purpose, texts: &[String]) -> Result<Vec<Vec<f32>>, PortError>;
    /// What the vectors are made with.
    fn model(&self) -> &EmbeddingModel;
}

/// A vector that the index holds, and what it was made of.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptVector {
    /// [`embedded_name`] of the pieces.
    pub of: String,
    /// Of unit length.
    pub vector: Vec<f32>,
}

impl IndexEntry {
    /// What the document's vector is made of: its text in pieces that end between words, the title before each. Never
    /// empty, unless the document has neither title nor text.
    pub fn embedded_pieces(&self) -> Vec<String> {
        let title = cut(self.title.trim(), EMBEDDED_BYTES_MAX / 4).0;
        // A piece says little without what the whole is about.
        let room = EMBEDDED_BYTES_MAX - title.len() - 1;
        let mut pieces = Vec::new();
        let mut rest = self.text.trim_start();
        while !rest.is_empty() && pieces.len() < EMBEDDED_PIECES_MAX {
            let (piece, after) = cut(rest, room);
            pieces.push(if title.is_empty() { piece.to_owned() } else { format!("{title}\n{piece}") });
            rest = after.trim_start();
        }
        if pieces.is_empty() && !title.is_empty() {
            pieces.push(title.to_owned());
        }
        pieces
    }
}

/// A search's text as it is made a vector.
pub fn embedded_query(text: &str) -> &str {
    cut(text, EMBEDDED_BYTES_MAX).0
}

/// Names what a vector is made of: a BLAKE3 hash, 64 hexadecimal digits. The same pieces need no second call.
pub fn embedded_name(pieces: &[String]) -> String {
    let mut hash = blake3::Hasher::new();
    for piece in pieces {
        hash.update(&(piece.len() as u64).to_le_bytes());
        hash.update(piece.as_bytes());
    }
    hash.finalize().to_hex().to_string()
}

/// The vector of a whole whose pieces have these: their mean, of unit length. None where there is none (no pieces, or
/// pieces that cancel each other).
pub fn embedded_whole(pieces: &[Vec<f32>]) -> Option<Vec<f32>> {
    let first = pieces.first()?;
    let mut sum = Cow::Borrowed(first.as_slice());
    for piece in &pieces[1..] {
        if piece.len() != first.len() {
            return None;
        }
        for (value, more) in sum.to_mut().iter_mut().zip(piece) {
            *value += more;
        }
    }
    unit(&sum)
}

/// `vector` with length 1; none if it has no direction, or holds what is no number.
pub fn unit(vector: &[f32]) -> Option<Vec<f32>> {
    let length = vector.iter().map(|value| f64::from(*value) * f64::from(*value)).sum::<f64>().sqrt();
    if !length.is_finite() || length < f64::from(f32::MIN_POSITIVE) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "vectors are single precision everywhere")]
    Some(vector.iter().map(|value| (f64::from(*value) / length) as f32).collect())
}

/// The beginning of `text` within `bytes`, and the rest. Ends between words, unless there is one word only.
fn cut(text: &str, bytes: usize) -> (&str, &str) {
    if text.len() <= bytes {
        return (text, "");
    }
    let end = text.floor_char_boundary(bytes);
    // The second half is searched for a space; a text without spaces, as Chinese is, is cut where it must be.
    let at = text[..end].rfind(char::is_whitespace).filter(|at| *at >= end / 2).unwrap_or(end);
    (&text[..at], &text[at..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use octavo_domain_kernel::DocumentId;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn entry(title: &str, text: &str) -> IndexEntry {
        IndexEntry {
            tenant: "acme".parse().unwrap(),
            id: DocumentId(Uuid::from_u128(1)),
            revision: 1,
            readers: Vec::new(),
            title: title.to_owned(),
            headings: Vec::new(),
            text: text.to_owned(),
            tags: Vec::new(),
            media_type: "text/plain".to_owned(),
            owner: "ada".parse().unwrap(),
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
            file_name: None,
            size: 1,
            language: None,
            vector: None,
        }
    }

    #[test]
    fn pieces_are_bounded_end_between_words_and_know_the_title() {
        let pieces = entry("A title", &"seven letters ".repeat(2000)).embedded_pieces();
        assert_eq!(pieces.len(), EMBEDDED_PIECES_MAX);
        for piece in &pieces {
            assert!(piece.len() <= EMBEDDED_BYTES_MAX && piece.starts_with("A title\n"), "{piece}");
            assert!(piece.ends_with("seven") || piece.ends_with("letters"), "{piece}");
        }
        assert_eq!(entry("Only", " ").embedded_pieces(), ["Only"]);
        assert_eq!(entry(" ", "text").embedded_pieces(), ["text"]);
        assert!(entry("", "").embedded_pieces().is_empty());
    }

    #[test]
    fn the_same_pieces_have_the_same_name_and_others_another() {
        let name = |pieces: &[&str]| embedded_name(&pieces.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(name(&["a", "b"]), name(&["a", "b"]));
        assert_ne!(name(&["a", "b"]), name(&["ab"]));
        assert_ne!(name(&["a", "b"]), name(&["b", "a"]));
    }

    #[test]
    fn a_whole_lies_between_its_pieces() {
        let whole = embedded_whole(&[vec![1.0, 0.0], vec![0.0, 1.0]]).unwrap();
        assert!((whole[0] - whole[1]).abs() < 1e-6 && (whole[0] - 0.5_f32.sqrt()).abs() < 1e-6, "{whole:?}");
        assert_eq!(embedded_whole(&[vec![1.0, 0.0], vec![-1.0, 0.0]]), None);
        assert_eq!(embedded_whole(&[vec![1.0], vec![1.0, 0.0]]), None);
        assert_eq!((embedded_whole(&[]), unit(&[f32::NAN]), unit(&[0.0])), (None, None, None));
    }

    proptest! {
        #[test]
        fn any_text_is_cut_within_its_limits(title in ".{0,900}", text in "[ -~\u{4e00}\u{1f600}\n]{0,9000}") {
            let entry = entry(&title, &text);
            let pieces = entry.embedded_pieces();
            prop_assert!(pieces.len() <= EMBEDDED_PIECES_MAX);
            for piece in &pieces {
                prop_assert!(!piece.trim().is_empty() && piece.len() <= EMBEDDED_BYTES_MAX);
            }
        }

        #[test]
        fn a_unit_has_length_one(vector in proptest::collection::vec(-1e3f32..1e3, 1..300)) {
            if let Some(unit) = unit(&vector) {
                let length: f64 = unit.iter().map(|value| f64::from(*value).powi(2)).sum();
                prop_assert!((length - 1.0).abs() < 1e-4, "{}", length);
            }
        }
    }
}
