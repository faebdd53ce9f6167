//! What is wrong with a request before any operation has seen it.

use octavo_domain_kernel::{AuthenticateError, Code, Fault, FaultKind, FieldFault};
use std::time::Duration;

/// A refusal at the edge.
#[derive(Debug, thiserror::Error)]
pub enum EdgeFault {
    /// The body, a header, the path or the query cannot be read.
    #[error("the request cannot be read: {0}")]
    Malformed(#[source] FieldError),
    /// Parts of the request are understood and not acceptable.
    #[error("{}", summary(.0))]
    Invalid(Vec<FieldFault>),
    /// No token.
    #[error("a bearer token is needed (Authorization: Bearer ...)")]
    TokenMissing,
    /// A token that is not accepted.
    #[error("the token is not accepted: {0}")]
    TokenRefused(String),
    /// Tokens cannot be checked now.
    #[error("tokens cannot be checked now; try again shortly")]
    TokensUnchecked(#[source] octavo_domain_kernel::PortError),
    /// No such path.
    #[error("there is nothing at {0}")]
    NoRoute(String),
    /// The path has other methods.
    #[error("this path takes {allow}, not {method}")]
    MethodNotAllowed {
        /// What was tried.
        method: String,
        /// What there is, as in an `Allow` header.
        allow: String,
    },
    /// The body is of a type that is not taken here.
    #[error("expected a body of type {expected}")]
    UnsupportedMediaType {
        /// What is taken.
        expected: String,
    },
    /// The body is too large.
    #[error("expected a body of at most {limit} bytes")]
    BodyTooLarge {
        /// Bytes.
        limit: usize,
    },
    /// The byte range lies outside.
    #[error("the range lies outside of the {size} bytes")]
    RangeNotSatisfiable {
        /// Bytes of the whole.
        size: u64,
    },
}

/// One wrong field, as an error's source.
#[derive(Debug, thiserror::Error)]
#[error("{}: {}", .0.field, .0.message)]
pub struct FieldError(pub FieldFault);

fn summary(fields: &[FieldFault]) -> String {
    match fields {
        [one] => format!("{}: {}", one.field, one.message),
        several => format!("{} fields are not acceptable", several.len()),
    }
}

/// Characters of a field's name that are told: it may be the client's own, and of any length.
const FIELD_CHARS_MAX: usize = 200;
/// Characters of what is said of a field, which may hold the name again.
const MESSAGE_CHARS_MAX: usize = 1_000;

fn wrong(field: impl Into<String>, message: impl Into<String>) -> FieldFault {
    FieldFault::new(cut(field.into(), FIELD_CHARS_MAX), cut(message.into(), MESSAGE_CHARS_MAX))
}

fn cut(mut text: String, chars: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(chars) {
        text.truncate(end);
        text.push('…');
    }
    text
}

impl EdgeFault {
    /// `field` cannot be read, as `message` says.
    pub fn malformed(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Malformed(FieldError(wrong(field, message)))
    }

    /// `field` is not acceptable, as `message` says.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![wrong(field, message)])
    }
}

impl From<AuthenticateError> for EdgeFault {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::Invalid(_) | AuthenticateError::Expired => Self::TokenRefused(error.to_string()),
            AuthenticateError::Unavailable(source) => Self::TokensUnchecked(source),
        }
    }
}

impl From<FieldFault> for EdgeFault {
    fn from(field: FieldFault) -> Self {
        Self::Invalid(vec![field])
    }
}

const MALFORMED: Code = Code::new("EDGE_0001", "The request cannot be read");
const INVALID: Code = Code::new("EDGE_0002", "Parts of the request are not acceptable");
const TOKEN_MISSING: Code = Code::new("EDGE_0003", "A token is needed");
const TOKEN_REFUSED: Code = Code::new("EDGE_0004", "The token is not accepted");
const TOKENS_UNCHECKED: Code = Code::new("EDGE_0005", "Tokens cannot be checked now");
const NO_ROUTE: Code = Code::new("EDGE_0006", "There is nothing at this path");
const METHOD: Code = Code::new("EDGE_0007", "The path does not take this method");
const MEDIA_TYPE: Code = Code::new("EDGE_0008", "The body's type is not taken here");
const TOO_LARGE: Code = Code::new("EDGE_0009", "The body is too large");
const RANGE: Code = Code::new("EDGE_0010", "The byte range lies outside");

impl Fault for EdgeFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Malformed(_) => FaultKind::Malformed,
            Self::Invalid(_) => FaultKind::Invalid,
            Self::TokenMissing | Self::TokenRefused(_) => FaultKind::Unauthenticated,
            Self::TokensUnchecked(_) => FaultKind::Unavailable(Duration::from_secs(2)),
            Self::NoRoute(_) => FaultKind::NotFound,
            Self::MethodNotAllowed { .. } => FaultKind::MethodNotAllowed,
            Self::UnsupportedMediaType { .. } => FaultKind::UnsupportedMediaType,
            Self::BodyTooLarge { .. } => FaultKind::TooLarge,
            Self::RangeNotSatisfiable { .. } => FaultKind::RangeNotSatisfiable,
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::Malformed(_) => MALFORMED,
            Self::Invalid(_) => INVALID,
            Self::TokenMissing => TOKEN_MISSING,
            Self::TokenRefused(_) => TOKEN_REFUSED,
            Self::TokensUnchecked(_) => TOKENS_UNCHECKED,
            Self::NoRoute(_) => NO_ROUTE,
            Self::MethodNotAllowed { .. } => METHOD,
            Self::UnsupportedMediaType { .. } => MEDIA_TYPE,
            Self::BodyTooLarge { .. } => TOO_LARGE,
            Self::RangeNotSatisfiable { .. } => RANGE,
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Malformed(FieldError(field)) => vec![field.clone()],
            Self::Invalid(fields) => fields.clone(),
            Self::TokenMissing | Self::TokenRefused(_) => {
                vec![FieldFault::new("header:Authorization", "expected Bearer and a token of this platform's issuer")]
            }
            Self::UnsupportedMediaType { expected } => {
                vec![FieldFault::new("header:Content-Type", format!("expected {expected}"))]
            }
            Self::BodyTooLarge { limit } => vec![FieldFault::new("body", format!("expected at most {limit} bytes"))],
            Self::RangeNotSatisfiable { size } => {
                vec![FieldFault::new("header:Range", format!("expected a range within {size} bytes"))]
            }
            Self::TokensUnchecked(_) | Self::NoRoute(_) | Self::MethodNotAllowed { .. } => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clients_own_words_are_not_told_back_at_any_length() {
        let long = "ä".repeat(100_000);
        for fault in [EdgeFault::invalid(&long, &long), EdgeFault::malformed(&long, &long)] {
            let fields = fault.fields();
            assert_eq!(fields[0].field, format!("{}…", "ä".repeat(FIELD_CHARS_MAX)));
            assert!(fault.detail().chars().count() < 2 * MESSAGE_CHARS_MAX);
        }
        assert_eq!(EdgeFault::invalid("tags[1]", "expected text").fields()[0].field, "tags[1]");
    }
}
