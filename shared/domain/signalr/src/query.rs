//! The query of a transport's request.

use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// The first value of a parameter, decoded; names match without regard to case, as in ASP.NET Core. Nothing where it is
/// not there, or is not UTF-8.
pub fn parameter<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let found = decode(key)?.eq_ignore_ascii_case(name);
        found.then(|| decode(value)).flatten()
    })
}

fn decode(text: &str) -> Option<Cow<'_, str>> {
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        return Some(percent_decode_str(&spaced).decode_utf8().ok()?.into_owned().into());
    }
    percent_decode_str(text).decode_utf8().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_in_any_case_and_values_are_decoded() {
        assert_eq!(parameter("a=1&ID=x%2By&id=2", "id").as_deref(), Some("x+y"));
        assert_eq!(parameter("id", "id").as_deref(), Some(""));
        assert_eq!(parameter("id=a+b", "id").as_deref(), Some("a b"));
        assert_eq!(parameter("", "id"), None);
        assert_eq!(parameter("idx=1&x=id", "id"), None);
        assert_eq!(parameter("id=%ff", "id"), None);
    }
}
