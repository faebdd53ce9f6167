//! The query of a URL.

use crate::EdgeFault;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::fmt::{self, Display};
use std::str::FromStr;

/// Parameters in their order; one name may stand several times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Parses `a=1&b=x%20y` (`application/x-www-form-urlencoded`, WHATWG URL, section 5.1). Bytes that are no UTF-8 are
    /// refused rather than replaced: a filter that is not what was sent finds the wrong things.
    pub fn parse(raw: &str) -> Result<Self, EdgeFault> {
        let mut parameters = Vec::new();
        for part in raw.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let name = decode(name).ok_or_else(|| EdgeFault::malformed("query", "expected names in UTF-8"))?;
            let value = decode(value)
                .ok_or_else(|| EdgeFault::malformed(format!("query:{name}"), "expected a value in UTF-8"))?;
            parameters.push((name, value));
        }
        Ok(Self(parameters))
    }

    /// Refuses parameters that are not in `known`: a misspelt filter must not silently filter nothing.
    pub fn only(&self, known: &[&str]) -> Result<(), EdgeFault> {
        match self.0.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) => {
                Err(EdgeFault::malformed(format!("query:{name}"), format!("expected one of {}", known.join(", "))))
            }
            None => Ok(()),
        }
    }

    /// A parameter that may stand once.
    pub fn one(&self, name: &str) -> Result<Option<&str>, EdgeFault> {
        let mut values = self.all(name);
        let first = values.next();
        match values.next() {
            Some(_) => Err(EdgeFault::malformed(format!("query:{name}"), "expected it once")),
            None => Ok(first),
        }
    }

    /// A parameter that may stand once, parsed.
    pub fn parsed<T>(&self, name: &str) -> Result<Option<T>, EdgeFault>
    where
        T: FromStr,
        T::Err: Display,
    {
        self.one(name)?
            .map(|text| {
                text.parse().map_err(|error: T::Err| EdgeFault::malformed(format!("query:{name}"), error.to_string()))
            })
            .transpose()
    }

    /// All parameters in their order: for names that are not known before.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// All values of a parameter.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(candidate, _)| candidate == name).map(|(_, value)| value.as_str())
    }
}

impl Display for Query {
    /// As it stands in a URL again: what is neither a letter nor a digit escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escaped = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
        for (at, (name, value)) in self.0.iter().enumerate() {
            let separator = if at == 0 { "" } else { "&" };
            write!(f, "{separator}{}={}", escaped(name), escaped(value))?;
        }
        Ok(())
    }
}

fn decode(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8().ok().map(|decoded| decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_and_keeps_order() {
        let query = Query::parse("tag=a+b&tag=%C3%A4&empty=&flag").unwrap();
        assert_eq!(query.all("tag").collect::<Vec<_>>(), ["a b", "ä"]);
        assert_eq!(query.one("empty").unwrap(), Some(""));
        assert_eq!(query.one("flag").unwrap(), Some(""));
        assert!(query.one("tag").is_err());
    }

    #[test]
    fn is_written_as_it_was_read() {
        let query = Query::parse("tag=a+b&tag=%C3%A4%26&empty=&flag").unwrap();
        assert_eq!(query.to_string(), "tag=a%20b&tag=%C3%A4%26&empty=&flag=");
        assert_eq!(Query::parse(&query.to_string()).unwrap(), query);
    }

    #[test]
    fn refuses_what_it_would_misread() {
        assert!(Query::parse("q=%ff").is_err());
        assert!(Query::parse("tga=x").unwrap().only(&["tag"]).is_err());
        assert!(Query::parse("limit=ten").unwrap().parsed::<u16>("limit").is_err());
    }
}
