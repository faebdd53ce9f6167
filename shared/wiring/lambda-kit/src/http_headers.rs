//! Headers as a JSON object of text.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use std::borrow::Cow;
use std::fmt;

/// Reads `{"name": "value"}` or `null`.
pub(crate) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HeaderMap, D::Error> {
    struct Headers;

    impl<'de> Visitor<'de> for Headers {
        type Value = HeaderMap;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object of headers")
        }

        fn visit_unit<E>(self) -> Result<HeaderMap, E> {
            Ok(HeaderMap::new())
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<HeaderMap, A::Error> {
            let mut headers = HeaderMap::with_capacity(map.size_hint().unwrap_or(24));
            while let Some(name) = map.next_key::<Cow<'de, str>>()? {
                let value: String = map.next_value()?;
                let name = HeaderName::from_bytes(name.as_bytes())
                    .map_err(|_| A::Error::custom(format_args!("{name:?} is no header's name")))?;
                // The text becomes the value as it is: no copy.
                let value = HeaderValue::try_from(value)
                    .map_err(|_| A::Error::custom(format_args!("header {name} holds what a header cannot")))?;
                headers.append(name, value);
            }
            Ok(headers)
        }
    }

    deserializer.deserialize_any(Headers)
}

/// Writes `{"name": "value"}`; several values of one name are joined by commas (RFC 9110, section 5.3). Bytes that are no
/// UTF-8 are replaced.
pub(crate) fn write<S: Serializer>(headers: &HeaderMap, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(headers.keys_len()))?;
    for name in headers.keys() {
        let mut values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let mut joined = values.next().unwrap_or_default();
        for value in values {
            joined = format!("{joined}, {value}").into();
        }
        map.serialize_entry(name.as_str(), &joined)?;
    }
    map.end()
}
