//! Where texts are made vectors, for searches by meaning.

use crate::{Environment, Secret, SettingsError};
use std::time::Duration;
use url::Url;

/// The most dimensions that every engine holds.
const DIMENSIONS_MAX: u16 = 4096;

/// An OpenAI-compatible endpoint. The group is read as a whole: without an address there is none, and searches are by
/// words only.
#[derive(Debug, Clone)]
pub struct Embeddings {
    /// `OCTAVO_SEARCH_EMBEDDINGS_URL`: where its paths begin (`https://api.openai.com/v1`); ends with a slash here.
    pub url: Url,
    /// `OCTAVO_SEARCH_EMBEDDINGS_KEY`: sent as a bearer token.
    pub key: Option<Secret>,
    /// `OCTAVO_SEARCH_EMBEDDINGS_MODEL`, default `text-embedding-3-small`.
    pub model: String,
    /// `OCTAVO_SEARCH_EMBEDDINGS_DIMENSIONS`, default 512: numbers of a vector, fixed for the life of an index.
    pub dimensions: u16,
    /// `OCTAVO_SEARCH_EMBEDDINGS_SHORTEN`, `on` (default) or `off`: whether the endpoint is asked for so many dimensions; off
    /// for one whose model has exactly so many and refuses to be asked.
    pub shorten: bool,
    /// `OCTAVO_SEARCH_EMBEDDINGS_SIMILARITY_MIN`, default 0.25: what is less alike, as a cosine, is not found by meaning.
    pub similarity_min: f32,
    /// `OCTAVO_SEARCH_EMBEDDINGS_AGAIN_MS`, default 60000: how long after the endpoint was away the vectors that were missed are
    /// made; each time in vain twice as long, up to 15 minutes.
    pub again: Duration,
}

impl Embeddings {
    /// Reads the group; none where there is no address.
    pub fn read(environment: &Environment) -> Result<Option<Self>, SettingsError> {
        const URL: &str = "OCTAVO_SEARCH_EMBEDDINGS_URL";
        let Some(url) = environment.optional(URL) else { return Ok(None) };
        let unusable = |variable: &str, expected| SettingsError::Unusable { variable: variable.to_owned(), expected };
        // A base ends with a slash: what is joined to it then goes below it.
        let url = if url.ends_with('/') { url } else { format!("{url}/") };
        let url = url.parse().ok().filter(|url: &Url| matches!(url.scheme(), "http" | "https"));
        let url = url.ok_or_else(|| unusable(URL, "an http:// or https:// URL"))?;
        let (name, expected) = ("OCTAVO_SEARCH_EMBEDDINGS_DIMENSIONS", "a number from 1 to 4096");
        let dimensions = environment.parsed(name, expected)?.unwrap_or(512);
        if !(1..=DIMENSIONS_MAX).contains(&dimensions) {
            return Err(unusable(name, expected));
        }
        let (name, expected) = ("OCTAVO_SEARCH_EMBEDDINGS_SIMILARITY_MIN", "a number from -1 to 1");
        let similarity_min = environment.parsed(name, expected)?.unwrap_or(0.25);
        if !(-1.0..=1.0).contains(&similarity_min) {
            return Err(unusable(name, expected));
        }
        let (name, expected) = ("OCTAVO_SEARCH_EMBEDDINGS_AGAIN_MS", "milliseconds from 1 to 900000");
        let again_ms = environment.parsed(name, expected)?.unwrap_or(60_000);
        if !(1..=900_000).contains(&again_ms) {
            return Err(unusable(name, expected));
        }
        Ok(Some(Self {
            url,
            key: environment.optional("OCTAVO_SEARCH_EMBEDDINGS_KEY").map(Secret::from),
            model: environment
                .optional("OCTAVO_SEARCH_EMBEDDINGS_MODEL")
                .unwrap_or_else(|| "text-embedding-3-small".to_owned()),
            dimensions,
            shorten: crate::groups::switch(environment, "OCTAVO_SEARCH_EMBEDDINGS_SHORTEN")?.unwrap_or(true),
            similarity_min,
            again: Duration::from_millis(again_ms),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<Embeddings>, SettingsError> {
        let named = |(name, value): &(&str, &str)| (format!("OCTAVO_SEARCH_EMBEDDINGS_{name}"), (*value).to_owned());
        Embeddings::read(&Environment::of(variables.iter().map(named)))
    }

    #[test]
    fn without_an_address_there_is_none() {
        assert!(read(&[("MODEL", "m"), ("KEY", "k")]).unwrap().is_none());
        let embeddings = read(&[("URL", "https://api.openai.com/v1"), ("KEY", "s3cret")]).unwrap().unwrap();
        assert_eq!((embeddings.url.as_str(), embeddings.dimensions), ("https://api.openai.com/v1/", 512));
        assert!(!format!("{embeddings:?}").contains("s3cret"));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (name, value) in [
            ("URL", "ftp://x"),
            ("DIMENSIONS", "0"),
            ("DIMENSIONS", "5000"),
            ("SIMILARITY_MIN", "2"),
            ("SHORTEN", "yes"),
        ] {
            let error = read(&[("URL", "http://h/v1"), (name, value)]).unwrap_err().to_string();
            assert!(error.contains(&format!("OCTAVO_SEARCH_EMBEDDINGS_{name}")), "{error}");
        }
    }
}
