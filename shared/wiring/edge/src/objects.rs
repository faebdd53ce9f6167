//! JSON in which a struct is an object. serde also reads one from an array, by position: `{"range": ["2026", null]}` would
//! be a range, though no description says so, and a field that is added in the middle would change what it means.
//!
//! A deserializer around another one: everything is passed through, and a struct that is about to be read from an array is
//! refused, at any depth.

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, Expected, MapAccess, SeqAccess, Unexpected, VariantAccess,
    Visitor,
};
use std::fmt;

/// A deserializer of which structs are objects.
pub(crate) struct Objects<D>(pub(crate) D);

/// Anything of serde's that passes a deserializer on.
struct Through<T> {
    inner: T,
    /// A struct is wanted.
    of_struct: bool,
}

impl<T> Through<T> {
    fn any(inner: T) -> Self {
        Self { inner, of_struct: false }
    }
}

macro_rules! pass {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method(Through::any(visitor))
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Objects<D> {
    type Error = D::Error;

    pass! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64
        deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf deserialize_option
        deserialize_unit deserialize_seq deserialize_map deserialize_identifier deserialize_ignored_any
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Self::Error> {
        self.0.deserialize_unit_struct(name, Through::any(visitor))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.deserialize_newtype_struct(name, Through::any(visitor))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Self::Error> {
        self.0.deserialize_tuple(length, Through::any(visitor))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.deserialize_tuple_struct(name, length, Through::any(visitor))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.deserialize_struct(name, fields, Through { inner: visitor, of_struct: true })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.deserialize_enum(name, variants, Through::any(visitor))
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

struct AnObject;

impl Expected for AnObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
}

macro_rules! visit {
    ($($method:ident: $value:ty),* $(,)?) => {
        $(fn $method<E: Error>(self, value: $value) -> Result<V::Value, E> {
            self.inner.$method(value)
        })*
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Through<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    visit! {
        visit_bool: bool, visit_i8: i8, visit_i16: i16, visit_i32: i32, visit_i64: i64, visit_i128: i128, visit_u8: u8,
        visit_u16: u16, visit_u32: u32, visit_u64: u64, visit_u128: u128, visit_f32: f32, visit_f64: f64,
        visit_char: char, visit_str: &str, visit_borrowed_str: &'de str, visit_string: String, visit_bytes: &[u8],
        visit_borrowed_bytes: &'de [u8], visit_byte_buf: Vec<u8>,
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.inner.visit_some(Objects(deserializer))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.inner.visit_newtype_struct(Objects(deserializer))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<V::Value, A::Error> {
        if self.of_struct {
            return Err(A::Error::invalid_type(Unexpected::Seq, &AnObject));
        }
        self.inner.visit_seq(Through::any(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(Through::any(entries))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<V::Value, A::Error> {
        self.inner.visit_enum(Through::any(data))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Through<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.inner.deserialize(Objects(deserializer))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Through<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.inner.next_element_seed(Through::any(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Through<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.inner.next_key_seed(Through::any(seed))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(Through::any(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Through<A> {
    type Error = A::Error;
    type Variant = Through<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let (value, variant) = self.inner.variant_seed(Through::any(seed))?;
        Ok((value, Through::any(variant)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Through<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.newtype_variant_seed(Through::any(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.inner.tuple_variant(length, Through::any(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.inner.struct_variant(fields, Through { inner: visitor, of_struct: true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::value::RawValue;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Span {
        from: Option<u8>,
        to: Option<u8>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Plain,
        Of(Span),
        Pair(u8, u8),
        Named { span: Span },
    }

    #[derive(Debug, Deserialize)]
    struct Body {
        span: Span,
        spans: Vec<Option<Span>>,
        named: BTreeMap<String, Span>,
        kinds: Vec<Kind>,
        pair: (u8, String),
        any: Value,
        raw: Box<RawValue>,
    }

    fn read(value: &Value) -> Result<Body, String> {
        let text = value.to_string();
        let mut inner = serde_json::Deserializer::from_str(&text);
        Body::deserialize(Objects(&mut inner)).map_err(|error| error.to_string())
    }

    fn good() -> Value {
        json!({
            "span": {"from": 1}, "spans": [{"to": 2}, null], "named": {"a": {}}, "pair": [1, "b"], "any": [[1], {"a": []}],
            "kinds": ["plain", {"of": {"from": 3}}, {"pair": [4, 5]}, {"named": {"span": {}}}], "raw": [1.50]
        })
    }

    #[test]
    fn everything_else_is_read_as_it_was() {
        let body = read(&good()).unwrap();
        assert_eq!(body.span, Span { from: Some(1), to: None });
        assert_eq!(body.spans, [Some(Span { from: None, to: Some(2) }), None]);
        assert_eq!(body.named["a"], Span::default());
        let named = Kind::Named { span: Span::default() };
        assert_eq!(body.kinds, [Kind::Plain, Kind::Of(Span { from: Some(3), to: None }), Kind::Pair(4, 5), named]);
        assert_eq!((body.pair, body.any, body.raw.get()), ((1, "b".to_owned()), json!([[1], {"a": []}]), "[1.5]"));
    }

    #[test]
    fn a_struct_is_no_array_at_any_depth() {
        for (name, value) in [
            ("span", json!([1, 2])),
            ("span", json!([])),
            ("spans", json!([[1, 2]])),
            ("named", json!({"a": [null, null]})),
            ("kinds", json!([{"of": [1, 2]}])),
            ("kinds", json!([{"named": [{}]}])),
            ("kinds", json!([{"named": {"span": [1]}}])),
        ] {
            let mut body = good();
            body[name] = value.clone();
            let refused = read(&body).expect_err(&value.to_string());
            assert!(refused.starts_with("invalid type: sequence, expected an object"), "{value}: {refused}");
        }
        let refused = serde_json::from_str::<Span>("[1, 2]");
        assert!(refused.is_ok(), "serde itself refuses it now: this file is not needed any more");
    }
}
