//! Identifiers, each a type of its own so that one cannot be passed for another.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Longest tenant identifier, in characters: it is a part of keys and of DNS names.
const TENANT_CHARS_MAX: usize = 63;
/// Longest user or group identifier, in bytes: OpenID Connect Core 1.0, section 2, limits `sub` to 255 ASCII characters.
const SUBJECT_BYTES_MAX: usize = 255;

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {expected}")]
pub struct InvalidIdentifier {
    what: &'static str,
    expected: &'static str,
}

macro_rules! text_identifier {
    ($(#[$doc:meta])* $name:ident, $what:literal, $check:ident, $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidIdentifier;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::try_from(text.to_owned())
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidIdentifier;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                if $check(&text) { Ok(Self(text)) } else { Err(InvalidIdentifier { what: $what, expected: $expected }) }
            }
        }

        impl From<$name> for String {
            fn from(identifier: $name) -> Self {
                identifier.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_identifier!(
    /// A customer organisation: the border that no data crosses. 1 to 63 characters of `a-z`, `0-9` and `-`, not
    /// beginning or ending with `-`, so that it can stand in a key, a path or a host name without escaping.
    TenantId, "tenant", is_tenant, "1 to 63 characters of a-z, 0-9 and -, beginning and ending with a letter or digit"
);
text_identifier!(
    /// A person or service within a tenant: the token's `sub`. 1 to 255 printable ASCII characters.
    UserId, "user", is_subject, "1 to 255 printable ASCII characters without spaces"
);
text_identifier!(
    /// A group of users within a tenant, as the token's `groups` names it. 1 to 255 printable ASCII characters.
    GroupId, "group", is_subject, "1 to 255 printable ASCII characters without spaces"
);

fn is_tenant(text: &str) -> bool {
    let edge = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    (1..=TENANT_CHARS_MAX).contains(&bytes.len())
        && bytes.iter().all(|&byte| edge(byte) || byte == b'-')
        && edge(bytes[0])
        && edge(bytes[bytes.len() - 1])
}

fn is_subject(text: &str) -> bool {
    (1..=SUBJECT_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A document: a UUID version 7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = Uuid, example = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7081")]
pub struct DocumentId(pub Uuid);

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for DocumentId {
    type Err = InvalidIdentifier;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Only the hyphenated form: a document has one address, not four.
        let invalid = InvalidIdentifier { what: "document", expected: "a UUID in its hyphenated form" };
        if text.len() != 36 {
            return Err(invalid);
        }
        Uuid::try_parse(text).map(Self).map_err(|_| invalid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_tenant_can_stand_in_a_key() {
        for good in ["a", "acme", "acme-2", "0x"] {
            assert!(good.parse::<TenantId>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a b", "a/b", "a:b", "ä", &"a".repeat(64)] {
            assert!(bad.parse::<TenantId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_user_is_printable_ascii() {
        assert!("auth0|5f7c".parse::<UserId>().is_ok());
        assert!("ada lovelace".parse::<UserId>().is_err());
        assert!("".parse::<UserId>().is_err());
        assert!("a".repeat(256).parse::<UserId>().is_err());
    }

    #[test]
    fn a_document_has_one_spelling() {
        assert!("01934d2e-7b1c-7def-8a2b-3c4d5e6f7081".parse::<DocumentId>().is_ok());
        assert!("01934d2e7b1c7def8a2b3c4d5e6f7081".parse::<DocumentId>().is_err());
        assert!("{01934d2e-7b1c-7def-8a2b-3c4d5e6f7081}".parse::<DocumentId>().is_err());
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_comes_back_unchanged(text in "\\PC{0,80}") {
            if let Ok(tenant) = text.parse::<TenantId>() {
                prop_assert_eq!(tenant.as_str(), text);
            }
        }
    }
}
